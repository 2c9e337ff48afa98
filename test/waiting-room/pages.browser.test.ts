/**
 * Goal: a person can join, wait, be called and go in with a keyboard alone, on a phone and on a wide screen, in both themes. Method: a
 * real browser at a shop in this process behind a room; measured boxes of text; axe.
 */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { VENUES } from '../../harness/service/venue.ts'
import type { WaitingRoomSettings } from '../../shop/waiting-room/settings.ts'
import { memoryRoom } from '../../shop/waiting-room/stores/memory-room.ts'
import { WaitingRoom } from '../../shop/waiting-room/waiting-room.ts'
import { GONE } from '../../shop/waiting-room/web/words.ts'
import { accessibilityFaults, openBrowser, openPage, textFaults, type View } from '../report/browser.ts'
import { chromiumProgram } from '../report/chromium.ts'
import { until } from '../service/serving.ts'
import { ADMIN_PASSWORD, shopInProcess } from '../shop/in-process.ts'
import { FULL } from '../size.ts'
import { RULES, SETTINGS, visitor } from './rooms.ts'

const program = chromiumProgram()
const HOUR_MS = 3_600_000
const VIEWS: readonly View[] = [
  { width: 360, colorScheme: 'dark' },
  { width: 1200, colorScheme: 'light' },
]

async function faultsOf(page: Page): Promise<readonly string[]> {
  return [...(await accessibilityFaults(page)), ...(await textFaults(page))]
}

/** Pages that are asked for from now on. */
function navigationsOf(page: Page): readonly string[] {
  const asked: string[] = []
  page.on('request', (request) => {
    if (request.isNavigationRequest()) asked.push(request.url())
  })
  return asked
}

async function shopBehindRoom(more: Partial<WaitingRoomSettings> = {}) {
  await using undo = new AsyncDisposableStack()
  const settings = { ...SETTINGS, workBits: 10, limits: { activeMax: 0, perMinute: 0 }, ...more }
  const store = memoryRoom(settings.rules, settings.limits, Date.now)
  const room = undo.use(await WaitingRoom.open({ store, settings, warn: () => undefined }))
  const shop = undo.use(await shopInProcess(VENUES.small ?? { events: [] }, { room }))
  const owned = undo.move()
  return { url: shop.url, store, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

describe.skipIf(program === undefined)('in a browser', FULL, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser(program ?? '')
  })
  afterAll(() => browser.close())

  test.for(VIEWS)(
    'one joins, waits, is called and goes in by keyboard, at $width in a $colorScheme theme',
    async (view) => {
      await using shop = await shopBehindRoom()
      const { page, errors, requests } = await openPage(browser, `${shop.url}/`, view)
      await page.waitForURL(/\/waiting-room$/)
      expect(await page.textContent('h1')).toBe('There is a line')
      expect(await faultsOf(page)).toEqual([])
      await page.focus('#join')
      await page.keyboard.press('Enter')
      await page.waitForSelector('#position')
      expect(await page.textContent('#position')).toBe('1')
      expect(await faultsOf(page)).toEqual([])
      await page.reload()
      expect(await page.textContent('h1')).toBe('You are in line')
      await shop.store.set({ activeMax: 1 })
      await page.waitForSelector('#enter')
      expect(await page.textContent('h1')).toBe('It is your turn')
      await until(async () => /^0:5\d$/.test((await page.textContent('#left')) ?? ''))
      expect(await faultsOf(page)).toEqual([])
      await page.focus('#enter')
      await page.keyboard.press('Enter')
      await page.waitForURL(`${shop.url}/`)
      expect(await page.textContent('h1')).not.toContain('line')
      expect(errors).toEqual([])
      expect(requests.filter((each) => !each.startsWith(shop.url))).toEqual([])
      await page.close()
    },
  )

  test.for(VIEWS)('the operator sees the queue, at $width in a $colorScheme theme', async (view) => {
    await using shop = await shopBehindRoom()
    await shop.store.join([visitor(1), visitor(2)])
    const asAdmin = { ...view, password: ADMIN_PASSWORD }
    const { page, errors } = await openPage(browser, `${shop.url}/waiting-room/admin`, asAdmin)
    await until(async () => (await page.textContent('#tiles'))?.startsWith('2in line') === true)
    expect(await faultsOf(page)).toEqual([])
    expect(errors).toEqual([])
    await page.close()
  })

  test('one is told that everything is sold, on the same page', async () => {
    await using shop = await shopBehindRoom()
    const { page } = await openPage(browser, `${shop.url}/waiting-room`, { width: 390, colorScheme: 'light' })
    await page.click('#join')
    await page.waitForSelector('#position')
    const asked = navigationsOf(page)
    await shop.store.set({ stock: 'gone' })
    await until(async () => (await page.textContent('h1')) === GONE.title)
    expect(await page.textContent('.notice')).toBe(GONE.notice)
    expect(await page.title()).toBe(`${GONE.title} – waiting room`)
    expect(await page.locator('button').count()).toBe(0)
    expect(await faultsOf(page)).toEqual([])
    expect(asked, 'a crowd that is told at once must not come back at once').toEqual([])
    // It is sold no more: the page is that of the line again.
    await shop.store.set({ stock: 'some' })
    await page.waitForSelector('#position')
    await page.close()
  })

  test.for(VIEWS)(
    'an entrant, one whose place has ended, and one who finds it closed are told so, at $width in a $colorScheme theme',
    async (view) => {
      await using shop = await shopBehindRoom({ rules: { ...RULES, order: 'lottery', opensInMs: HOUR_MS } })
      const { page, errors } = await openPage(browser, `${shop.url}/waiting-room`, view)
      await page.click('#join')
      await page.waitForSelector('#opens')
      expect(await page.textContent('h1')).toBe('You are in the draw')
      expect(await faultsOf(page)).toEqual([])
      await shop.store.set({ opened: true })
      await page.waitForSelector('#position')
      await page.click('.leave button')
      await until(async () => (await page.textContent('h1')) === 'There is a line')
      await page.click('#join')
      await page.waitForSelector('#position')
      const cookies = await page.context().cookies()
      const token = cookies.find(({ name }) => name === 'holdfast-place')?.value ?? expect.fail('no place')
      await shop.store.move({ kind: 'leave', place: token.split('.')[0] ?? '' })
      await until(async () => (await page.textContent('h1')) === 'You are not in line')
      expect(await page.textContent('.notice')).toBe('You have left the line.')
      expect(await faultsOf(page)).toEqual([])
      await shop.store.set({ door: 'closed' })
      await until(async () => {
        await page.reload()
        return (await page.textContent('h1')) === 'The line is closed'
      })
      expect(await faultsOf(page)).toEqual([])
      expect(errors).toEqual([])
      await page.close()
    },
  )

  test('without a stream one is told by asking again and again', async () => {
    await using shop = await shopBehindRoom()
    const { page } = await openPage(browser, 'about:blank', { width: 390, colorScheme: 'light' })
    await page.route('**/waiting-room/events', (route) => route.abort())
    const asked = page.waitForResponse(/\/waiting-room\/place$/)
    await page.goto(`${shop.url}/waiting-room`)
    await page.click('#join')
    await page.waitForSelector('#position')
    await asked
    await shop.store.set({ activeMax: 1 })
    await page.waitForSelector('#enter')
    expect(await page.textContent('h1')).toBe('It is your turn')
    await page.close()
  })
})
