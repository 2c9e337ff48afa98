/**
 * Goal: nothing that was paid is lost, and nothing is given twice, whatever happens in whatever order. Method: random crowds, as commands on a model, with
 * lost, late, repeated and reordered reports, lost answers, and a process that ends at any step; a strategy and stores in memory.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { resourcesOf } from '../../harness/service/venue.ts'
import { CHANGEABLE, ORDER_STEPS, PAYMENT_OUTCOMES } from '../../shop/orders/states.ts'
import { InTurn } from '../../shop/saga/in-turn.ts'
import { withValidation } from '../../strategies/validation.ts'
import { FULL } from '../size.ts'
import { inMemory } from '../workloads/in-memory.ts'
import { CROWD_HOLD_MS, CROWD_VENUE, Crowd, type CrowdEvent, type CrowdWorld } from './crowd.ts'
import { crowdCommands, crowdModel } from './crowd-commands.ts'
import { memoryStores } from './memory-stores.ts'

async function world(): Promise<CrowdWorld> {
  let nowMs = 1_000_000
  const strategy = withValidation(inMemory({ nowMs: () => nowMs }))
  for (const event of CROWD_VENUE.events) await strategy.createResources(resourcesOf(event))
  const stores = memoryStores(() => nowMs)
  return {
    strategy,
    stores,
    // Longer than a hold that takes the units again.
    passTime: async () => {
      nowMs += CROWD_HOLD_MS + 120_000
    },
    loseSessions: () => stores.loseSessions(),
  }
}

const seen = new Set<string>()

async function crowds(numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(crowdCommands, async (commands) => {
      const crowd = new Crowd(await world())
      await fc.asyncModelRun(() => ({ model: crowdModel(), real: crowd }), commands)
      await crowd.settleAndCheck()
      for (const each of crowd.seen) seen.add(each)
    }),
    { numRuns },
  )
}

describe('a crowd', () => {
  test('gets what it paid for, or its money', async () => {
    await crowds(75)
    // A proof in which the thing to be shown never happened is none.
    for (const each of [
      'crash',
      'failure',
      'checkout sold-out',
      'settled PAID_UNFULFILLED',
      'settled FAILED',
      'canceled by the buyer',
    ]) {
      expect(seen, each).toContain(each)
    }
  })

  test('gets it in many more ways', FULL, async () => {
    await crowds(1_500)
  })
})

const buys = (name: string): CrowdEvent => ({ kind: 'checkout', name, quantity: 1 })
const pays = (at: number): CrowdEvent => ({ kind: 'pay', at, outcome: 'succeeded' })
const reports = (...which: number[]): CrowdEvent => ({ kind: 'report', which })
const later: CrowdEvent = { kind: 'time-passes' }

describe('a payment after the hold has expired', () => {
  test.for<readonly [what: string, events: readonly CrowdEvent[], settled: string]>([
    ['takes the units again', [buys('A'), later, pays(0), reports(0)], 'settled PAID'],
    [
      'takes them once, though the answer was lost',
      [buys('A'), later, pays(0), { kind: 'lost-answer', call: 3 }, reports(0), reports(0)],
      'settled PAID',
    ],
    ['takes them once for two reports at once', [buys('A'), later, pays(0), reports(0, 0)], 'settled PAID'],
    [
      'is refunded if somebody else has them',
      [buys('floor-1-1'), later, buys('floor-1-1'), pays(0), reports(0)],
      'settled PAID_UNFULFILLED',
    ],
    [
      'stays refunded when they are free again',
      [
        ...[buys('floor-1-1'), later, buys('floor-1-1'), pays(0), reports(0)],
        ...[later, { kind: 'sessions-lost' } as const, reports(0)],
      ],
      'settled PAID_UNFULFILLED',
    ],
  ])('%s', async ([, events, settled]) => {
    const crowd = new Crowd(await world())
    for (const event of events) await crowd.happen(event)
    await crowd.settleAndCheck()
    expect([...crowd.seen]).toContain(settled)
  })
})

test('a payment after a failure counts', async () => {
  const crowd = new Crowd(await world())
  const failed: CrowdEvent = { kind: 'pay', at: 0, outcome: 'failed' }
  for (const event of [buys('A'), failed, reports(0), pays(0), reports(1), reports(0)])
    await crowd.happen(event)
  await crowd.settleAndCheck()
  expect([...crowd.seen]).toEqual(
    expect.arrayContaining(['acknowledged FAILED', 'acknowledged PAID', 'settled PAID']),
  )
})

test('work on one order is done in turn, and that on others beside it', async () => {
  const turns = new InTurn()
  const running = new Set<string>()
  const seenTogether = new Set<string>()
  const overlapping: string[] = []
  const work = (key: string) => async () => {
    if (running.has(key)) overlapping.push(key)
    running.add(key)
    await new Promise(setImmediate)
    if (running.size > 1) seenTogether.add(key)
    running.delete(key)
    if (key === 'b') throw new Error('a failure ends a turn, too')
  }
  await Promise.allSettled(['a', 'a', 'b', 'b', 'a'].map((key) => turns.run(key, work(key))))
  expect(overlapping).toEqual([])
  expect(seenTogether.size).toBeGreaterThan(0)
  expect(turns.size).toBe(0)
})

describe('the states of an order', () => {
  test('a payment is never ignored unless its order is settled by a payment', () => {
    for (const [status, steps] of Object.entries(ORDER_STEPS)) {
      expect(steps.succeeded === 'keep', status).toBe(status.startsWith('PAID'))
    }
  })

  test('what a later payment changes is what the store lets change', () => {
    for (const [status, steps] of Object.entries(ORDER_STEPS)) {
      const isOpen = PAYMENT_OUTCOMES.some((outcome) => steps[outcome] !== 'keep')
      expect(isOpen, status).toBe(status === 'none' || (CHANGEABLE as readonly string[]).includes(status))
    }
  })
})
