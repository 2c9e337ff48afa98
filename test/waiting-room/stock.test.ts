/**
 * Goal: those who wait are told that nothing is left when nothing is, and not before. Method: what is left of a shop and of a service,
 * with a strategy in memory whose stock is held, sold and freed.
 */
import { describe, expect, test } from 'vitest'
import { resourcesOf, type Venue } from '../../harness/service/venue.ts'
import { serviceStock } from '../../shop/waiting-room/service-gate.ts'
import { SeatBoard } from '../../shop/web/seat-board.ts'
import { stockOf } from '../../shop/web/stock.ts'
import { holdId, withValidation } from '../../strategies/validation.ts'
import { shopInProcess } from '../shop/in-process.ts'
import { inMemory } from '../workloads/in-memory.ts'

const EVENT = {
  id: 'gig',
  name: 'A club night',
  sections: [{ id: 'floor', rows: 1, seats_per_row: 2 }],
  classes: [{ id: 'A', capacity: 2 }],
}
const venue: Venue = { events: [EVENT] }
const resources = resourcesOf(EVENT)
const all = resources.map(({ id, capacity }) => ({ resourceId: id, quantity: capacity }))
const TTL_MS = 60_000

describe('of a shop', () => {
  async function shop() {
    await using undo = new AsyncDisposableStack()
    const { parts } = undo.use(await shopInProcess(venue))
    const owned = undo.move()
    return {
      parts,
      // A board reads at most twice a second, so each question gets a new one.
      async stock() {
        await using board = new SeatBoard(
          parts.catalogue.event(EVENT.id) ?? expect.fail('no event'),
          parts.strategy,
          () => undefined,
        )
        return await stockOf({ parts, boards: new Map([[EVENT.id, board]]) })
      },
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    }
  }

  test('is some while a seat or a ticket is free, and gone when all of them are taken', async () => {
    await using own = await shop()
    expect(await own.stock()).toBe('some')
    for (const [at, line] of all.entries()) {
      expect(await own.stock(), `before ${line.resourceId}`).toBe('some')
      await own.parts.strategy.hold({ holdId: holdId(`hold-${at}-00000000`), lines: [line], ttlMs: TTL_MS })
    }
    expect(await own.stock()).toBe('gone')
    await own.parts.strategy.release(holdId('hold-0-00000000'))
    expect(await own.stock()).toBe('some')
  })

  test('is held while somebody may still let go of it', async () => {
    await using own = await shop()
    await own.parts.strategy.hold({ holdId: holdId('hold-all-00000000'), lines: all, ttlMs: TTL_MS })
    const basket = { eventId: EVENT.id, lines: [{ name: 'A', quantity: 2 }], email: 'ada@example.org' }
    const deadlineMs = Date.now() + TTL_MS
    await own.parts.sessions.save({ ...basket, psid: 'psid', orderId: 'order', amount: 1, deadlineMs })
    expect(await own.stock()).toBe('held')
    await own.parts.sessions.end('psid')
    expect(await own.stock()).toBe('gone')
  })
})

describe('of a service', () => {
  test('is gone when nothing was free for longer than the longest hold', async () => {
    const strategy = withValidation(inMemory({ nowMs: Date.now }))
    await strategy.createResources(resources)
    let nowMs = 0
    const stock = serviceStock({ strategy, venue, settings: { ttlMsMax: TTL_MS } }, () => nowMs)
    expect(await stock()).toBe('some')
    await strategy.hold({ holdId: holdId('hold-all-00000000'), lines: all, ttlMs: TTL_MS })
    expect(await stock()).toBe('held')
    nowMs += TTL_MS
    expect(await stock()).toBe('held')
    nowMs += 1
    expect(await stock()).toBe('gone')
    await strategy.release(holdId('hold-all-00000000'))
    expect(await stock()).toBe('some')
    // The time begins again.
    await strategy.hold({ holdId: holdId('hold-new-00000000'), lines: all, ttlMs: TTL_MS })
    expect(await stock()).toBe('held')
  })
})
