/**
 * Goal: the map of 80,000 seats can be used: it is painted, follows what others buy, and is walked with the arrow keys. Method: a real
 * browser at a shop in this process; the pixels of the canvas. Nothing is timed.
 */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { VENUES } from '../../harness/service/venue.ts'
import { accessibilityFaults, openBrowser, openPage, textFaults, type View } from '../report/browser.ts'
import { chromiumProgram } from '../report/chromium.ts'
import { until } from '../service/serving.ts'
import { FULL } from '../size.ts'
import { asked } from './buyer.ts'
import { shopInProcess } from './in-process.ts'

const program = chromiumProgram()
const VIEWS: readonly View[] = [390, 1200].flatMap((width) =>
  (['light', 'dark'] as const).map((colorScheme) => ({ width, colorScheme })),
)
const venue = VENUES.stadium ?? { events: [] }

/** How many pixels of the map have this color of the style sheet. */
async function pixelsOf(page: Page, name: string): Promise<number> {
  const count: unknown = await page.evaluate(`(() => {
    const probe = document.createElement('i')
    probe.style.setProperty('color', 'var(--${name})')
    document.body.append(probe)
    const [red, green, blue] = getComputedStyle(probe).color.match(/\\d+/g).map(Number)
    probe.remove()
    const map = document.getElementById('map')
    const { data } = map.getContext('2d').getImageData(0, 0, map.width, map.height)
    let count = 0
    for (let at = 0; at < data.length; at += 4) if (data[at] === red && data[at + 1] === green && data[at + 2] === blue) count++
    return count
  })()`)
  return Number(count)
}

describe.skipIf(program === undefined)('a stadium in a browser', FULL, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser(program ?? '')
  })
  afterAll(() => browser.close())

  test.for(VIEWS)('its 80,000 seats can be used, at $width in a $colorScheme theme', async (view) => {
    await using shop = await shopInProcess(venue)
    const { page, errors } = await openPage(browser, `${shop.url}/`, view)
    await until(async () => (await page.textContent('#counts'))?.startsWith('80,000 available') === true)
    expect(await pixelsOf(page, 'available')).toBeGreaterThan(80_000)
    expect(await pixelsOf(page, 'held')).toBe(0)
    expect([...(await accessibilityFaults(page)), ...(await textFaults(page))]).toEqual([])

    const seats = 'block1-1-2 block1-1-3'
    const form = new URLSearchParams({ event: 'onsale', email: 'b@example.org', seats })
    expect((await asked(shop.url, 'POST', '/checkout', form)).status).toBe(303)
    await until(
      async () => (await page.textContent('#counts'))?.startsWith('79,998 available, 2 held') === true,
    )
    expect(await pixelsOf(page, 'held'), 'the delta is painted').toBeGreaterThan(0)

    await page.focus('#map')
    expect(await page.textContent('#seat')).toBe('block1-1-1: available')
    await page.keyboard.press('ArrowRight')
    expect(await page.textContent('#seat')).toBe('block1-1-2: held')
    await page.keyboard.press('ArrowDown')
    expect(await page.textContent('#seat')).toBe('block1-2-2: available')
    for (let row = 3; row <= 40; row++) await page.keyboard.press('ArrowDown')
    expect(await page.textContent('#seat')).toBe('block1-40-2: available')
    await page.keyboard.press('ArrowDown')
    expect(await page.textContent('#seat'), 'over the gap to the next block').toMatch(
      /^block\d+-1-2: available$/,
    )
    await page.keyboard.press(' ')
    expect(await page.inputValue('#seats')).toMatch(/^block\d+-1-2$/)
    expect(await pixelsOf(page, 'mine')).toBeGreaterThan(0)
    expect(errors).toEqual([])
    await page.close()
  })
})
