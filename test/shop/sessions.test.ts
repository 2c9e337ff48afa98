/**
 * Goal: every store of sessions tells pending ones from those that timed out, and has neither once they end. Method: the same sessions,
 * with deadlines around each bound, in memory, in PostgreSQL and in Redis.
 */
import { expect, test } from 'vitest'
import type { PaymentSession } from '../../shop/orders/order.ts'
import { postgresSessions } from '../../shop/stores/postgres-sessions.ts'
import { redisSessions } from '../../shop/stores/redis-sessions.ts'
import { MINUTE_MS, SESSION_GRACE_MS, type Sessions } from '../../shop/stores/stores.ts'
import { createShopTables } from '../../shop/stores/tables.ts'
import { withEngines } from '../with-engines.ts'
import { memoryStores } from './memory-stores.ts'

const { engines, lacks } = await withEngines(['postgres', 'redis'])

/** Longer than the test takes. */
const MARGIN_MS = 30_000

const LEFT_MS = {
  next: MINUTE_MS,
  last: 2 * MINUTE_MS,
  justNow: -MARGIN_MS / 2,
  paidLate: -MARGIN_MS / 2,
  before: -MINUTE_MS - MARGIN_MS,
  longAgo: -SESSION_GRACE_MS + MARGIN_MS,
  forgotten: -SESSION_GRACE_MS - MARGIN_MS,
} as const

async function countsRight(store: Sessions): Promise<void> {
  const nowMs = Date.now()
  const sessionOf = ([psid, leftMs]: readonly [string, number]): PaymentSession => ({
    ...{ psid, orderId: `order of ${psid}`, amount: 1, eventId: 'gig', email: 'a@example.org' },
    ...{ lines: [{ name: 'A', quantity: 1 }], deadlineMs: nowMs + leftMs },
  })
  await Promise.all(Object.entries(LEFT_MS).map((each) => store.save(sessionOf(each))))
  await store.end('paidLate', 'evt_1')
  expect(await store.counts()).toEqual({ pending: 2, timedOut: 3, timedOutInMinute: 1 })
  const psids = async (limit: number, first?: 'next' | 'last') =>
    (await store.pending(limit, first)).map(({ psid }) => psid)
  expect(await psids(10)).toEqual(['next', 'last'])
  expect(await psids(10, 'last')).toEqual(['last', 'next'])
  expect(await psids(1, 'last')).toEqual(['last'])
  for (const psid of ['next', 'last', 'justNow', 'before', 'longAgo']) await store.end(psid)
  expect(await store.counts()).toEqual({ pending: 0, timedOut: 0, timedOutInMinute: 0 })
}

test('in memory', () => countsRight(memoryStores(Date.now).sessions))

test.skipIf(lacks(['postgres']))('in PostgreSQL', async () => {
  const postgres = engines.postgres ?? expect.fail('no PostgreSQL')
  await using namespace = await postgres.openNamespace({ label: 'sessions', poolSize: 4 })
  await createShopTables(namespace.connections)
  await countsRight(postgresSessions(namespace.connections))
})

test.skipIf(lacks(['redis']))('in Redis', async () => {
  const redis = engines.redis ?? expect.fail('no Redis')
  await using namespace = await redis.openNamespace({ label: 'sessions' })
  const [client] = namespace.connections
  await countsRight(redisSessions(client))
})
