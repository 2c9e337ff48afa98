/**
 * Goal: what the crowds of saga.test.ts find in memory holds on the real engines, for a strategy of each family at each level. Method:
 * the same crowds, with holds that really expire.
 */
import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { RedisNamespace } from '../../harness/engines/redis/namespace.ts'
import { type Ground, prepareGround } from '../../harness/ground/ground.ts'
import { resourcesOf } from '../../harness/service/venue.ts'
import { enginesOfLevel, openStores, type ShopLevel } from '../../shop/stores/levels.ts'
import { registry, type StrategyEntry } from '../../strategies/registry.ts'
import { FULL, isFull, sampled } from '../size.ts'
import { withEngines } from '../with-engines.ts'
import { CROWD_HOLD_MS, CROWD_VENUE, Crowd, type CrowdEvent, type CrowdWorld, crowdEvents } from './crowd.ts'

const SHOPS: readonly (readonly [strategy: string, level: ShopLevel])[] = [
  ['postgres-conditional-update', 1],
  ['redis-lua', 1],
  ['postgres-select-for-update', 2],
  ['postgres-conditional-update', 3],
  ['redis-setnx-fenced', 2],
  ['tigerbeetle-pending-transfer-batched', 1],
  ['redis-lua', 3],
  ['redis-seat-key', 2],
  ['tigerbeetle-pending-transfer-batched', 3],
  ['tigerbeetle-pending-transfer-batched', 2],
]
const { engines, lacks, cannotTest } = await withEngines(isFull ? ['postgres', 'redis', 'tigerbeetle'] : [])

/** Later than the engine's clock and its own sweep. */
const MARGIN_MS = 300
const RUNS = 3
/** Of the rows, the share that the gate runs. */
const ONE_OF = 2

interface OpenWorld extends CrowdWorld, AsyncDisposable {
  /** Of sessions and seen reports, so far. */
  lostKeys(): number
}

async function worldOn(entry: StrategyEntry, level: ShopLevel): Promise<OpenWorld> {
  await using undo = new AsyncDisposableStack()
  const ground: Ground = undo.adopt(await prepareGround(entry, engines, 4), (each) => each.dispose())
  const strategy = undo.adopt(
    await entry.open(ground.connections, { criticalSection: async () => undefined, random: Math.random }),
    (each) => each.close(),
  )
  for (const event of CROWD_VENUE.events) await strategy.createResources(resourcesOf(event))
  const own = { label: 'shop', poolSize: 4 }
  const postgres = undo.use(await (engines.postgres ?? expect.fail('no PostgreSQL')).openNamespace(own))
  const hasRedis = enginesOfLevel(level).includes('redis')
  const redis = hasRedis
    ? undo.use(await (engines.redis ?? expect.fail('no Redis')).openNamespace(own))
    : undefined
  const stores = await openStores(level, {
    postgres: postgres.connections,
    ...(redis && { redis: redis.connections }),
  })
  let lostKeys = 0
  const owned = undo.move()
  return {
    strategy,
    stores,
    passTime: () => delay(CROWD_HOLD_MS + entry.promises.freesLateMs + MARGIN_MS),
    ...(redis && {
      loseSessions: async () => {
        lostKeys += await emptied(redis)
      },
    }),
    lostKeys: () => lostKeys,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** As if the server had lost its data; the strategy has a namespace of its own. Returns how many keys there were. */
async function emptied({ prefix, observer: [server] }: RedisNamespace): Promise<number> {
  const keys = await server.keys(`${prefix}*`)
  return keys.length === 0 ? 0 : await server.del(...keys)
}

describe('a crowd on real engines', FULL, () => {
  for (const [row, [name, level]] of SHOPS.entries()) {
    const entry = registry.find((each) => each.name === name)
    if (entry === undefined) throw new Error(`the registry has no ${name}`)
    const isMissing = !isFull || cannotTest(entry) || lacks(enginesOfLevel(level))
    const size = sampled(row, 0, ONE_OF)
    test.skipIf(isMissing)(
      `${name} at level ${level} gives what was paid for, or the money`,
      size,
      async () => {
        const seen = new Set<string>()
        await fc.assert(
          fc.asyncProperty(crowdEvents, async (events) => {
            await using world = await worldOn(entry, level)
            const crowd = new Crowd(world)
            for (const event of events) await crowd.happen(event)
            await crowd.settleAndCheck()
            for (const each of crowd.seen) seen.add(each)
          }),
          // Shrinking would take minutes: the seed repeats the crowd.
          { numRuns: RUNS, endOnFailure: true, examples: [[CERTAIN]] },
        )
        for (const each of ['crash', 'settled PAID', 'settled FAILED', 'settled PAID_UNFULFILLED']) {
          expect([...seen], each).toContain(each)
        }
      },
    )

    test.skipIf(isMissing || level === 1)(
      `${name} at level ${level} settles payments whose sessions Redis has lost`,
      size,
      async () => {
        await using world = await worldOn(entry, level)
        const crowd = new Crowd(world)
        for (const event of SESSIONS_LOST) await crowd.happen(event)
        expect(world.lostKeys(), 'there were sessions to lose').toBeGreaterThan(0)
        for (const status of ['PAID', 'PAID_UNFULFILLED', 'FAILED']) {
          expect([...crowd.seen]).toContain(`acknowledged ${status}`)
        }
        await crowd.settleAndCheck()
      },
    )
  }
})

/** What every run must have seen. */
const CERTAIN: CrowdEvent[] = [
  { kind: 'checkout', name: 'floor-1-1', quantity: 1 },
  { kind: 'time-passes' },
  { kind: 'checkout', name: 'floor-1-1', quantity: 1 },
  { kind: 'pay', at: 0, outcome: 'succeeded' },
  { kind: 'pay', at: 1, outcome: 'succeeded' },
  { kind: 'crash', at: 'after-confirm' },
  { kind: 'report', which: [1, 1] },
  { kind: 'report', which: [1, 0, 0] },
  { kind: 'checkout', name: 'A', quantity: 2 },
  { kind: 'pay', at: 2, outcome: 'failed' },
  { kind: 'report', which: [2] },
  { kind: 'checkout', name: 'B', quantity: 1 },
  { kind: 'checkout', name: 'B', quantity: 1 },
  { kind: 'checkout', name: 'B', quantity: 1 },
  { kind: 'pay', at: 3, outcome: 'succeeded' },
  { kind: 'pay', at: 4, outcome: 'succeeded' },
  { kind: 'pay', at: 5, outcome: 'succeeded' },
  { kind: 'report', which: [3, 4, 5] },
]

/** Between the payments and their reports, which carry the baskets. */
const SESSIONS_LOST: readonly CrowdEvent[] = [
  { kind: 'checkout', name: 'floor-1-1', quantity: 1 },
  { kind: 'time-passes' },
  { kind: 'checkout', name: 'floor-1-1', quantity: 1 },
  { kind: 'checkout', name: 'A', quantity: 2 },
  { kind: 'checkout', name: 'B', quantity: 1 },
  { kind: 'pay', at: 0, outcome: 'succeeded' },
  { kind: 'pay', at: 1, outcome: 'succeeded' },
  { kind: 'pay', at: 2, outcome: 'succeeded' },
  { kind: 'pay', at: 3, outcome: 'failed' },
  { kind: 'sessions-lost' },
  // The seat is the second buyer's; the first one paid too late for it.
  { kind: 'report', which: [1] },
  { kind: 'report', which: [0] },
  { kind: 'report', which: [2, 2] },
  { kind: 'report', which: [3] },
]
