/**
 * Goal: what was reported of other people's programs is convicted here, and the same strategy repaired is not, in the very
 * same play. Method: plays of two or three buyers, step by step, on the real engines; docs/track-record.md lists the reports.
 * @module-tag full
 */
import { describe, expect, test } from 'vitest'
import { gate, SHORT_TTL_MS, until } from '../../harness/conformance/subject.ts'
import type { Ledger } from '../../strategies/ledgers/ledger.ts'
import { counterRows, luaRecord, transfers } from '../../strategies/ledgers/registry.ts'
import { type KnownEngine, on, type StrategyEntry, type StrategyModule } from '../../strategies/registry.ts'
import type { Promises } from '../../strategies/strategy.ts'
import { pausingRedis } from '../faults/pauses.ts'
import { type Buyer, ScriptedTrial } from '../faults/scripted-trial.ts'
import { isFull } from '../size.ts'
import { withEngines } from '../with-engines.ts'
import { batched, countedFromTheFirstTry, lateMajority, refreshed } from './strategies.ts'

/** A replica is started for the full size alone. */
const opened = await withEngines(['postgres', 'redis', ...(isFull ? (['tigerbeetle'] as const) : [])])

function entryOf<Engine extends KnownEngine>(
  engines: readonly Engine[],
  ledger: Ledger,
  module: StrategyModule<Engine>,
  promises: Partial<Promises>,
): StrategyEntry {
  return on(engines, ledger, 'reported-elsewhere', 'a defect of others', async () => module, promises)
}

type Judged = Awaited<ReturnType<ScriptedTrial['judge']>>

async function played(
  entry: StrategyEntry,
  play: (trial: ScriptedTrial) => Promise<readonly [Buyer, Awaited<ReturnType<Buyer['hold']>>][]>,
): Promise<Judged> {
  let verdict: Judged | undefined
  await ScriptedTrial.run(entry, opened.engines, 1, async (trial) => {
    for (const [buyer, got] of await play(trial)) if (got.kind === 'held') await buyer.confirm(got.id)
    verdict = await trial.judge()
  })
  return verdict ?? expect.fail('nothing was played')
}

function redisOf({ ground }: ScriptedTrial, at: number) {
  return ground.connections.redis?.[at] ?? expect.fail('there is no such Redis')
}

/** Both ends of a finding: convicted as reported, valid when repaired. */
const BOTH = [
  { words: 'as reported, is convicted', isRepaired: false },
  { words: 'repaired, is valid', isRepaired: true },
]

describe.skipIf(isFull && opened.lacks(['tigerbeetle']))(
  'a batcher that tells the refused they were granted',
  () => {
    const promises = {
      contention: 'never',
      expiry: 'engine',
      clock: 'tigerbeetle',
      freesLateMs: 1_000,
      refusedIds: 'final',
    } as const

    test.for(BOTH)('$words', async ({ isRepaired }) => {
      const entry = entryOf(['tigerbeetle'], transfers, batched(isRepaired), promises)
      const { verdict, overReservedUnits, text } = await played(entry, async (trial) => {
        const buyers = [await trial.buyer(), await trial.buyer(), await trial.buyer()]
        // In one turn, so that they share a request.
        const got = await Promise.all(buyers.map((buyer) => buyer.hold()))
        return buyers.map((buyer, at) => [buyer, got[at] ?? expect.fail('no answer')])
      })
      expect({ verdict, isOver: overReservedUnits > 0 }, text).toEqual(
        isRepaired ? { verdict: 'valid', isOver: false } : { verdict: 'invalid', isOver: true },
      )
    })
  },
)

describe.skipIf(opened.lacks(['redis']))('a lock on a majority that took longer than it lasts', () => {
  test.for(BOTH)('$words', async ({ isRepaired }) => {
    const entry = entryOf(['postgres', 'redis'], counterRows, lateMajority(isRepaired), {
      contention: 'gives-up',
    })
    const { verdict, oversoldUnits, text } = await played(entry, async (trial) => {
      const late = pausingRedis(redisOf(trial, 1), /^set /)
      const { arrivals, pass, open } = gate()
      const alice = await trial.buyer({
        connections: { redis: [redisOf(trial, 0), late.redis, redisOf(trial, 2)] },
        criticalSection: () => (arrivals() === 0 ? pass() : Promise.resolve()),
      })
      const bob = await trial.buyer()
      let isAnswered = false
      const hers = alice.hold().finally(() => {
        isAnswered = true
      })
      await until('Alice to stand before the second server', () => late.isReached())
      // Her lock on the first one expires; then she goes on, and gets the second.
      await until(
        'her lock on the first to expire',
        async () => (await redisOf(trial, 0).exists(`lock:${trial.resource.id}`)) === 0,
      )
      late.end()
      await until('Alice to have read, or an answer', () => arrivals() > 0 || isAnswered)
      const his = await bob.hold()
      open()
      return [
        [alice, await hers],
        [bob, his],
      ]
    })
    expect({ verdict, oversoldUnits }, text).toEqual(
      isRepaired ? { verdict: 'valid', oversoldUnits: 0 } : { verdict: 'invalid', oversoldUnits: 1 },
    )
  })
})

describe.skipIf(opened.lacks(['redis']))('a lock that has already expired when it is had', () => {
  test.for(BOTH)('$words', async ({ isRepaired }) => {
    const entry = entryOf(['redis'], luaRecord, countedFromTheFirstTry(isRepaired), {
      contention: 'never',
      clock: 'redis',
    })
    const { verdict, violations, text } = await played(entry, async (trial) => {
      const alice = await trial.buyer()
      const bob = await trial.buyer()
      // Alice does not pay; Bob waits for the seat until her hold has expired.
      await alice.hold({ ttlMs: SHORT_TTL_MS })
      return [[bob, await bob.hold({ ttlMs: SHORT_TTL_MS })]]
    })
    expect(verdict, text).toBe(isRepaired ? 'valid' : 'invalid')
    if (!isRepaired) expect(violations.map(({ message }) => message).join('\n')).toMatch(/deadline/)
  })
})

describe.skipIf(opened.lacks(['redis']))('a lock that is silently taken again after it was lost', () => {
  test.for(BOTH)('$words', async ({ isRepaired }) => {
    const entry = entryOf(['postgres', 'redis'], counterRows, refreshed(isRepaired), {
      contention: 'gives-up',
    })
    const { verdict, oversoldUnits, text } = await played(entry, async (trial) => {
      const { arrivals, pass, open } = gate()
      const alice = await trial.buyer({
        criticalSection: () => (arrivals() === 0 ? pass() : Promise.resolve()),
      })
      const bob = await trial.buyer()
      const hers = alice.hold()
      await until('Alice to have read', () => arrivals() > 0)
      await until(
        'her lock to expire',
        async () => (await redisOf(trial, 0).exists(`mutex:${trial.resource.id}`)) === 0,
      )
      // Bob comes and goes: nothing of him is left in Redis.
      const his = await bob.hold()
      open()
      return [
        [alice, await hers],
        [bob, his],
      ]
    })
    expect({ verdict, oversoldUnits }, text).toEqual(
      isRepaired ? { verdict: 'valid', oversoldUnits: 0 } : { verdict: 'invalid', oversoldUnits: 1 },
    )
  })
})
