/**
 * Goal: the charts of the study can be read on a phone and in a column of a wide page, in both themes, and a page picks the
 * drawing that is made for its window. Method: the published drawings in a real browser; measured boxes of text.
 */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chartPicture, narrowFileOf } from '../../experiments/picture.ts'
import { experiments } from '../../experiments/registry.ts'
import { PUBLISHED } from '../../experiments/stored.ts'
import { openBrowser, textFaults } from '../report/browser.ts'
import { chromiumProgram } from '../report/chromium.ts'
import { FULL } from '../size.ts'

const program = chromiumProgram()
const PATIENCE_MS = 180_000
/** In pixels. */
const TEXT_MIN = 8.5
const PHONE_TEXT_MIN = 10
/** Of a page of documents beside a list of pages. */
const COLUMN = 688

describe.skipIf(program === undefined)('in a browser', { ...FULL, timeout: PATIENCE_MS }, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser(program ?? '')
  }, PATIENCE_MS)
  afterAll(() => browser?.close())

  test.for([
    { width: 390, column: 358, least: PHONE_TEXT_MIN },
    { width: 1_200, column: COLUMN, least: TEXT_MIN },
  ])('text is large enough and apart at $width', async ({ width, column, least }) => {
    const page = await browser.newPage({ viewport: { width, height: 900 } })
    for (const { name } of experiments) {
      const file = width < 640 ? narrowFileOf(`${name}.svg`) : `${name}.svg`
      const svg = await readFile(path.join(PUBLISHED, file), 'utf8')
      await page.setContent(`<style>body{margin:16px} svg{max-width:${column}px;height:auto}</style>${svg}`)
      expect(await textFaults(page), file).toEqual([])
      const smallest = await page.evaluate(`(() => {
        const svg = document.querySelector('svg')
        const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width
        return Math.min(...[...svg.querySelectorAll('text')].map((text) => scale * parseFloat(getComputedStyle(text).fontSize)))
      })()`)
      expect(smallest, file).toBeGreaterThanOrEqual(least)
    }
    await page.close()
  })

  test.for([
    [390, 'dark', 'one-seat.narrow.svg'],
    [390, 'light', 'one-seat.narrow.svg'],
    [1_200, 'dark', 'one-seat.svg'],
  ] as const)(
    'a page of %i picks its drawing in the %s theme, on paper of its own',
    async ([width, colorScheme, file]) => {
      const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme })
      const base = pathToFileURL(`${PUBLISHED}/`).href
      const picture = chartPicture('One seat', `${base}one-seat.svg`)
      await page.setContent(picture)
      const shown = await page.evaluate(`document.querySelector('img').currentSrc`)
      expect(shown).toBe(`${base}${file}`)
      const svg = await readFile(path.join(PUBLISHED, file), 'utf8')
      expect(svg).toMatch(/<rect width="\d+" height="\d+" fill="#ffffff"\/>/)
      await page.close()
    },
  )
})
