/**
 * Goal: a strategy whose store nobody can read is judged all the same, and its result says what was not
 * looked at. Method: strategies that live in this process and are wrong only in what is left when everybody
 * has gone home, which no buyer ever sees.
 */
import { expect, test } from 'vitest'
import { audit } from '../../harness/audit/audit.ts'
import { judge } from '../../harness/checker/judge.ts'
import { invokedNowUs, monotonicMs } from '../../harness/clock.ts'
import { entryFor } from '../../harness/entries/entry.ts'
import { explore } from '../../harness/explore/explore.ts'
import { scenarios } from '../../harness/explore/scenario.ts'
import type { HistoryHeader, Operation } from '../../harness/history/record.ts'
import { readerOf } from '../../harness/service/store-reader.ts'
import { runTrial } from '../../harness/trial/trial.ts'
import { drain } from '../../harness/workloads/drain.ts'
import { type Connections, registry } from '../../strategies/registry.ts'
import type { ReservationStrategy, Resource, StrategySettings } from '../../strategies/strategy.ts'
import { holdId, resourceId } from '../../strategies/validation.ts'
import { withEngines } from '../with-engines.ts'
import { inMemory } from '../workloads/in-memory.ts'

const NOT_READ = 'raw store not read: the strategy names no ledger'
const opened = await withEngines(['postgres'])

async function trialOf(create: () => ReservationStrategy) {
  const { trial, history } = await runTrial(
    entryFor({ name: 'own', create }),
    {},
    {
      workload: drain,
      concurrency: 8,
      durationMs: 200,
      warmupMs: 0,
      repeat: 1,
      seed: 11,
      poolSize: 8,
      criticalSectionMs: 0,
    },
  )
  return { ...trial, history: [...history] }
}

const stalls: Resource = { id: resourceId('stalls'), capacity: 5 }

/** Three units of five are sold, then the strategy is audited. */
async function audited(change: (right: ReservationStrategy) => Partial<ReservationStrategy>) {
  const right = inMemory()
  const strategy = { ...right, ...change(right) }
  await strategy.createResources([stalls])
  const lines = [{ resourceId: stalls.id, quantity: 3 }]
  await strategy.hold({ holdId: holdId('sold'), lines, ttlMs: 60_000 })
  await strategy.confirm(holdId('sold'))
  return audit({
    strategy,
    ledger: undefined,
    stores: {},
    leftOpen: async () => [],
    resources: [stalls],
    skip: { prefix: '' },
  })
}

test('what is right is valid, and it is said that its store was not read', async () => {
  const { verdict, storeNotRead, history } = await trialOf(() => inMemory())
  expect({ verdict, storeNotRead }).toEqual({ verdict: 'valid', storeNotRead: NOT_READ })
  expect(history.filter(({ type }) => type === 'audit')).toEqual([])
})

test('the probe finds what is free by holding and releasing, then holds exactly that and one more', async () => {
  const { operations, failures } = await audited(() => ({}))
  expect(failures).toEqual([])
  expect(operations.map((each) => [each.op, each.result, 'lines' in each ? each.lines[0]?.[1] : 0])).toEqual([
    ['hold', 'ok', 1],
    ['release', 'ok', 0],
    ['hold', 'fail', 3],
    ['hold', 'ok', 2],
    ['release', 'ok', 0],
    ['hold', 'ok', 2],
    ['hold', 'fail', 1],
    ['release', 'ok', 0],
  ])
})

test('what could be held and then could not, with nobody else there, is no pass', async () => {
  let holds = 0
  const { failures } = await audited((right) => ({
    async hold(request) {
      // The last time that two are asked for.
      if (request.holdId.startsWith('probe-') && request.lines[0]?.quantity === 2 && ++holds === 2)
        return { kind: 'sold-out', resourceId: stalls.id, attempts: 1 }
      return right.hold(request)
    },
  }))
  expect(failures).toEqual(['2 units of stalls could be held at rest, but a moment later they could not'])
})

test('a strategy is not asked for an availability that no buyer asked for', async () => {
  const { operations, failures } = await audited(() => ({
    availability: async (ids) => ids.map((id) => ({ resourceId: id, available: Number.NaN })),
  }))
  expect(failures).toEqual([])
  expect(operations.filter(({ op }) => op === 'availability')).toEqual([])
})

test('units that are never free again after a release are an undersell, though no buyer ever asked for them', async () => {
  const lines = [[stalls.id, 3]] as const
  // Ten seconds of its minute are over. Both clocks are read at the same moment, which the deadline is judged by.
  const startUs = invokedNowUs() - 10_000_000
  const deadlineMs = Date.now() + 50_000
  const { operations } = await audited((right) => ({
    // It says so, and keeps the units of every caller except the probe.
    release: async (id) => (id.startsWith('probe-') ? right.release(id) : { kind: 'released' }),
  }))
  const call = { type: 'operation', process: 1, holdId: holdId('released') } as const
  const played: readonly Operation[] = [
    {
      ...call,
      op: 'hold',
      invokedUs: startUs,
      returnedUs: startUs + 1,
      lines,
      ttlMs: 60_000,
      result: 'ok',
      deadlineMs,
      attempts: 1,
    },
    { ...call, op: 'release', invokedUs: startUs + 2, returnedUs: startUs + 3, result: 'ok' },
  ]
  const header: HistoryHeader = {
    type: 'history',
    format: 1,
    strategy: 'own',
    workload: 'none',
    seed: 0,
    startedAt: new Date().toISOString(),
    resources: [stalls],
    clock: { offsetMs: Date.now() - monotonicMs(), errorMs: 5 },
    freesLateMs: 0,
    refusals: 'exact',
  }
  const withoutProbe = judge([header, ...played], { requireAudit: false })
  expect(withoutProbe.verdict).toBe('valid')
  const { verdict, violations } = judge([header, ...played, ...operations], { requireAudit: false })
  expect(verdict).toBe('invalid')
  expect(violations.map(({ rule }) => rule).toSorted()).toContain('R1')
})

test('one unit more than there is, had by the probe alone, is an oversell', async () => {
  const { verdict, violations } = await trialOf(() => {
    const right = inMemory()
    let extra = 0
    return {
      ...right,
      async hold(request) {
        const outcome = await right.hold(request)
        if (outcome.kind !== 'sold-out' || !request.holdId.startsWith('probe-')) return outcome
        extra++
        return { kind: 'held', deadlineMs: Date.now() + request.ttlMs, attempts: 1 }
      },
      release: async (id) =>
        extra > 0 && id.startsWith('probe-') ? { kind: 'released' } : right.release(id),
    }
  })
  expect(verdict).toBe('invalid')
  expect(violations.map(({ kind }) => kind)).toContain('oversell')
})

const conditional = (changed: (right: ReservationStrategy, on: Connections) => ReservationStrategy) => ({
  name: 'own',
  engines: ['postgres'],
  async create(on: Connections, settings: StrategySettings) {
    const entry = registry.find(({ name }) => name === 'postgres-conditional-update')
    return changed(await (entry ?? expect.fail('there is no conditional update')).open(on, settings), on)
  },
})
const scenario = (wanted: string) => scenarios.find(({ name }) => name === wanted) ?? expect.fail(wanted)

test('an exploration says so, too, and judges what the probe was answered', async () => {
  const settings = { clients: 2, schedulesMax: 100 }
  const right = entryFor(conditional((strategy) => strategy))
  expect(await explore(right, opened.engines, scenario('hold'), settings)).toMatchObject({
    outcome: 'proved',
    storeNotRead: NOT_READ,
  })
  const generous = entryFor(
    conditional((strategy) => ({
      ...strategy,
      async hold(request) {
        const outcome = await strategy.hold(request)
        if (outcome.kind !== 'sold-out' || !request.holdId.startsWith('probe-')) return outcome
        return { kind: 'held', deadlineMs: Date.now() + request.ttlMs, attempts: 1 }
      },
    })),
  )
  const found = await explore(generous, opened.engines, scenario('hold'), settings)
  expect(found.outcome).toBe('violated')
  expect(found.overselling).toBe(found.violating)
})

test('an exploration lets the deadline pass, although nobody knows where it is kept', async () => {
  const entry = entryFor(conditional((strategy) => strategy))
  const found = await explore(entry, opened.engines, scenario('expiry'), { clients: 2, schedulesMax: 100 })
  expect(found).toMatchObject({ outcome: 'proved', asPromised: true, reasons: [] })
})

test('a service says that it cannot look', async () => {
  const reader = readerOf(entryFor({ name: 'own', create: () => inMemory() }), {})
  expect(await reader.status(holdId('sold'))).toBe('not-readable')
  expect(await reader.sold([stalls.id])).toEqual({
    kind: 'not-read',
    reason: 'the strategy names no ledger',
  })
})
