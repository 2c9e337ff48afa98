/**
 * Goal: a TigerBeetle cluster of three that loses any one replica goes on selling, and one that loses two says nothing rather
 * than something untrue. No sale that was acknowledged is lost, and nothing is sold twice.
 * Method: three replicas of the test's own, ended by SIGKILL while a hold is on its way, and whole trials. Each is killed
 * in turn, so that the primary is among them, wherever it is; then two together.
 */
import { afterAll, describe, expect, test } from 'vitest'
import {
  EngineError,
  openTigerbeetle,
  type TigerbeetleEngine,
} from '../../harness/engines/tigerbeetle/open.ts'
import { runTrial, type TrialResult, type TrialSettings } from '../../harness/trial/trial.ts'
import { sellOut } from '../../harness/workloads/sell-out.ts'
import { registry, type StrategyEntry } from '../../strategies/registry.ts'
import type { HoldOutcome } from '../../strategies/strategy.ts'
import { FULL, isFull } from '../size.ts'

const seed = Number(process.env.HOLDFAST_SEED ?? Date.now() % 1_000_000)
const REPLICAS = 3

/** These tests end servers: never one that somebody else has named. */
const { TIGERBEETLE_ADDRESSES: _addresses, TIGERBEETLE_CLUSTER: _cluster, ...env } = process.env
const required = (process.env.REQUIRE_ENGINES ?? '').split(',').includes('tigerbeetle')

/** Not started for a slice that has none of these tests. */
const engine = isFull ? await opened() : undefined
afterAll(() => engine?.[Symbol.asyncDispose]())

async function opened(): Promise<TigerbeetleEngine | undefined> {
  try {
    return await openTigerbeetle({ replicas: REPLICAS, durability: 'durable', env })
  } catch (error) {
    if (required || !(error instanceof EngineError)) throw error
    console.warn(`tigerbeetle: NOT PROVEN with a replica down: ${error.message} To fix it: ${error.remedy}`)
    return undefined
  }
}

type Replica = TigerbeetleEngine['replicas'][number]

const NAME = 'tigerbeetle-pending-transfer-batched'
const entry = registry.find(({ name }) => name === NAME) ?? expect.fail(`there is no ${NAME}`)

/** Late enough that holds were acknowledged before, early enough that many are wanted afterwards. */
const STRUCK_HOLD = 60

const settings: TrialSettings = {
  workload: sellOut,
  concurrency: 16,
  // Demand ends it; this is for the replicas to agree on a new primary in.
  durationMs: 20_000,
  warmupMs: 0,
  repeat: 1,
  seed,
  poolSize: 1,
  criticalSectionMs: 0,
}

interface Strike {
  /** Done while the hold of this number, counted from 1, is on its way. Holds that are wanted meanwhile wait until it is over. */
  readonly at: (holdNumber: number) => Promise<void> | undefined
  /** Told what a hold answered that was asked for after `at` had done something. */
  readonly answered: (outcome: HoldOutcome) => void
}

function struckBy({ at, answered }: Strike): StrategyEntry {
  return {
    ...entry,
    async open(connections, own) {
      const strategy = await entry.open(connections, own)
      let holds = 0
      let over: Promise<void> | undefined
      return {
        ...strategy,
        async hold(request) {
          const strike = at(++holds)
          if (strike !== undefined) {
            over = strike
            return strategy.hold(request)
          }
          if (over === undefined) return strategy.hold(request)
          await over
          const outcome = await strategy.hold(request)
          answered(outcome)
          return outcome
        },
      }
    },
  }
}

/** Nothing was sold twice, and what was acknowledged as sold is sold in the store. */
function keptItsWord({ trial, history }: TrialResult): void {
  expect(trial.conviction).toBeUndefined()
  expect(trial.verdictReasons).toEqual([])
  expect(trial).toMatchObject({ verdict: 'valid', oversoldUnits: 0, overReservedUnits: 0 })
  const stored =
    [...history].find((record) => record.type === 'audit') ?? expect.fail('the store was not read')
  const sold = new Set(stored.holds.flatMap(({ id, status }) => (status === 'confirmed' ? [id] : [])))
  const acknowledged = [...history].flatMap((record) =>
    record.type === 'operation' && record.op === 'confirm' && record.result === 'ok' ? [record.holdId] : [],
  )
  expect(acknowledged.length).toBeGreaterThan(0)
  expect(acknowledged.filter((id) => !sold.has(id))).toEqual([])
}

describe.skipIf(engine === undefined)(`seed ${seed}: three TigerBeetle replicas`, () => {
  const replicas = engine?.replicas ?? []

  /** Whatever a test has ended is there for the next one. */
  async function backAgain(ended: readonly Replica[]): Promise<void> {
    await Promise.all(ended.map((replica) => replica.start()))
  }

  test.for([0, 1, 2])('sell on when replica %i is killed, and lose no sale', FULL, async (number) => {
    const replica = replicas[number] ?? expect.fail(`there is no replica ${number}`)
    let heldAfterwards = 0
    const struck = struckBy({
      at: (holdNumber) => (holdNumber === STRUCK_HOLD ? replica.stop('SIGKILL') : undefined),
      answered: ({ kind }) => {
        if (kind === 'held') heldAfterwards++
      },
    })
    try {
      keptItsWord(await runTrial(struck, { tigerbeetle: engine ?? expect.fail() }, settings))
      expect(heldAfterwards).toBeGreaterThan(0)
    } finally {
      await backAgain([replica])
    }
  })

  test('claim nothing while two are dead, and have lost nothing when they are back', FULL, async () => {
    const concurrency = 8
    const dead = replicas.slice(1)
    let isMajorityDead = false
    let backHold = Number.POSITIVE_INFINITY
    let back: Promise<void> | undefined
    const claimedMeanwhile: HoldOutcome[] = []
    const struck = struckBy({
      at: (holdNumber) => {
        if (holdNumber === STRUCK_HOLD) {
          return Promise.all(dead.map((replica) => replica.stop('SIGKILL'))).then(() => {
            isMajorityDead = true
          })
        }
        // Each caller has one call on its way: by now every one of them has given up at least once since.
        if (isMajorityDead && backHold === Number.POSITIVE_INFINITY) backHold = holdNumber + concurrency
        if (holdNumber === backHold) {
          isMajorityDead = false
          back = backAgain(dead)
        }
        return undefined
      },
      answered: (outcome) => {
        if (isMajorityDead) claimedMeanwhile.push(outcome)
      },
    })
    try {
      const result = await runTrial(
        struck,
        { tigerbeetle: engine ?? expect.fail() },
        { ...settings, concurrency, callTimeoutMs: 300 },
      )
      expect(claimedMeanwhile).toEqual([])
      expect(result.trial.counts.unknown).toBeGreaterThanOrEqual(concurrency)
      keptItsWord(result)
    } finally {
      await (back ?? backAgain(dead))
    }
  })
})
