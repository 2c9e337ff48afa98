/**
 * Goal: the table of faults is legible on a phone and on a wide screen, in both themes, open to those who do not see it, and each
 * cell leads to its evidence. Method: a real browser on the page and the picture of cells made by hand, one of every kind.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { engineKinds } from '../../harness/engines/registry.ts'
import { frameOf } from '../../harness/faults/frame.ts'
import { faultKinds } from '../../harness/faults/registry.ts'
import { faultsPicture } from '../../harness/report/charts/faults-picture.ts'
import { gridOf } from '../../harness/report/fault-grid.ts'
import { faultsPage } from '../../harness/report/page/faults-page.ts'
import type { FaultCell } from '../../harness/results/faults.ts'
import { readResults } from '../../harness/results/read.ts'
import { registry } from '../../strategies/registry.ts'
import { madeCell } from '../faults/made-cell.ts'
import { FULL } from '../size.ts'
import { accessibilityFaults, HEIGHT, openBrowser, openPage, textFaults } from './browser.ts'
import { chromiumProgram } from './chromium.ts'
import { resultsOf } from './fixture.ts'

const PATIENCE_MS = 180_000
const OUTCOMES: readonly FaultCell['outcome'][] = [
  'safe',
  'oversells',
  'loses-sales',
  'undersells',
  'breaks-promises',
  undefined,
]
const frame = frameOf(faultKinds, registry, engineKinds)
const reference = await readResults(path.resolve(import.meta.dirname, '../../docs/results/reference.json'))
const { race } = reference.control

/** Every kind, over the whole table; every tenth cell was not run. */
const cells = frame.faults.flatMap(({ name, title }, row) =>
  frame.strategies.flatMap((strategy, column) => {
    if (frame.whyNot(name, strategy) !== undefined || (row + column) % 10 === 0) return []
    const outcome = row % 3 === 0 ? OUTCOMES[column % OUTCOMES.length] : 'safe'
    const isConvicted = outcome === 'oversells'
    return madeCell(outcome, {
      fault: name,
      title,
      strategy,
      ...(isConvicted && { conviction: 'O1 oversell', oversoldUnits: column % 2 }),
      ...(isConvicted && race !== undefined && { race }),
    })
  }),
)

const program = chromiumProgram()

describe.skipIf(program === undefined)(
  'the table of faults in a browser',
  { ...FULL, timeout: PATIENCE_MS },
  () => {
    let browser: Browser
    let folder: string
    const address = (name: string): string => pathToFileURL(path.join(folder, name)).href

    beforeAll(async () => {
      folder = await mkdtemp(path.join(os.tmpdir(), 'holdfast-faults-page-'))
      await writeFile(path.join(folder, 'page.html'), faultsPage(resultsOf({ faults: cells }), frame))
      await writeFile(path.join(folder, 'picture.html'), faultsPicture(gridOf(cells, frame)))
      browser = await openBrowser(program ?? '')
    }, PATIENCE_MS)
    afterAll(async () => {
      await browser?.close()
      await rm(folder, { recursive: true, force: true })
    })

    it('keeps its text apart, on a phone and on a wide screen', async () => {
      const view = { width: 390, colorScheme: 'light' } as const
      const { page, errors, requests } = await openPage(browser, address('page.html'), view)
      try {
        expect(errors).toEqual([])
        expect(requests).toEqual([])
        await page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        expect(await textFaults(page)).toEqual([])
        await page.setViewportSize({ width: 1440, height: HEIGHT })
        expect(await textFaults(page)).toEqual([])
      } finally {
        await page.close()
      }
    })

    it('leads from each cell to its evidence, with the command that repeats it, and opens it', async () => {
      const view = { width: 1440, colorScheme: 'light' } as const
      const { page } = await openPage(browser, address('page.html'), view)
      try {
        const dangling: unknown = await page.evaluate(`[...document.querySelectorAll('.grid td a')]
        .map((link) => decodeURIComponent(link.getAttribute('href').slice(1)))
        .filter((id) => !document.getElementById(id)?.textContent.includes('npm run faults -- '))`)
        expect(dangling).toEqual([])
        expect(await page.locator('.grid td a').count()).toBe(cells.length)
        const link = page.locator('.grid td.bad a').first()
        const id = decodeURIComponent((await link.getAttribute('href'))?.slice(1) ?? '')
        const evidence = page.locator(`[id="${id}"]`)
        expect(await evidence.isVisible()).toBe(false)
        await link.click()
        await evidence.locator('svg.timeline').waitFor({ state: 'visible' })
      } finally {
        await page.close()
      }
    })

    it.for(['light', 'dark'] as const)(
      'is open to those who do not see it, in the %s theme',
      async (colorScheme) => {
        const { page } = await openPage(browser, address('page.html'), { width: 1440, colorScheme })
        try {
          expect(await accessibilityFaults(page)).toEqual([])
        } finally {
          await page.close()
        }
      },
    )

    it('keeps the text of its picture apart, too', async () => {
      const { page } = await openPage(browser, address('picture.html'), { width: 1440, colorScheme: 'light' })
      try {
        expect(await textFaults(page)).toEqual([])
      } finally {
        await page.close()
      }
    })
  },
)
