/**
 * Goal: a person can buy a ticket with a keyboard alone, on a phone and on a wide screen, in both themes, and see what others
 * buy. Method: a real browser at a shop in this process; measured boxes of text; axe.
 */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { VENUES } from '../../harness/service/venue.ts'
import { checkout } from '../../shop/saga/checkout.ts'
import { accessibilityFaults, openBrowser, openPage, textFaults, type View } from '../report/browser.ts'
import { chromiumProgram } from '../report/chromium.ts'
import { until } from '../service/serving.ts'
import { FULL } from '../size.ts'
import { asked, emitted } from './buyer.ts'
import { ADMIN_PASSWORD, shopInProcess } from './in-process.ts'

const program = chromiumProgram()
const VIEWS: readonly View[] = [
  { width: 390, colorScheme: 'dark' },
  { width: 1200, colorScheme: 'light' },
]
const venue = VENUES.small ?? { events: [] }

async function faultsOf(page: Page): Promise<readonly string[]> {
  return [...(await accessibilityFaults(page)), ...(await textFaults(page))]
}

describe.skipIf(program === undefined)('in a browser', FULL, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser(program ?? '')
  })
  afterAll(() => browser.close())

  test.for(VIEWS)('a ticket is bought by keyboard, at $width in a $colorScheme theme', async (view) => {
    await using shop = await shopInProcess(venue)
    const { page, errors, requests } = await openPage(browser, `${shop.url}/`, view)
    await until(async () => (await page.textContent('#counts'))?.startsWith('300 available') === true)
    expect(await faultsOf(page)).toEqual([])
    await page.focus('#map')
    for (const key of ['ArrowRight', 'ArrowDown', ' ', 'ArrowRight', 'Enter']) await page.keyboard.press(key)
    expect(await page.inputValue('#seats')).toBe('floor-2-2 floor-2-3')
    expect(await page.textContent('#seat')).toContain('yours')
    await page.fill('#email', 'ada@example.org')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/orders\//)
    expect(await page.textContent('#left')).toMatch(/^(1:00|0:5\d)$/)
    expect(await faultsOf(page)).toEqual([])
    await page.focus('a.strong')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/mockpay\//)
    expect(await faultsOf(page)).toEqual([])
    await page.focus('button.strong')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/orders\//)
    expect(await page.textContent('.code')).toMatch(/^TCK-/)
    expect(await faultsOf(page)).toEqual([])
    expect(errors).toEqual([])
    expect(requests.filter((each) => !each.startsWith(shop.url))).toEqual([])
    await page.close()
  })

  test.for(VIEWS)('an event is found by its city, at $width in a $colorScheme theme', async (view) => {
    await using shop = await shopInProcess(VENUES.tour ?? { events: [] })
    const { page, errors } = await openPage(browser, `${shop.url}/`, view)
    expect(await page.locator('.events li').count()).toBe(5)
    expect(await faultsOf(page)).toEqual([])
    await page.selectOption('#city', 'London')
    await page.focus('.browse button')
    await page.keyboard.press('Enter')
    await page.waitForURL(/city=London/)
    expect(await page.locator('.events li').count()).toBe(2)
    expect(errors).toEqual([])
    await page.close()
  })

  test.for(VIEWS)(
    'the operator sees orders and accounts, at $width in a $colorScheme theme',
    async (view) => {
      await using shop = await shopInProcess(venue)
      const basket = { eventId: 'gig', lines: [{ name: 'A', quantity: 1 }], email: 'a@example.org' }
      const [paid, open] = [await checkout(shop.parts, basket), await checkout(shop.parts, basket)]
      if (paid.kind !== 'held' || open.kind !== 'held') throw new Error('nothing was held')
      await emitted(shop.url, paid.session.psid, 'succeeded')
      const asAdmin = { ...view, password: ADMIN_PASSWORD }
      const { page, errors } = await openPage(browser, `${shop.url}/admin`, asAdmin)
      await until(async () => (await page.textContent('body'))?.includes('PAID') === true)
      expect(await faultsOf(page)).toEqual([])
      expect(errors).toEqual([])
      await page.close()
    },
  )

  test.for(VIEWS)(
    'nothing can be bought while nothing is left, at $width in a $colorScheme theme',
    async (view) => {
      const event = { id: 'tiny', name: 'A dinner', sections: [{ id: 'table', rows: 1, seats_per_row: 1 }] }
      await using shop = await shopInProcess({ events: [{ ...event, classes: [{ id: 'A', capacity: 1 }] }] })
      const { page, errors } = await openPage(browser, `${shop.url}/`, view)
      const take = (name: string) =>
        checkout(shop.parts, { eventId: event.id, lines: [{ name, quantity: 1 }], email: 'a@example.org' })
      await take('table-1-1')
      await until(async () => (await page.textContent('#counts'))?.startsWith('0 available') === true)
      expect(await page.isEnabled('#hold')).toBe(true)
      const last = await take('A')
      if (last.kind !== 'held') throw new Error('nothing was held')
      await until(() => page.isDisabled('#hold'))
      expect(await page.textContent('#none-left')).toContain('Everything is sold or held')
      expect(await faultsOf(page)).toEqual([])
      await emitted(shop.url, last.session.psid, 'failed')
      await until(() => page.isEnabled('#hold'))
      expect(await page.textContent('#none-left')).toBe('')
      expect(errors).toEqual([])
      await page.close()
    },
  )

  test('a seat that was sold twice is named, with both orders', async () => {
    await using shop = await shopInProcess(venue, { racy: true })
    const basket = { eventId: 'gig', lines: [{ name: 'floor-1-1', quantity: 1 }], email: 'a@example.org' }
    const bought = await Promise.all([checkout(shop.parts, basket), checkout(shop.parts, basket)])
    const ids = bought.map((each) => (each.kind === 'held' ? each.session.orderId : ''))
    const { page } = await openPage(browser, `${shop.url}/`, { width: 390, colorScheme: 'dark' })
    expect(await page.isVisible('#twice-key')).toBe(false)
    for (const id of ids) await emitted(shop.url, shop.parts.keys.namesOf(id).psid, 'succeeded')
    await until(async () => (await page.textContent('#twice'))?.includes('floor-1-1') === true)
    for (const id of ids) expect(await page.textContent('#twice')).toContain(id.slice(0, 8))
    expect(await page.textContent('#counts')).toContain('1 sold twice')
    expect(await page.isVisible('#twice-key')).toBe(true)
    expect(await faultsOf(page)).toEqual([])
    await page.close()
  })

  test('a seat that somebody else takes is dropped from the choice, and said', async () => {
    await using shop = await shopInProcess(venue)
    const { page } = await openPage(browser, `${shop.url}/`, { width: 390, colorScheme: 'light' })
    await until(async () => (await page.textContent('#counts')) !== '')
    await page.focus('#map')
    await page.keyboard.press(' ')
    expect(await page.inputValue('#seats')).toBe('floor-1-1')
    const form = new URLSearchParams({ event: 'gig', email: 'b@example.org', seats: 'floor-1-1' })
    expect((await asked(shop.url, 'POST', '/checkout', form)).status).toBe(303)
    await until(async () => (await page.inputValue('#seats')) === '')
    expect(await page.textContent('#seat')).toContain('taken by somebody else')
    await page.close()
  })
})
