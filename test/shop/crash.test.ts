/**
 * Goal: a shop whose process is killed at any step of the saga loses nothing that was paid, and gives nothing twice. Method: real
 * engines, a real process that kills itself (SIGKILL) at the step, a crowd that pays, fails and cancels meanwhile; then the books.
 * @module-tag full
 */
import { describe, expect, test } from 'vitest'
import { SAGA_STEPS, type SagaStep } from '../../shop/saga/parts.ts'
import { enginesOfLevel, type ShopLevel } from '../../shop/stores/levels.ts'
import { registry } from '../../strategies/registry.ts'
import { until } from '../service/serving.ts'
import { isFull, sampled } from '../size.ts'
import { withEngines } from '../with-engines.ts'
import { ADMIN_PASSWORD, checkBooks } from './books.ts'
import { checkedOut, statusOf } from './buyer.ts'
import { CRASH_VENUE, crowdAt, lateCrowdAt, REFUNDS_MIN, SHORT_HOLD_MS } from './crash-crowd.ts'
import { realShop } from './real-shop.ts'

const { engines, lacks, cannotTest } = await withEngines(isFull ? ['postgres', 'redis', 'tigerbeetle'] : [])

/** One strategy of each family, at each level. */
const SHOPS: readonly (readonly [strategy: string, level: ShopLevel])[] = [
  ['postgres-conditional-update', 1],
  ['postgres-conditional-update', 2],
  ['postgres-conditional-update', 3],
  ['redis-lua', 1],
  ['redis-seat-key', 2],
  ['redis-lua', 3],
  ['tigerbeetle-pending-transfer-batched', 1],
  ['tigerbeetle-pending-transfer-batched', 2],
  ['tigerbeetle-pending-transfer-batched', 3],
  // Two engines: a lease in the one, and a fence in the other.
  ['redis-setnx-fenced', 2],
]

/** Steps that only a payment comes to whose hold has expired. */
const LATE_STEPS: readonly SagaStep[] = ['after-again-hold', 'before-refund-sent', 'after-refund-sent']
const STEPS = SAGA_STEPS.filter((step) => !LATE_STEPS.includes(step))

/** Of the rest, the share that the gate runs. */
const ONE_OF = 10

/** Two processes are started for a case: twenty seconds, and six times as long on a machine that does much else. */
const PATIENCE = { timeout: 300_000 }

for (const [row, [name, level]] of SHOPS.entries()) {
  const entry = registry.find((each) => each.name === name)
  if (entry === undefined) throw new Error(`the registry has no ${name}`)
  describe.skipIf(cannotTest(entry) || lacks(enginesOfLevel(level)))(`${name} at level ${level}`, () => {
    for (const [column, at] of STEPS.entries()) {
      const size = sampled(row, column, ONE_OF)
      test(`survives kill -9 at ${at}`, { ...size, ...PATIENCE }, async () => {
        await using shop = await realShop({
          ...{ entry, engines, level, venue: CRASH_VENUE, crash: { at, time: 3 } },
          adminPassword: ADMIN_PASSWORD,
        })
        const bought = await crowdAt(shop.url)
        await checkBooks(shop, bought)
        expect(shop.shop.restarts(), 'the process was killed').toBe(1)
      })
    }
    for (const [column, at] of LATE_STEPS.entries()) {
      const late = { ...sampled(row, column, ONE_OF), ...PATIENCE }
      test(`survives kill -9 at ${at}, when buyers pay late`, late, async () => {
        await using shop = await realShop({
          ...{ entry, engines, level, venue: CRASH_VENUE, holdMs: SHORT_HOLD_MS, crash: { at, time: 3 } },
          adminPassword: ADMIN_PASSWORD,
        })
        const paid = await lateCrowdAt(shop.url)
        expect(await checkBooks(shop, paid)).toBeGreaterThanOrEqual(REFUNDS_MIN)
        expect(shop.shop.restarts(), 'the process was killed').toBe(1)
      })
    }
  })
}

/** The provider reports once. */
const NO_RETRIES = { firstMs: 1, longestMs: 1, attemptsMax: 1 }

describe('a report that was lost, and is not repeated', () => {
  test('is fetched from the provider', async () => {
    const entry = registry.find((each) => each.name === SHOPS[0]?.[0]) ?? expect.fail('no strategy')
    await using shop = await realShop({ entry, engines, level: 1, venue: CRASH_VENUE, retries: NO_RETRIES })
    const order = (await checkedOut(shop.url, 'A')) ?? expect.fail('no ticket')
    const pid = shop.shop.pid() ?? expect.fail('nobody serves')
    // The process takes the report, and ends before it reads it.
    process.kill(pid, 'SIGSTOP')
    const emitting = shop.shop.provider.emit(order.psid, 'succeeded')
    process.kill(pid, 'SIGKILL')
    await emitting
    await until(async () => (await statusOf(shop.url, order.orderId)) === 'PAID')
    expect(await shop.shop.provider.deliveries(10)).toMatchObject([{ attempts: 1, state: 'given-up' }])
  })
})
