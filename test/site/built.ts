/**
 * Goal: the site can be built from a clean clone, and works where it is put: below any address, and on a phone.
 * Method: `npm run site`; then each of its pages in a real browser, below an address that it was not built for, narrow and wide, in
 * both themes; the search; and the page without a server as a file. Needs a registry for VitePress: without one nothing is
 * proven, and the exit code says so. `npm run test:site`.
 */
import { existsSync, globSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { EXIT } from '../../cli/exit-codes.ts'
import { siteOf } from '../../site/generate/pages.ts'
import { run } from '../package/command.ts'
import { HEIGHT, openBrowser, openPage } from '../report/browser.ts'
import { browserLine, chromiumProgram } from '../report/chromium.ts'
import { summedUp, told } from '../told.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const DIST = path.join(ROOT, 'site/dist')
/** Nothing was built for it, and no name is looked up: the browser is given the files. */
const ADDRESS = 'http://site.test/somewhere/else/'
const BUILD_DEADLINE_MS = 400_000
const REGISTRY_DEADLINE_MS = 30_000
const LOOKS = [
  { width: 390, colorScheme: 'dark' },
  { width: 1200, colorScheme: 'light' },
] as const
const SEARCHED = ['SKIP LOCKED', 'lease', 'oversold'] as const
const NAME = 'Holdfast'

async function checkPages(browser: Browser): Promise<void> {
  const { pages } = await siteOf()
  const titles = new Map(pages.map(({ path: page, title }) => [page.replace(/\.md$/, '.html'), title]))
  const built = globSync('**/*.html', { cwd: DIST, exclude: ['files/**', '404.html'] })
  told('there is a page for everything', missing([...titles.keys()], built))
  for (const look of LOOKS) {
    const faults: string[] = []
    const page = await pageOf(browser, look)
    for (const name of built.toSorted()) faults.push(...(await faultsOf(page, name, titles.get(name))))
    await page.close()
    const all = faults.length === 0 ? undefined : `\n${faults.join('\n')}`
    told(`${built.length} pages, ${look.width} wide and ${look.colorScheme}`, all)
  }
}

function missing(wanted: readonly string[], there: readonly string[]): string | undefined {
  const absent = wanted.filter((each) => !there.includes(each))
  return absent.length === 0 ? undefined : `no ${absent.join(', ')}`
}

async function pageOf(browser: Browser, { width, colorScheme }: (typeof LOOKS)[number]): Promise<Page> {
  const page = await browser.newPage({ viewport: { width, height: HEIGHT }, colorScheme })
  await page.route('**/*', async (route) => {
    const url = new URL(route.request().url())
    const file = path.join(DIST, decodeURIComponent(url.href.split(/[?#]/)[0]?.slice(ADDRESS.length) ?? ''))
    if (url.href.startsWith(ADDRESS) && existsSync(file)) await route.fulfill({ path: file })
    else await route.fulfill({ status: 404, body: '' })
  })
  return page
}

/** One line for each. */
async function faultsOf(page: Page, name: string, title: string | undefined): Promise<readonly string[]> {
  const faults: string[] = []
  const onError = (error: Error): void => {
    faults.push(`${name}: ${error.message}`)
  }
  const onResponse = (response: { status(): number; url(): string }): void => {
    if (response.status() >= 400) faults.push(`${name}: ${response.url()} is not there`)
  }
  page.on('pageerror', onError)
  page.on('response', onResponse)
  await page.goto(ADDRESS + name, { waitUntil: 'networkidle' })
  const wide = await page.evaluate(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  )
  if (wide !== 0) faults.push(`${name}: it is ${String(wide)} px wider than the window`)
  const shown = await page.title()
  const wanted = title === NAME ? NAME : `${title} | ${NAME}`
  if (shown !== wanted) faults.push(`${name}: its title is "${shown}", not "${wanted}"`)
  page.off('pageerror', onError)
  page.off('response', onResponse)
  return faults
}

async function checkSearch(browser: Browser): Promise<void> {
  const page = await pageOf(browser, LOOKS[1])
  await page.goto(`${ADDRESS}index.html`, { waitUntil: 'networkidle' })
  for (const words of SEARCHED) {
    await page.keyboard.press('Control+k')
    await page.locator('.VPLocalSearchBox input').fill(words)
    const first = page.locator('.VPLocalSearchBox .result').first()
    await first.waitFor()
    await first.click()
    await page.locator('.VPLocalSearchBox').waitFor({ state: 'detached' })
    const there = page.locator('main').filter({ hasText: new RegExp(words, 'i') })
    const problem = await there.waitFor().then(
      () => undefined,
      () => `${page.url()} has nothing of it`,
    )
    told(`the search leads to “${words}”`, problem)
  }
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

if (!existsSync(path.join(ROOT, 'site/node_modules/vitepress'))) {
  const asked = { cwd: ROOT, deadlineMs: REGISTRY_DEADLINE_MS }
  const { code } = await run(['npm', 'view', 'vitepress', 'version', '--json'], asked)
  if (code !== 0) {
    console.log('NOT PROVEN: the site. No npm registry answers, so that VitePress could not be installed.')
    process.exit(EXIT.notProven)
  }
}
const { code, printed } = await run(['npm', 'run', 'site'], { cwd: ROOT, deadlineMs: BUILD_DEADLINE_MS })
told('it is built, and every link leads somewhere', code === 0 ? undefined : `exit code ${code}`, printed)
const program = chromiumProgram()
console.log(browserLine())
if (code === 0 && program !== undefined) {
  const browser = await openBrowser(program)
  try {
    await checkPages(browser)
    await checkSearch(browser)
    await checkAsFiles(browser)
  } catch (error) {
    told('the site in a browser', error instanceof Error ? error.message : String(error))
  } finally {
    await browser.close()
  }
}
const { passed, failed } = summedUp()
console.log(`the site: ${passed} passed, ${failed} failed`)
if (failed > 0) process.exitCode = EXIT.failed
else if (program === undefined) process.exitCode = EXIT.notProven
