/**
 * Every page of the site, made from what the checkout has: the strategies' headers, the registry, the
 * published results, and the documents. Nothing on them is written here that data can say.
 */
import { globSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { claimRows } from '../../experiments/claims.ts'
import { decisionMatrix, decisionTable } from '../../experiments/decision-table.ts'
import { PUBLISHED, publishedFaults, storedStudy } from '../../experiments/stored.ts'
import { engineKinds } from '../../harness/engines/registry.ts'
import { exampleDiagrams } from '../../harness/explore/example-diagrams.ts'
import { parseSchedule } from '../../harness/explore/schedule.ts'
import { frameOf } from '../../harness/faults/frame.ts'
import { faultKinds } from '../../harness/faults/registry.ts'
import { gridOf } from '../../harness/report/fault-grid.ts'
import { listed } from '../../harness/report/format.ts'
import { readResults } from '../../harness/results/read.ts'
import { registry } from '../../strategies/registry.ts'
import { withoutFlowcharts } from './flowchart.ts'
import { homePage } from './home.ts'
import { linked, type Places, withoutMarkup } from './links.ts'
import { type NavigationGroup, pageOf, type SiteFile, type SitePage, tableOf } from './page.ts'
import { type Published, strategyPage } from './strategy-page.ts'

export const ROOT = path.resolve(import.meta.dirname, '../..')
export interface Site {
  readonly pages: readonly SitePage[]
  readonly files: readonly SiteFile[]
  readonly navigation: readonly NavigationGroup[]
}

/** `repository`: where links to files lead that have no page, such as `https://…/blob/main`. */
export async function siteOf({ repository }: Pick<Places, 'repository'> = {}): Promise<Site> {
  const published = await allPublished()
  const places = { pages: placesOf(), ...(repository !== undefined && { repository }) }
  const files: SiteFile[] = exampleDiagrams.map(({ name }) => pictureOf(`docs/diagrams/${name}.svg`))
  const strategies = await Promise.all(
    registry.map(async (entry) =>
      strategyPage(entry, await source(`strategies/${entry.name}.ts`), published),
    ),
  )
  const documents: SitePage[] = []
  for (const [from, to] of places.pages) {
    if (!from.endsWith('.md') || from === 'README.md') continue
    const page = await documentPage(from, to, places)
    documents.push(page.page)
    files.push(...page.files)
  }
  files.push({ from: 'docs/results/faults.html', to: 'public/files/faults.html' })
  const pages = [
    homePage(published, { hasLessons: places.pages.has('docs/lessons/README.md') }),
    ...strategies,
    strategiesPage(),
    decisionPage(published.studied, await publishedFaults()),
    pageOf('claims.md', 'Claims', [
      '# Claims against measurements',
      '',
      'What the documents claim that Holdfast was made from, and what the study says of it.',
      '',
      ...claimRows(published.studied),
    ]),
    picturesPage(),
    ...documents,
  ]
  return { pages, files: uniqueFiles(files), navigation: navigationOf(pages) }
}

async function allPublished(): Promise<Published> {
  return {
    studied: await storedStudy(PUBLISHED),
    grid: gridOf(await publishedFaults(), frameOf(faultKinds, registry, engineKinds)),
    reference: await readResults(path.join(ROOT, 'docs/results/reference.json')),
  }
}

function source(file: string): Promise<string> {
  return readFile(path.join(ROOT, file), 'utf8')
}

function pictureOf(from: string): SiteFile {
  return { from, to: `pictures/${path.posix.basename(from)}` }
}

function uniqueFiles(files: readonly SiteFile[]): readonly SiteFile[] {
  return [...new Map(files.map((file) => [file.to, file])).values()]
}

/** Documents that readers look for first have a place of their own. */
const PLACED: Readonly<Record<string, string>> = {
  'README.md': 'index.md',
  'CONTRIBUTING.md': 'more/contributing.md',
  'docs/GLOSSARY.md': 'glossary.md',
  'docs/ARCHITECTURE.md': 'architecture.md',
  'docs/faults.md': 'faults.md',
  'docs/track-record.md': 'track-record.md',
  'docs/results/study/README.md': 'study.md',
  'docs/lessons/README.md': 'lessons/index.md',
  // Its first link leads to the page itself.
  'docs/scheduler.md': 'be-the-scheduler.md',
}

/** By document: its page. Keys for teachers are not published. */
function placesOf(): ReadonlyMap<string, string> {
  const documents = globSync(['docs/*.md', 'docs/{decisions,lessons}/*.md', 'docs/results/study/*.md'], {
    cwd: ROOT,
  })
    .map((file) => file.replaceAll('\\', '/'))
    .toSorted()
  const places = [...Object.keys(PLACED).filter((file) => !file.startsWith('docs/')), ...documents].map(
    (file): readonly [string, string] => {
      const [, folder, name = ''] = /^docs\/(?:(decisions|lessons)\/)?([^/]+)$/.exec(file) ?? []
      const usual = folder === undefined ? `more/${name.toLowerCase()}` : `${folder}/${name}`
      return [file, PLACED[file] ?? usual]
    },
  )
  const strategies = registry.map(({ name }): readonly [string, string] => [
    `strategies/${name}.ts`,
    `strategies/${name}.md`,
  ])
  return new Map([...places, ...strategies])
}

async function documentPage(
  from: string,
  to: string,
  places: Places,
): Promise<{ readonly page: SitePage; readonly files: readonly SiteFile[] }> {
  const { text, files } = linked(withoutFlowcharts(withoutMarkup(await source(from))), from, to, places)
  const title = /^# (.*)$/m.exec(text)?.[1] ?? path.posix.basename(to, '.md')
  return { page: pageOf(to, title.replaceAll('`', ''), [text]), files }
}

function strategiesPage(): SitePage {
  const rows = registry.map(({ name, summary, engines, promises }) => [
    `[${name}](./${name}.md)`,
    summary,
    promises.safe === 'without-faults' ? `unless ${listed(promises.unsafeUnder)}` : promises.safe,
    engines.join(', '),
    promises.contention,
  ])
  return pageOf('strategies/index.md', 'Strategies', [
    '# Strategies',
    '',
    ...tableOf(['strategy', 'technique', 'safe (promised)', 'systems', 'under contention'], rows),
  ])
}

function decisionPage(studied: Published['studied'], faults: Parameters<typeof decisionTable>[1]): SitePage {
  return pageOf('which-strategy.md', 'Which strategy, when', [
    '# Which strategy, when',
    '',
    'The simplest strategy that suffices for a demand, of those that lose no more than is accepted.',
    '',
    ...decisionMatrix(studied, faults),
    '',
    '## With costs and reasons',
    '',
    ...decisionTable(studied, faults),
  ])
}

function picturesPage(): SitePage {
  return pageOf('pictures.md', 'Pictures', [
    '# Pictures for the wall',
    '',
    'Each technique at work, step by step: recordings of the real engines. Use them in slides; the licence is MIT.',
    '',
    ...exampleDiagrams.flatMap(({ name, title, schedule }) => {
      const { strategy } = parseSchedule(schedule)
      const isListed = registry.some((entry) => entry.name === strategy)
      return [
        `## ${title}`,
        '',
        isListed ? `[${strategy}](./strategies/${strategy}.md)` : strategy,
        '',
        `![${title}](./pictures/${name}.svg)`,
        '',
      ]
    }),
  ])
}

const LEARN = ['lessons/', 'be-the-scheduler.md', 'pictures.md', 'glossary.md']
/** Of what is in no other group: these come first. */
const HOW = ['architecture.md', 'decisions/']
const ANSWERS = ['which-strategy.md', 'study.md', 'faults.md', 'claims.md', 'track-record.md']

/** Every page is in it once, but home. */
function navigationOf(pages: readonly SitePage[]): readonly NavigationGroup[] {
  const isIn = (names: readonly string[], { path: page }: SitePage): boolean =>
    names.some((name) => page === name || (name.endsWith('/') && page.startsWith(name)))
  const order = (names: readonly string[], own: readonly SitePage[]): readonly SitePage[] =>
    names.flatMap((name) => own.filter((page) => isIn([name], page)))
  const group = (text: string, own: readonly SitePage[]): NavigationGroup => ({
    text,
    pages: own.map(({ title, path: page }) => ({ text: title, link: linkOf(page) })),
  })
  const indexFirst = (own: readonly SitePage[]): readonly SitePage[] =>
    own.toSorted((one, other) => Number(isIndex(other)) - Number(isIndex(one)))
  const rest = pages.filter(
    (page) => page.path !== 'index.md' && !isIn([...LEARN, ...ANSWERS, 'strategies/'], page),
  )
  return [
    group(
      'Learn',
      indexFirst(order(LEARN, pages)).toSorted((one, other) => place(one) - place(other)),
    ),
    group('Answers', order(ANSWERS, pages)),
    group('Strategies', indexFirst(pages.filter((page) => isIn(['strategies/'], page)))),
    group('How it works', [...order(HOW, rest), ...rest.filter((page) => !isIn(HOW, page))]),
  ].filter((each) => each.pages.length > 0)

  function place(page: SitePage): number {
    return LEARN.findIndex((name) => isIn([name], page))
  }
}

function isIndex({ path: page }: SitePage): boolean {
  return page.endsWith('/index.md')
}

function linkOf(page: string): string {
  return `/${page.replace(/(?:index)?\.md$/, '')}`
}
