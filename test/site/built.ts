/**
 * Goal: the site can be built from a clean clone, and works where it is put: below any address, and on a phone.
 * Method: `npm run site`; then each of its pages in a real browser, below an address that it was not built for, narrow and wide, in
 * both themes; the search; and the pages that need no server, as files. Without a registry, which VitePress comes from, or a
 * Chromium, that part is not proven, and the exit code says so. `npm run test:site`, also by `.ci/run`.
 */
import { existsSync, globSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { EXIT } from '../../cli/exit-codes.ts'
import { siteOf } from '../../site/generate/pages.ts'
import { run } from '../package/command.ts'
import { HEIGHT, openBrowser, openPage } from '../report/browser.ts'
import { CHROMIUM_REMEDY, chromiumProgram } from '../report/chromium.ts'
import { summedUp, told, toldNotProven } from '../told.ts'
import { served } from './served.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const DIST = path.join(ROOT, 'site/dist')
/** Nothing was built for it. */
const BELOW = '/somewhere/else/'
const BUILD_DEADLINE_MS = 400_000
const REGISTRY_DEADLINE_MS = 30_000
/** A busy machine is slow, not broken. */
const TIMEOUT_MS = 120_000
const WIDE = 1200
const LOOKS = [
  { width: 390, colorScheme: 'dark' },
  { width: WIDE, colorScheme: 'light' },
] as const
/** As many as the smallest machine has cores. */
const TABS = 2
const SEARCHED = ['SKIP LOCKED', 'lease', 'oversold'] as const
const NAME = 'Holdfast'

/** One line for each. */
interface PageFaults {
  readonly own: string[]
  /** In each of the looks. */
  readonly wide: readonly string[][]
}

interface Wanted {
  readonly address: string
  readonly title: string | undefined
}

async function checkPages(browser: Browser, address: string): Promise<void> {
  const { pages } = await siteOf()
  const titles = new Map(pages.map(({ path: page, title }) => [page.replace(/\.md$/, '.html'), title]))
  const built = globSync('**/*.html', { cwd: DIST, exclude: ['files/**', '404.html'] }).toSorted()
  told('there is a page for everything', missing([...titles.keys()], built))
  const faults: PageFaults = { own: [], wide: LOOKS.map(() => []) }
  const left = built.values()
  await Promise.all(
    Array.from({ length: TABS }, async () => {
      const { page, errors } = await openTab(browser)
      for (const name of left) await look(page, { address: address + name, title: titles.get(name) }, faults)
      faults.own.push(...errors)
      await page.close()
    }),
  )
  told(`${built.length} pages, without an error and under their titles`, listed(faults.own))
  for (const [at, { width, colorScheme }] of LOOKS.entries())
    told(`${built.length} pages, ${width} wide and ${colorScheme}`, listed(faults.wide[at] ?? []))
}

function listed(faults: readonly string[]): string | undefined {
  return faults.length === 0 ? undefined : `\n${faults.join('\n')}`
}

function missing(wanted: readonly string[], there: readonly string[]): string | undefined {
  const absent = wanted.filter((each) => !there.includes(each))
  return absent.length === 0 ? undefined : `no ${absent.join(', ')}`
}

interface Tab {
  readonly page: Page
  /** What went wrong so far, one line for each. */
  readonly errors: readonly string[]
}

async function openTab(browser: Browser): Promise<Tab> {
  const page = await browser.newPage({ viewport: { width: WIDE, height: HEIGHT } })
  page.setDefaultTimeout(TIMEOUT_MS)
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(`${page.url()}: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(`${page.url()}: ${message.text()}`)
  })
  page.on('response', (response) => {
    if (response.status() >= 400) errors.push(`${page.url()}: ${response.url()} is not there`)
  })
  return { page, errors }
}

/** Until its script has taken over what was written. */
async function goTo(page: Page, address: string): Promise<void> {
  await page.goto(address)
  await page.waitForFunction(`document.getElementById('app').__vue_app__ !== undefined`)
}

async function look(page: Page, { address, title }: Wanted, { own, wide }: PageFaults): Promise<void> {
  await goTo(page, address)
  const shown = await page.title()
  const wanted = title === NAME ? NAME : `${title} | ${NAME}`
  if (shown !== wanted) own.push(`${address}: its title is "${shown}", not "${wanted}"`)
  for (const [at, { width, colorScheme }] of LOOKS.entries()) {
    await page.setViewportSize({ width, height: HEIGHT })
    await page.emulateMedia({ colorScheme })
    const over = await page.evaluate(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    )
    if (over !== 0) wide[at]?.push(`${address}: it is ${String(over)} px wider than the window`)
  }
}

/** Each in a tab of its own, since the box keeps what was searched for last. */
async function checkSearch(browser: Browser, address: string, words: string): Promise<void> {
  const { page } = await openTab(browser)
  await goTo(page, `${address}index.html`)
  await page.keyboard.press('Control+k')
  await page.locator('.VPLocalSearchBox input').fill(words)
  const first = page.locator('.VPLocalSearchBox .result').first()
  const leadsTo = new URL((await first.getAttribute('href')) ?? '', page.url()).href
  await first.click()
  await page.waitForURL(leadsTo)
  const there = page.locator('main').filter({ hasText: new RegExp(words, 'i') })
  const problem = await there.waitFor().then(
    () => undefined,
    () => `${page.url()} has nothing of it`,
  )
  told(`the search leads to “${words}”`, problem)
  await page.close()
}

async function checkAsFiles(browser: Browser): Promise<void> {
  for (const file of ['scheduler.html', 'faults.html']) {
    const address = pathToFileURL(path.join(DIST, 'files', file)).href
    const { page, errors, requests } = await openPage(browser, address, LOOKS[0])
    told(`${file} works as a file`, [...errors, ...requests][0])
    await page.close()
  }
}

/** Undefined if the site could be built; VitePress is installed by the build itself. */
async function whyNotBuilt(): Promise<string | undefined> {
  if (existsSync(path.join(ROOT, 'site/node_modules/vitepress'))) return undefined
  const asked = { cwd: ROOT, deadlineMs: REGISTRY_DEADLINE_MS }
  const { code } = await run(['npm', 'view', 'vitepress', 'version', '--json'], asked)
  return code === 0 ? undefined : 'no npm registry answers, so that VitePress could not be installed'
}

async function checkInBrowser(program: string): Promise<void> {
  const browser = await openBrowser(program)
  try {
    await using site = await served(DIST, BELOW)
    await checkPages(browser, site.address)
    for (const words of SEARCHED) await checkSearch(browser, site.address, words)
    await checkAsFiles(browser)
  } catch (error) {
    told('the site in a browser', error instanceof Error ? error.message : String(error))
  } finally {
    await browser.close()
  }
}

async function checkSite(): Promise<void> {
  const why = await whyNotBuilt()
  if (why !== undefined) return toldNotProven('the site', why)
  const { code, printed } = await run(['npm', 'run', 'site'], { cwd: ROOT, deadlineMs: BUILD_DEADLINE_MS })
  const isBuilt = code === 0
  told('it is built, and every link leads somewhere', isBuilt ? undefined : `exit code ${code}`, printed)
  const program = chromiumProgram()
  if (program === undefined) toldNotProven('its pages', 'no Chromium was found', CHROMIUM_REMEDY)
  else if (isBuilt) await checkInBrowser(program)
}

await checkSite()
const { engines: notProven, passed, failed } = summedUp()
console.log(`the site: ${passed} passed, ${failed} failed, ${notProven.length} not proven`)
if (failed > 0) process.exitCode = EXIT.failed
else if (notProven.length > 0) process.exitCode = EXIT.notProven
