/**
 * Goal: the page can be shown to a colleague: it loads by itself, is whole, legible on a phone and on a wide screen, in both
 * themes, and open to those who do not see it.
 * Method: a real browser on reports of a real run and of those that went wrong; measured boxes of text; axe.
 * @module-tag full
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { renderReport } from '../../harness/report/page/page.ts'
import type { NamedResults } from '../../harness/results/merge.ts'
import { readResults } from '../../harness/results/read.ts'
import type { Results } from '../../harness/results/results.ts'
import { accessibilityFaults, HEIGHT, openBrowser, openPage, textFaults, type View } from './browser.ts'
import { chromiumProgram } from './chromium.ts'
import { asIfMeasured, manyTrials, resultsOf, trials, UNSAFE } from './fixture.ts'
import { hostileResults } from './hostile.ts'

const REFERENCE = path.resolve(import.meta.dirname, '../../docs/results/reference.json')
const SECTIONS = ['verdicts', 'charts', 'races', 'settings']
/** Of a run without any trial, which has nothing to draw. */
const SECTIONS_WITHOUT_TRIALS = ['verdicts', 'races', 'settings']
const WIDTHS = [390, 1440] as const

const reference = asIfMeasured(await readResults(REFERENCE))
const without = (word: string): Results => ({
  ...reference,
  trials: reference.trials.filter(({ strategy }) => !strategy.includes(word)),
  notProven: reference.trials
    .filter(({ strategy }) => strategy.includes(word))
    .map(({ strategy }) => ({
      strategy,
      why: `no ${word} server was found`,
      remedy: 'put the server on PATH, or name it in TIGERBEETLE_BIN',
    })),
})
const alone = (results: Results): readonly [NamedResults, ...NamedResults[]] => [{ name: 'a-run', results }]
const uncaught = resultsOf()

const PAGES: Readonly<Record<string, readonly [NamedResults, ...NamedResults[]]>> = {
  'a whole run': alone(reference),
  'a run without TigerBeetle': alone(without('tigerbeetle')),
  'one strategy only': alone({
    ...reference,
    trials: reference.trials.filter(({ strategy }) => strategy === 'postgres-conditional-update'),
    notProven: [],
  }),
  'a run that was ended before its first trial': alone({ ...reference, trials: [], interrupted: true }),
  'a run that was ended halfway': alone({
    ...reference,
    trials: reference.trials.slice(0, 40),
    interrupted: true,
  }),
  'a run whose control was not caught': alone({
    ...uncaught,
    control: { ...uncaught.control, caught: false, conviction: `${UNSAFE} was not caught` },
  }),
  'results of an older version': alone(resultsOf({ trials: [...trials(), ...manyTrials()] })),
  'several runs': [
    { name: 'first', results: { ...reference, startedAt: '2026-01-01T00:00:00.000Z' } },
    { name: 'second', results: reference },
    { name: 'elsewhere', results: resultsOf({ startedAt: '2025-01-01T00:00:00.000Z' }) },
  ],
  'names that are markup': alone(hostileResults()),
}

/** A browser beside everything else that a machine has to do. */
const PATIENCE_MS = 180_000
/** Axe takes seconds for each; the others are made of the same parts. */
const LOOKED_INTO: readonly (readonly [name: string, colorScheme: View['colorScheme']])[] = [
  ['a whole run', 'light'],
  ['a whole run', 'dark'],
  ['a run without TigerBeetle', 'light'],
  ['a run whose control was not caught', 'dark'],
  ['names that are markup', 'light'],
  ['several runs', 'light'],
]

const program = chromiumProgram()

describe.skipIf(program === undefined)('in a browser', { timeout: PATIENCE_MS }, () => {
  let browser: Browser
  let folder: string
  const address = (name: string): string =>
    pathToFileURL(path.join(folder, `${name.replaceAll(' ', '-')}.html`)).href

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'holdfast-page-'))
    for (const [name, runs] of Object.entries(PAGES)) {
      await writeFile(path.join(folder, `${name.replaceAll(' ', '-')}.html`), renderReport(runs).html)
    }
    browser = await openBrowser(program ?? '')
  }, PATIENCE_MS)
  afterAll(async () => {
    await browser?.close()
    await rm(folder, { recursive: true, force: true })
  })

  describe.for(Object.keys(PAGES))('%s', (name) => {
    it('loads by itself and keeps its text apart, on a phone and on a wide screen', async () => {
      const [width, ...wider] = WIDTHS
      const { page, errors, requests } = await openPage(browser, address(name), {
        width,
        colorScheme: 'light',
      })
      try {
        expect(errors).toEqual([])
        expect(requests).toEqual([])
        const hasTrials = PAGES[name]?.some(({ results }) => results.trials.length > 0)
        const shown = hasTrials ? SECTIONS : SECTIONS_WITHOUT_TRIALS
        for (const id of SECTIONS)
          expect(await page.locator(`section#${id} h2`).count(), id).toBe(shown.includes(id) ? 1 : 0)
        // What is folded away is laid open, to be measured too.
        await page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        expect(await textFaults(page), `${width} pixels wide`).toEqual([])
        for (const other of wider) {
          await page.setViewportSize({ width: other, height: HEIGHT })
          expect(await textFaults(page), `${other} pixels wide`).toEqual([])
        }
      } finally {
        await page.close()
      }
    })
  })

  it.for(LOOKED_INTO)(
    'is open to those who do not see it: %s, in the %s theme',
    async ([name, colorScheme]) => {
      const { page } = await openPage(browser, address(name), { width: 1440, colorScheme })
      try {
        expect(await accessibilityFaults(page)).toEqual([])
      } finally {
        await page.close()
      }
    },
  )

  it('changes its theme at the press of a button, charts and all', async () => {
    const { page } = await openPage(browser, address('a whole run'), { width: 1440, colorScheme: 'light' })
    try {
      const colours = (): Promise<unknown> =>
        page.evaluate(`[document.body, document.querySelector('#chart-goodput svg text')]
          .map((element) => { const { backgroundColor, fill } = getComputedStyle(element); return backgroundColor + fill })`)
      const before = await colours()
      await page.getByRole('button', { name: 'Dark theme' }).click()
      const after = await colours()
      expect(after).not.toEqual(before)
      await page.getByRole('button', { name: 'Light theme' }).click()
      expect(await colours()).toEqual(before)
    } finally {
      await page.close()
    }
  })

  it('leads from each verdict to evidence that is there, and opens it', async () => {
    const { page } = await openPage(browser, address('a whole run'), { width: 1440, colorScheme: 'light' })
    try {
      const dangling: unknown = await page.evaluate(`[...document.querySelectorAll('a[href^="#"]')]
        .map((link) => decodeURIComponent(link.getAttribute('href').slice(1))).filter((id) => document.getElementById(id) === null)`)
      expect(dangling).toEqual([])
      const verdicts = page.locator('.matrix td:not(.none):not(:last-child)')
      expect(await page.locator('.matrix td a').count()).toBe(await verdicts.count())
      const link = page.locator('.matrix td.good a').first()
      const id = decodeURIComponent((await link.getAttribute('href'))?.slice(1) ?? '')
      const evidence = page.locator(`[id="${id}"]`)
      expect(await evidence.isVisible()).toBe(false)
      await link.click()
      await evidence.waitFor({ state: 'visible' })
    } finally {
      await page.close()
    }
  })

  it('fits on paper', async () => {
    const { page } = await openPage(browser, address('a whole run'), { width: 794, colorScheme: 'dark' })
    try {
      await page.emulateMedia({ media: 'print' })
      const background: unknown = await page.evaluate('getComputedStyle(document.body).backgroundColor')
      expect(background).toBe('rgb(255, 255, 255)')
      const isWide: unknown = await page.evaluate('document.documentElement.scrollWidth > innerWidth + 1')
      expect(isWide).toBe(false)
    } finally {
      await page.close()
    }
  })

  it('finds text that overlaps, leaves its drawing or the window, so that finding none means something', async () => {
    const file = path.join(folder, 'planted.html')
    await writeFile(
      file,
      `<svg aria-label="planted" width="200" height="60"><text x="10" y="30">one over</text><text x="14" y="32">the other</text><text x="180" y="50">far too long</text></svg><p style="width:3000px">wide</p>`,
    )
    const { page } = await openPage(browser, pathToFileURL(file).href, { width: 390, colorScheme: 'light' })
    try {
      const faults = (await textFaults(page)).join('\n')
      for (const fault of ['overlap in planted', 'leaves planted', 'leaves the window', 'the page is']) {
        expect(faults).toContain(fault)
      }
    } finally {
      await page.close()
    }
  })
})
