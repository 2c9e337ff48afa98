/**
 * Goal: a person can join, wait, be called and go in with a keyboard alone, on a phone and on a wide screen, in both themes. Method: a
 * real browser at a shop in this process behind a room; measured boxes of text; axe.
 */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { VENUES } from '../../harness/service/venue.ts'
import { memoryRoom } from '../../shop/waiting-room/stores/memory-room.ts'
import { WaitingRoom } from '../../shop/waiting-room/waiting-room.ts'
import { accessibilityFaults, openBrowser, openPage, textFaults, type View } from '../report/browser.ts'
import { chromiumProgram } from '../report/chromium.ts'
import { until } from '../service/serving.ts'
import { ADMIN_PASSWORD, shopInProcess } from '../shop/in-process.ts'
import { FULL } from '../size.ts'
import { RULES, SETTINGS, visitor } from './rooms.ts'

const program = chromiumProgram()
const VIEWS: readonly View[] = [
  { width: 360, colorScheme: 'dark' },
  { width: 1200, colorScheme: 'light' },
]

async function faultsOf(page: Page): Promise<readonly string[]> {
  return [...(await accessibilityFaults(page)), ...(await textFaults(page))]
}

async function shopBehindRoom() {
  await using undo = new AsyncDisposableStack()
  const settings = { ...SETTINGS, workBits: 10, limits: { activeMax: 0, perMinute: 0 } }
  const store = memoryRoom(RULES, settings.limits, Date.now)
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

  test('one is told that everything is sold, and the operator sees the queue', async () => {
    await using shop = await shopBehindRoom()
    const { page } = await openPage(browser, `${shop.url}/waiting-room`, { width: 390, colorScheme: 'light' })
    await page.click('#join')
    await page.waitForSelector('#position')
    await shop.store.set({ stock: 'gone' })
    await until(async () => (await page.textContent('h1')) === 'Everything is sold')
    expect(await faultsOf(page)).toEqual([])
    await page.close()
  })
})
