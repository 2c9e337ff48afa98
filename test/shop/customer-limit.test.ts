/**
 * Goal: whatever writes the holds down, checkouts at the same moment cannot exceed the limit of a customer, and do not stay below
 * it. Method: every safe strategy on its real engines, and the control, which must exceed it.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { prepareGround } from '../../harness/ground/ground.ts'
import { resourceOf } from '../../harness/service/venue.ts'
import { ShopKeys } from '../../shop/orders/keys.ts'
import { CustomerLimit } from '../../shop/saga/customer-limit.ts'
import { registry, type StrategyEntry } from '../../strategies/registry.ts'
import { holdId } from '../../strategies/validation.ts'
import { FULL, isFull } from '../size.ts'
import { withEngines } from '../with-engines.ts'

const { engines, cannotTest } = await withEngines(isFull ? ['postgres', 'redis', 'tigerbeetle'] : [])

const MAX = 3
const AT_ONCE = 12
const CUSTOMERS = 4
/** Asked again by one who was told that others were first. */
const TRIES = 100
const EVENT = 'gig'
/** The control reads and then writes: with this in between, all have read before the first has written. */
const BETWEEN_MS = 30

/** How many of the checkouts of each customer were granted. All want another seat. */
async function granted(entry: StrategyEntry): Promise<readonly number[]> {
  await using undo = new AsyncDisposableStack()
  const ground = undo.adopt(await prepareGround(entry, engines, AT_ONCE), (each) => each.dispose())
  const criticalSection = entry.promises.safe === 'never' ? () => delay(BETWEEN_MS) : async () => undefined
  const strategy = undo.adopt(
    await entry.open(ground.connections, { criticalSection, random: Math.random }),
    (each) => each.close(),
  )
  const seats = Array.from({ length: AT_ONCE }, (_, at) => `floor-1-${at + 1}`)
  const all = Array.from({ length: CUSTOMERS }, (_, customer) => seats.map((seat) => `c${customer}-${seat}`))
  await strategy.createResources(all.flat().map((seat) => ({ id: resourceOf(EVENT, seat), capacity: 1 })))
  const limit = new CustomerLimit(new ShopKeys('a secret'), MAX)

  const isHeld = async (seat: string, email: string): Promise<boolean> => {
    const basket = { eventId: EVENT, email, lines: [{ name: seat, quantity: 1 }] }
    await limit.prepare(strategy, basket)
    for (let tries = 0; tries < TRIES; tries++) {
      const id = holdId(`${email}-${seat}-${tries}`)
      const { kind } = await strategy.hold({ holdId: id, lines: limit.linesOf(basket), ttlMs: 600_000 })
      if (kind === 'held' || kind === 'sold-out') return kind === 'held'
      await delay(Math.random() * 20)
    }
    throw new Error('others were first again and again')
  }
  const counts: number[] = []
  for (const [customer, own] of all.entries()) {
    const held = await Promise.all(own.map((seat) => isHeld(seat, `customer${customer}@example.org`)))
    counts.push(held.filter((each) => each).length)
  }
  return counts
}

describe('the limit of a customer', FULL, () => {
  for (const entry of registry) {
    const isSafe = entry.promises.safe !== 'never'
    test.skipIf(!isFull || cannotTest(entry))(
      `${isSafe ? 'is kept' : 'is exceeded'} by ${entry.name}`,
      FULL,
      async () => {
        const counts = await granted(entry)
        if (isSafe) expect(counts).toEqual(Array(CUSTOMERS).fill(MAX))
        else expect(Math.max(...counts)).toBeGreaterThan(MAX)
      },
    )
  }
})
