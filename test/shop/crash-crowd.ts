/** A crowd at a shop whose process may end at any moment: whatever is not answered is tried again. */
import { expect } from 'vitest'
import type { Venue } from '../../harness/service/venue.ts'
import { until } from '../service/serving.ts'
import { asked, type CheckedOut, checkedOut, emitted, statusOf } from './buyer.ts'

export const CAPACITY = 12
export const GOODIES = 3
export const PRICE_CENTS = 6_500
export const CRASH_VENUE: Venue = {
  events: [
    {
      id: 'gig',
      name: 'A gig',
      sections: [],
      classes: [
        { id: 'A', capacity: CAPACITY },
        { id: 'goodie', capacity: GOODIES },
      ],
    },
  ],
}

export interface Bought {
  readonly orderId: string
  readonly psid: string
  readonly outcome: string
  /** When the payment was first made, and when its outcome was known, by the monotonic clock. */
  readonly fromMs: number
  readonly untilMs: number
}

/** More buyers than tickets; some fail, some cancel, some never pay. Whatever is not answered is tried again. */
export async function crowdAt(url: string): Promise<readonly Bought[]> {
  const outcomes = ['succeeded', 'succeeded', 'succeeded', 'failed', 'canceled', 'succeeded', 'none']
  const buyers = Array.from({ length: 20 }, async (_, at): Promise<Bought | undefined> => {
    const key = `${at}`.padStart(22, 'k')
    let order = await checkedOut(url, 'A', key)
    // A crash: the next process answers. Sold out: it stays so.
    for (let tries = 0; order === undefined && tries < 3; tries++) {
      await until(async () => (await asked(url, 'GET', '/healthz').catch(() => undefined))?.status === 200)
      order = await checkedOut(url, 'A', key)
    }
    if (order === undefined) return undefined
    const outcome = outcomes[at % outcomes.length] ?? 'none'
    const fromMs = performance.now()
    if (outcome === 'none') return { ...order, outcome, fromMs, untilMs: fromMs }
    let status: number | undefined
    await until(async () => {
      status = await emitted(url, order.psid, outcome)
      return status === 303
    })
    // A first report that met the crash is answered by nobody; a later one is.
    await until(async () => (await statusOf(url, order.orderId)) !== undefined)
    return { ...order, outcome, fromMs, untilMs: performance.now() }
  })
  return (await Promise.all(buyers)).filter((each) => each !== undefined)
}

/** The engine's clock decides, so the whole seconds of a hold are as short as they can be. */
export const SHORT_HOLD_MS = 1_000
const RIVALS = CAPACITY / 2
/** As many payments as units are too many. */
export const REFUNDS_MIN = RIVALS

/**
 * As many orders as tickets are not paid in time. Half of the tickets are sold to others. Then the first buyers pay all the same: half of
 * these payments find units, and the others must be refunded.
 */
export async function lateCrowdAt(url: string): Promise<readonly Bought[]> {
  const late = await Promise.all(Array.from({ length: CAPACITY }, () => held(url)))
  await until(async () => (await inventoryOf(url)).available === CAPACITY)
  const rivals = Array.from({ length: RIVALS }, async () => paidFor(url, await held(url)))
  const inTime = await Promise.all(rivals)
  return [...inTime, ...(await Promise.all(late.map((order) => paidFor(url, order))))]
}

/** Contention, a crash, or other holds may be in the way for a while. */
async function held(url: string): Promise<CheckedOut> {
  let order: CheckedOut | undefined
  await until(async () => {
    order = await checkedOut(url, 'A')
    return order !== undefined
  })
  return order ?? expect.fail('no ticket')
}

async function paidFor(url: string, order: CheckedOut): Promise<Bought> {
  const fromMs = performance.now()
  await until(async () => (await emitted(url, order.psid, 'succeeded')) === 303)
  await until(async () => (await statusOf(url, order.orderId)) !== undefined)
  return { ...order, outcome: 'succeeded', fromMs, untilMs: performance.now() }
}

interface TierInventory {
  readonly capacity: number
  readonly sold: number
  readonly available: number
  readonly active_holds: number
}

export async function inventoryOf(url: string): Promise<TierInventory> {
  const { A } = JSON.parse((await asked(url, 'GET', '/api/inventory')).text) as { A: TierInventory }
  return A
}
