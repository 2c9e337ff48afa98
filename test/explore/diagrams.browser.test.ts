/**
 * Goal: the diagrams can be read where they are shown: on a wall and on a phone, in both themes. Method: a real browser on each saved
 * one; no text runs into another, out of the picture, or to the edge of its lane.
 * @module-tag full
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exampleDiagrams } from '../../harness/explore/example-diagrams.ts'
import { HEIGHT, openBrowser, textFaults } from '../report/browser.ts'
import { chromiumProgram } from '../report/chromium.ts'

const FOLDER = path.resolve(import.meta.dirname, '../../docs/diagrams')
const program = chromiumProgram()

describe.skipIf(program === undefined)('the saved diagrams in a browser', { timeout: 180_000 }, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser(program ?? '')
  })
  afterAll(() => browser.close())

  for (const width of [390, 1_200]) {
    it.for(['light', 'dark'] as const)(`can be read at ${width} pixels, %s`, async (colorScheme) => {
      const page = await browser.newPage({ viewport: { width, height: HEIGHT }, colorScheme })
      for (const { name } of exampleDiagrams) {
        const svg = readFileSync(path.join(FOLDER, `${name}.svg`), 'utf8')
        await page.setContent(`<style>body{margin:0}svg{max-width:100%;height:auto}</style>${svg}`)
        expect({ name, faults: [...(await textFaults(page)), ...(await laneFaults(page))] }).toEqual({
          name,
          faults: [],
        })
      }
      await page.close()
    })
  }
})

/** Labels that touch the edge of their lane, or one of its bars. */
async function laneFaults(page: Page): Promise<readonly string[]> {
  const found: unknown = await page.evaluate(`(() => {
    const EDGE = 2
    const svg = document.querySelector('svg')
    const lanes = [...svg.querySelectorAll('line.edge')].map((edge) => ({
      left: Number(edge.getAttribute('x1')),
      right: Number(edge.getAttribute('x2')),
    }))
    const bars = [...svg.querySelectorAll('line.locked, line.awaited')].map((bar) => Number(bar.getAttribute('x1')) + 3)
    return [...svg.querySelectorAll('text.cell')].flatMap((text) => {
      const { x, width } = text.getBBox()
      const lane = lanes.find(({ left, right }) => left <= x && x <= right)
      if (lane === undefined) return ['"' + text.textContent + '" is in no lane']
      const besides = bars.filter((bar) => bar > lane.left && bar < lane.right)
      const isFree = x + width <= lane.right - EDGE && x >= Math.max(lane.left, ...besides) + EDGE
      return isFree ? [] : ['"' + text.textContent + '" touches the edge of its lane']
    })
  })()`)
  return Array.isArray(found) ? found.map(String) : ['the page gave no answer']
}
