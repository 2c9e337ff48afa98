/**
 * Goal: the pages that a buyer reaches when things go otherwise than hoped, and TigerBench while it measures, can be read by everybody,
 * on a phone and on a wide screen, in both themes. Method: a real browser at a shop in this process; measured boxes of text; axe.
 */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Venue } from '../../harness/service/venue.ts'
import { serveBench } from '../../shop/bench/page-server.ts'
import { accessibilityFaults, openBrowser, openPage, textFaults, type View } from '../report/browser.ts'
import { chromiumProgram } from '../report/chromium.ts'
import { until } from '../service/serving.ts'
import { sampled } from '../size.ts'
import { FILLED_BENCH } from './bench-filled.ts'
import { type CheckedOut, checkedOut, emitted } from './buyer.ts'
import { type InProcessShop, shopInProcess } from './in-process.ts'

const program = chromiumProgram()
const VIEWS: readonly View[] = [390, 1200].flatMap((width) =>
  (['light', 'dark'] as const).map((colorScheme) => ({ width, colorScheme })),
)
const LATER_MS = 61_000
const ALMOST_A_HOLD_MS = 57_000
const venue: Venue = {
  events: [
    {
      id: 'gig',
      name: 'A club night',
      city: 'Vienna',
      date: '2027-05-07',
      sections: [],
      classes: [{ id: 'A', capacity: 1 }],
    },
  ],
}

async function faultsOf(page: Page): Promise<readonly string[]> {
  return [...(await accessibilityFaults(page)), ...(await textFaults(page))]
}

async function bought({ url }: InProcessShop): Promise<CheckedOut> {
  return (await checkedOut(url, 'A')) ?? expect.fail('no ticket')
}

interface Ending {
  readonly what: string
  readonly says: string
  /** Returns the path of the page. */
  reach(shop: InProcessShop, passTime: () => void): Promise<string>
}

const ENDINGS: readonly Ending[] = [
  {
    what: 'a refund',
    says: 'Your money goes back',
    async reach(shop, passTime) {
      const late = await bought(shop)
      passTime()
      const rival = await bought(shop)
      await emitted(shop.url, rival.psid, 'succeeded')
      await emitted(shop.url, late.psid, 'succeeded')
      return `/orders/${late.orderId}`
    },
  },
  {
    what: 'a payment that failed',
    says: 'The payment failed',
    async reach(shop) {
      const { orderId, psid } = await bought(shop)
      await emitted(shop.url, psid, 'failed')
      return `/orders/${orderId}`
    },
  },
  {
    what: 'a payment that was canceled',
    says: 'Canceled',
    async reach(shop) {
      const { orderId, psid } = await bought(shop)
      await emitted(shop.url, psid, 'canceled')
      return `/orders/${orderId}`
    },
  },
  {
    what: 'a second attempt at the provider',
    says: 'The last attempt: failed',
    async reach(shop) {
      const { psid } = await bought(shop)
      await emitted(shop.url, psid, 'failed')
      return `/mockpay/${psid}`
    },
  },
  {
    what: 'an event that is sold out',
    says: 'sold out',
    async reach(shop) {
      await bought(shop)
      return '/events/gig'
    },
  },
  {
    what: 'an order that nobody knows',
    says: 'There is no such order',
    reach: async () => `/orders/${'0'.repeat(32)}`,
  },
]

describe.skipIf(program === undefined)('in a browser', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser(program ?? '')
  })
  afterAll(() => browser.close())

  for (const [at, view] of VIEWS.entries()) {
    // In the gate each width and each theme once.
    const size = sampled(at, Math.floor(at / 2), 2)
    describe(`at ${view.width} in a ${view.colorScheme} theme`, size, () => inView(view))
  }

  function inView(view: View): void {
    test.for(ENDINGS)('$what can be read', async ({ says, reach }) => {
      let aheadMs = 0
      await using shop = await shopInProcess(venue, { nowMs: () => Date.now() + aheadMs })
      const path = await reach(shop, () => {
        aheadMs += LATER_MS
      })
      const { page } = await openPage(browser, `${shop.url}${path}`, view)
      expect(await page.textContent('main')).toContain(says)
      expect(await faultsOf(page)).toEqual([])
      await page.close()
    })

    test('a refusal because all is sold can be read', async () => {
      await using shop = await shopInProcess(venue)
      const { page } = await openPage(browser, `${shop.url}/`, view)
      await page.fill('#tier-A', '1')
      await page.fill('#email', 'late@example.org')
      await bought(shop)
      // The page takes its button back when it hears of it: this buyer is faster.
      await page.evaluate("document.querySelector('form.buy').requestSubmit()")
      await page.waitForURL(/\/checkout/)
      expect(await page.textContent('[role=alert]')).toContain('A is sold out')
      expect(await faultsOf(page)).toEqual([])
      await page.close()
    })

    test('a hold whose time is up can be read', async () => {
      // Held by a clock that is almost a hold behind: the page has seconds to count, and on a slow machine none.
      await using shop = await shopInProcess(venue, { nowMs: () => Date.now() - ALMOST_A_HOLD_MS })
      const { orderId } = await bought(shop)
      const { page, errors } = await openPage(browser, `${shop.url}/orders/${orderId}`, view)
      await until(async () => (await page.textContent('h1')) === 'The time is up')
      expect(await page.textContent('#left')).toBe('0:00')
      expect(await page.textContent('#ending')).toContain('free for others')
      expect(await page.title()).toMatch(/^The time is up/)
      expect(await faultsOf(page)).toEqual([])
      expect(errors).toEqual([])
      await page.close()
    })

    test('TigerBench can be read while it measures', async () => {
      await using bench = await serveBench(FILLED_BENCH, 0)
      const { page, errors, requests } = await openPage(browser, bench.address, view)
      await until(async () => (await page.locator('#rates .bar').count()) > FILLED_BENCH.sides.length)
      expect(await page.locator('#amdahl tr').count()).toBeGreaterThan(0)
      expect(await faultsOf(page)).toEqual([])
      expect(errors).toEqual([])
      expect(requests.filter((each) => !each.startsWith(bench.address))).toEqual([])
      await page.close()
    })
  }
})
