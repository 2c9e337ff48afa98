/**
 * Goal: what the crowds of saga.test.ts find in memory holds on the real engines, for a strategy of each family at each level. Method:
 * the same crowds, with holds that really expire.
 */
import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Ground, prepareGround } from '../../harness/ground/ground.ts'
import { resourcesOf } from '../../harness/service/venue.ts'
import { enginesOfLevel, openStores, type ShopLevel } from '../../shop/stores/levels.ts'
import { registry, type StrategyEntry } from '../../strategies/registry.ts'
import { FULL, isFull } from '../size.ts'
import { withEngines } from '../with-engines.ts'
import { CROWD_HOLD_MS, CROWD_VENUE, Crowd, type CrowdWorld, crowdEvents } from './crowd.ts'

const SHOPS: readonly (readonly [strategy: string, level: ShopLevel])[] = [
  ['postgres-conditional-update', 1],
  ['postgres-select-for-update', 2],
  ['redis-setnx-fenced', 2],
  ['redis-lua', 3],
  ['tigerbeetle-pending-transfer-batched', 3],
]
const { engines, lacks, cannotTest } = await withEngines(isFull ? ['postgres', 'redis', 'tigerbeetle'] : [])

/** Later than the engine's clock and its own sweep. */
const MARGIN_MS = 300
const RUNS = 3

interface OpenWorld extends CrowdWorld, AsyncDisposable {}

async function worldOn(entry: StrategyEntry, level: ShopLevel): Promise<OpenWorld> {
  await using undo = new AsyncDisposableStack()
  const ground: Ground = undo.adopt(await prepareGround(entry, engines, 4), (each) => each.dispose())
  const strategy = undo.adopt(
    await entry.open(ground.connections, { criticalSection: async () => undefined, random: Math.random }),
    (each) => each.close(),
  )
  for (const event of CROWD_VENUE.events) await strategy.createResources(resourcesOf(event))
  const own: Record<string, unknown> = {}
  for (const name of enginesOfLevel(level)) {
    const engine = engines[name as keyof typeof engines] ?? expect.fail(`no ${name}`)
    own[name] = undo.use(await engine.openNamespace({ label: 'shop', poolSize: 4 })).connections
  }
  const stores = await openStores(level, own)
  const owned = undo.move()
  return {
    strategy,
    stores,
    passTime: () => delay(CROWD_HOLD_MS + entry.promises.freesLateMs + MARGIN_MS),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

describe('a crowd on real engines', FULL, () => {
  for (const [name, level] of SHOPS) {
    const entry = registry.find((each) => each.name === name)
    if (entry === undefined) throw new Error(`the registry has no ${name}`)
    const isMissing = !isFull || cannotTest(entry) || lacks(enginesOfLevel(level))
    test.skipIf(isMissing)(
      `${name} at level ${level} gives what was paid for, or the money`,
      FULL,
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
  }
})

/** What every run must have seen. */
const CERTAIN: Parameters<Crowd['happen']>[0][] = [
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
