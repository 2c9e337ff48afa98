/**
 * Goal: the site has a page for everything, and nothing on it is left out or made up. Method: its pages are made as `npm run site`
 * makes them, without its build; and what follows the build is tried on small sites and planted faults.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { chartPicture } from '../../experiments/picture.ts'
import { PUBLISHED, storedStudy } from '../../experiments/stored.ts'
import { exampleDiagrams } from '../../harness/explore/example-diagrams.ts'
import { parseSchedule } from '../../harness/explore/schedule.ts'
import { faultKinds } from '../../harness/faults/registry.ts'
import { deadLinks } from '../../site/generate/check.ts'
import { HEADER_PARTS, headerOf } from '../../site/generate/header.ts'
import { linked } from '../../site/generate/links.ts'
import { siteOf } from '../../site/generate/pages.ts'
import { BUILT_BASE, relativePage, relativeScript } from '../../site/generate/relative.ts'
import { registry } from '../../strategies/registry.ts'

const root = join(import.meta.dirname, '../..')
const site = await siteOf()

function page(path: string): string {
  return site.pages.find((each) => each.path === path)?.text ?? expect.fail(`there is no page ${path}`)
}

describe('the page of a strategy', () => {
  test.for(registry)('$name has its header, its figures and every fault', ({ name, promises }) => {
    const text = page(`strategies/${name}.md`)
    const source = readFileSync(join(root, `strategies/${name}.ts`), 'utf8')
    for (const { title, text: part } of headerOf(name, source)) {
      if (title !== HEADER_PARTS[0]) expect(text).toContain(`\n## ${title}\n`)
      expect(text).toContain(part)
    }
    expect(text).toContain(source.trimEnd())
    const figures = text.slice(text.indexOf('\n## Figures\n'), text.indexOf('\n## Faults\n'))
    expect(figures).toMatch(/^\| \[.*\]\(\.\.\/study\.md#[\w-]+\) \| .* \|$/m)
    const faults = text.slice(text.indexOf('\n## Faults\n'), text.indexOf('\n## Every interleaving\n'))
    const rows = faultKinds.filter(({ title }) => faults.includes(`\n| ${title} |`))
    expect(rows).toHaveLength(promises.safe === 'never' ? 0 : faultKinds.length)
  })

  test('has the drawings of its strategy', () => {
    for (const { name, schedule, isOnlyDrawn } of exampleDiagrams) {
      if (isOnlyDrawn !== true)
        expect(page(`strategies/${parseSchedule(schedule).strategy}.md`)).toContain(`../pictures/${name}.svg`)
      expect(page('pictures.md')).toContain(`./pictures/${name}.svg`)
    }
  })

  test('cannot be made of a header that lacks a part', () => {
    const source = readFileSync(join(root, 'strategies/postgres-naive.ts'), 'utf8')
    expect(() => headerOf('postgres-naive', source.replace('Weakness:', 'Weak:'))).toThrow('lacks: Weakness')
  })
})

describe('the pages', () => {
  test('are all in the navigation, once', () => {
    const links = site.navigation.flatMap(({ pages }) => pages.map(({ link }) => link))
    const expected = site.pages
      .filter(({ path }) => path !== 'index.md')
      .map(({ path }) => `/${path.replace(/(?:index)?\.md$/, '')}`)
    expect(links.toSorted()).toEqual(expected.toSorted())
  })

  test('have titles of their own, and lead to the page on which one is the scheduler', () => {
    const titles = site.pages.map(({ title }) => title)
    expect(titles.filter((title, at) => titles.indexOf(title) !== at)).toEqual([])
    for (const path of ['index.md', 'be-the-scheduler.md'])
      expect(page(path)).toContain('(./files/scheduler.html){target="_self"}')
    expect(site.files.map(({ to }) => to)).toContain('public/files/scheduler.html')
  })

  test('link to pages and files that are there', () => {
    const there = new Set([...site.pages.map(({ path }) => path), ...site.files.map(({ to }) => to)])
    const missing = site.pages.flatMap(({ path, text }) =>
      [...text.matchAll(/\]\((\.[^)#\s]+)/g)].flatMap(([, target = '']) => {
        const meant = join(path, '..', target)
        return there.has(meant) || there.has(join('public', meant)) ? [] : [`${path}: ${target}`]
      }),
    )
    expect(missing).toEqual([])
  })

  test('say what was measured: findings, decisions, claims, every question', async () => {
    expect(page('index.md')).toMatch(/^3\. \*\*/m)
    expect(page('which-strategy.md')).toContain('| one hot seat')
    expect(page('claims.md')).toContain('| TigerFans')
    const studied = await storedStudy(PUBLISHED)
    expect(studied.length).toBeGreaterThan(0)
    for (const { experiment } of studied) expect(page('study.md')).toContain(`## ${experiment.question}`)
  })
})

describe('a document', () => {
  const pages = new Map([
    ['docs/shop.md', 'more/shop.md'],
    ['docs/GLOSSARY.md', 'glossary.md'],
  ])

  test('has its links where its page is', () => {
    const text = '[a](GLOSSARY.md#hold) [b](../cli/main.ts) ![c](results/x.svg) `[d](e.md)` [f](https://g.h)'
    const found = linked(text, 'docs/shop.md', 'more/shop.md', { pages })
    expect(found.text).toBe('[a](../glossary.md#hold) b ![c](../pictures/x.svg) `[d](e.md)` [f](https://g.h)')
    expect(found.files).toEqual([{ from: 'docs/results/x.svg', to: 'pictures/x.svg' }])
  })

  test('has both drawings of a chart, each where it is copied to', () => {
    const picture = chartPicture('A chart', 'results/study/x.svg')
    const found = linked(picture, 'docs/shop.md', 'more/shop.md', { pages })
    expect(found.text.split('\n')).toEqual([
      '![A chart](../pictures/x.svg){.for-wide loading=lazy}',
      '![A chart](../pictures/x.narrow.svg){.for-narrow loading=lazy}',
    ])
    expect(found.files).toEqual([
      { from: 'docs/results/study/x.svg', to: 'pictures/x.svg' },
      { from: 'docs/results/study/x.narrow.svg', to: 'pictures/x.narrow.svg' },
    ])
    const style = readFileSync(join(root, 'site/.vitepress/theme/style.css'), 'utf8')
    for (const use of ['for-wide', 'for-narrow']) expect(style).toContain(`.vp-doc img.${use} {`)
    for (const { path, text } of site.pages) expect(text, path).not.toContain('<picture')
  })

  test('links to the repository, if that is known', () => {
    const repository = 'https://example.org/blob/main'
    const found = linked('[b](../cli/main.ts)', 'docs/shop.md', 'more/shop.md', { pages, repository })
    expect(found.text).toBe('[b](https://example.org/blob/main/cli/main.ts)')
  })
})

describe('a built site', () => {
  test('has relative addresses', () => {
    const html = `<head></head><a href="${BUILT_BASE}a.html"></a><script>x=JSON.parse("{\\"base\\":\\"${BUILT_BASE}\\"}")</script>`
    const made = relativePage(html, 1)
    expect(made).toContain('<a href="../a.html">')
    expect(made).toContain('\\"base\\":\\""+globalThis.__siteBase+"\\"')
    expect(made).not.toContain(BUILT_BASE)
  })

  test('has them in its scripts, whatever the quotes', () => {
    const code = `const a="${BUILT_BASE}b.js",c=\`\${a}${BUILT_BASE}\`,d='<img src="${BUILT_BASE}e.svg">'`
    const literal = (text: string, type: string, value?: string) => ({
      type,
      start: code.indexOf(text),
      end: code.indexOf(text) + text.length,
      ...(value !== undefined && { value }),
    })
    const made = relativeScript(code, () => ({
      type: 'Program',
      start: 0,
      end: code.length,
      body: [
        literal(`"${BUILT_BASE}b.js"`, 'Literal', 'x'),
        {
          ...literal(BUILT_BASE, 'TemplateElement'),
          start: code.indexOf('}') + 1,
          end: code.lastIndexOf('`'),
        },
        literal(`'<img src="${BUILT_BASE}e.svg">'`, 'Literal', 'x'),
      ],
    }))
    const run = new Function('globalThis', `${made};return [a,c,d]`)
    expect(run({ __siteBase: '/s/' })).toEqual(['/s/b.js', '/s/b.js/s/', '<img src="/s/e.svg">'])
  })

  test('is convicted of links that lead nowhere', () => {
    const dead = (html: string) =>
      deadLinks({
        files: new Set(['a.html', 'b/c.html', 'd.svg']),
        pages: new Map([
          ['b/c.html', html],
          ['a.html', '<h2 id="x">'],
        ]),
      })
    expect(dead('<a href="../a.html#x"></a><img alt="" src="../d.svg"><a href="https://e.f/"></a>')).toEqual(
      [],
    )
    expect(dead('<a href="../g.html"></a>')).toEqual(['b/c.html: ../g.html is not there'])
    expect(dead('<a href="../a.html#y"></a>')).toEqual(['b/c.html: ../a.html#y has no such heading'])
    expect(dead('<a href="/a.html"></a>')).toHaveLength(2)
  })
})
