/**
 * Goal: a trial proves what it says. What is right passes, what is wrong is convicted, what was not seen is unknown, and
 * nothing is left behind.
 * Method: strategies that live in this process go through the whole of it, without an engine; then a few through
 * PostgreSQL.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openPostgres, type PostgresEngine } from '../../harness/engines/postgres/open.ts'
import { entryFor } from '../../harness/entries/entry.ts'
import type { Operation } from '../../harness/history/record.ts'
import {
  batchesOf,
  callsSeconds,
  figures,
  percentiles,
  timelineOf,
} from '../../harness/performance/figures.ts'
import type { Sample } from '../../harness/performance/sampler.ts'
import { TIMELINE_BUCKETS_MAX } from '../../harness/results/constants.ts'
import { runTrial, type TrialSettings } from '../../harness/trial/trial.ts'
import { drain } from '../../harness/workloads/drain.ts'
import { hotSeat } from '../../harness/workloads/hot-seat.ts'
import { workloads } from '../../harness/workloads/registry.ts'
import { sellOut } from '../../harness/workloads/sell-out.ts'
import { registry } from '../../strategies/registry.ts'
import type { ReservationStrategy } from '../../strategies/strategy.ts'
import { inTwoSizes } from '../size.ts'
import { inMemory } from '../workloads/in-memory.ts'

const seed = 20_240_607

function settings(more: Partial<TrialSettings> = {}): TrialSettings {
  return {
    workload: drain,
    concurrency: 8,
    durationMs: 300,
    warmupMs: 0,
    repeat: 1,
    seed,
    poolSize: 8,
    criticalSectionMs: 0,
    ...more,
  }
}

function own(strategy: Partial<ReservationStrategy>) {
  return entryFor({ name: 'own', create: () => ({ ...inMemory(), ...strategy }) })
}

describe('a strategy that lives in this process', () => {
  for (const [size, some] of inTwoSizes(workloads, 9))
    it.for(some)('is valid when right: $name', size, async (workload) => {
      const { trial, history } = await runTrial(own({}), {}, settings({ workload, warmupMs: 20 }))
      expect(trial).toMatchObject({ verdict: 'valid', asPromised: true, violations: [], oversoldUnits: 0 })
      expect(trial.counts.held).toBeGreaterThan(0)
      expect([...history][0]).toMatchObject({ type: 'history', workload: workload.name, seed })
    })

  it('is convicted of overselling when it lets others in between check and act', async () => {
    const racy = entryFor({ name: 'racy', create: () => inMemory({ racy: true }) })
    const { trial } = await runTrial(racy, {}, settings())
    expect(trial.verdict).toBe('invalid')
    expect(trial.asPromised).toBe(false)
    expect(trial.oversoldUnits).toBeGreaterThan(0)
    expect(trial.conviction).toMatch(/lot-/)
  })

  it('is as promised when it is convicted and had promised nothing else', async () => {
    const racy = entryFor({
      name: 'racy',
      promises: { safe: 'never' },
      create: () => inMemory({ racy: true }),
    })
    const { trial } = await runTrial(racy, {}, settings())
    expect(trial).toMatchObject({ verdict: 'invalid', asPromised: true })
  })

  it('is unknown, and never as promised, when it never answers', async () => {
    const hold = () => new Promise<never>(() => {})
    const run = runTrial(own({ hold }), {}, settings({ callTimeoutMs: 5, durationMs: 10, settleMsMax: 5 }))
    const { trial } = await run
    expect(trial).toMatchObject({ verdict: 'unknown', asPromised: false })
    expect(trial.counts.unknown).toBeGreaterThan(0)
  })

  it('keeps a warm-up out of the history', async () => {
    const { history, trial } = await runTrial(own({}), {}, settings({ workload: sellOut, warmupMs: 30 }))
    expect(JSON.stringify([...history])).not.toContain('warmup-')
    expect(trial.counts.held).toBeGreaterThan(0)
  })

  it('tells the size of its batches, without those of the warm-up and of the audit', async () => {
    const batching = entryFor({
      name: 'batching',
      create: (_connections, { onBatch }) => {
        const strategy = inMemory()
        return {
          ...strategy,
          hold(request) {
            const isPlayed = !/^(?:warmup|probe)-/.test(request.holdId)
            onBatch?.(isPlayed ? 3 : 99)
            return strategy.hold(request)
          },
        }
      },
    })
    const { trial } = await runTrial(batching, {}, settings({ workload: sellOut, warmupMs: 30 }))
    expect(trial.batches).toMatchObject({ mean: 3, p95: 3, max: 3 })
    expect(trial.batches?.count).toBeGreaterThan(0)
    expect((await runTrial(own({}), {}, settings())).trial).not.toHaveProperty('batches')
  })

  it('is closed, whatever happens', async () => {
    let closed = 0
    const close = async () => {
      closed++
    }
    await runTrial(own({ close }), {}, settings())
    const createResources = () => Promise.reject(new Error('no room'))
    await expect(runTrial(own({ close, createResources }), {}, settings())).rejects.toThrow('no room')
    expect(closed).toBe(2)
  })

  it('rejects with the reason when it is ended by a signal', async () => {
    const abort = new AbortController()
    const hold: ReservationStrategy['hold'] = () => {
      abort.abort(new Error('enough'))
      return new Promise<never>(() => {})
    }
    const run = runTrial(own({ hold }), {}, settings({ signal: abort.signal, durationMs: 60_000 }))
    await expect(run).rejects.toThrow('enough')
  })

  it('refuses to run without the engine that it needs', async () => {
    const entry = entryFor({ name: 'needy', engines: ['postgres'], create: () => inMemory() })
    await expect(runTrial(entry, {}, settings())).rejects.toThrow('needy needs postgres, which is missing')
  })
})

describe('on PostgreSQL', () => {
  let engine: PostgresEngine
  beforeAll(async () => {
    engine = await openPostgres({ durability: 'relaxed' })
  })
  afterAll(async () => {
    await engine[Symbol.asyncDispose]()
  })
  const named = (name: string) => {
    const entry = registry.find((each) => each.name === name)
    if (entry === undefined) throw new Error(`no strategy is called ${name}`)
    return entry
  }

  it('convicts the control by draining', async () => {
    const { trial, history } = await runTrial(named('postgres-naive'), { postgres: engine }, settings())
    expect(trial).toMatchObject({ verdict: 'invalid', asPromised: true })
    expect(trial.oversoldUnits).toBeGreaterThan(0)
    expect([...history].at(-1)).toMatchObject({ type: 'audit' })
  })

  it('finds nothing against a row lock, audits it, and tells bystanders from buyers', async () => {
    const entry = named('postgres-select-for-update')
    const { trial, history } = await runTrial(entry, { postgres: engine }, settings({ workload: hotSeat }))
    expect(trial).toMatchObject({ verdict: 'valid', asPromised: true, violations: [] })
    expect(trial.latencyMs.bystanderHold?.count).toBeGreaterThan(0)
    expect(trial.latencyMs.hold.count).toBeGreaterThan(0)
    expect(trial.connectionSecondsPerSuccess).toBeGreaterThan(0)
    const last = [...history].at(-1)
    expect(last?.type === 'audit' && last.probes.length).toBeGreaterThan(0)
  })

  it('leaves no schema behind', async () => {
    await using namespace = await engine.openNamespace({ poolSize: 1, label: 'look' })
    const { rows } = await namespace.observer.query(
      `select nspname from pg_namespace where nspname like 'holdfast%' and nspname <> $1`,
      [namespace.schema],
    )
    expect(rows).toEqual([])
  })
})

describe('while it is played', () => {
  it('tells every answer of a buyer in some sample, and none after its end', async () => {
    const samples: Sample[] = []
    const { trial } = await runTrial(own({}), {}, settings({ onSample: (sample) => samples.push(sample) }))
    const told = (of: (sample: Sample) => number): number => samples.reduce((sum, each) => sum + of(each), 0)
    expect(told(({ held }) => held)).toBe(trial.counts.held)
    expect(told(({ soldOut }) => soldOut)).toBe(trial.counts.soldOut)
    expect(samples.length).toBeGreaterThan(0)
  })

  it('costs no less time in calls than waiting for the pool and being on a connection took', async () => {
    const { trial } = await runTrial(own({}), {}, settings())
    expect(trial.timeSpent?.callsSeconds).toBeGreaterThan(0)
    expect(trial.timeSpent).toMatchObject({ poolWaitSeconds: 0, connectionSeconds: 0 })
  })
})

describe('figures', () => {
  const hold = (holdId: string, more: object): Operation =>
    ({
      type: 'operation',
      op: 'hold',
      process: 1,
      invokedUs: 0,
      returnedUs: 1_000,
      holdId,
      lines: [['seat', 1]],
      ttlMs: 1_000,
      ...more,
    }) as unknown as Operation

  it('counts a hold once however often it is answered, and bystanders in no rate', () => {
    const ok = { result: 'ok', deadlineMs: 1, attempts: 2 }
    const contended = { result: 'fail', why: 'contended', reason: 'deadlock', attempts: 3 }
    const { counts, goodputPerSecond, attemptsPerSuccess, latencyMs } = figures(
      [
        { operation: hold('a', ok), role: 'buyer' },
        { operation: hold('a', ok), role: 'buyer' },
        { operation: hold('b', contended), role: 'buyer' },
        { operation: hold('c', { result: 'info', error: '' }), role: 'buyer' },
        { operation: hold('d', { result: 'fail', why: 'id-reused' }), role: 'buyer' },
        { operation: hold('e', ok), role: 'bystander' },
      ],
      500,
    )
    expect(counts).toMatchObject({ held: 2, replayed: 1, contended: 1, unknown: 1, idReused: 1 })
    expect(goodputPerSecond).toBe(2)
    expect(attemptsPerSuccess).toBe(2)
    expect(latencyMs).toMatchObject({ hold: { count: 5, p50: 1 }, bystanderHold: { count: 1 } })
  })

  it('tells percentiles by nearest rank, in milliseconds, and zeros of nothing', () => {
    const waitsUs = Array.from({ length: 100 }, (_, index) => (100 - index) * 1_000)
    expect(percentiles(waitsUs)).toMatchObject({
      count: 100,
      p50: 50,
      p75: 75,
      p95: 95,
      p99: 99,
      p999: 100,
      max: 100,
    })
    expect(percentiles([7_000])).toMatchObject({ count: 1, p50: 7, p90: 7, p99: 7, max: 7 })
    expect(percentiles([])).toMatchObject({ count: 0, p50: 0, p95: 0, p99: 0, max: 0 })
  })

  it('spreads all answers of buyers over few buckets, each in its own time, and counts none twice', () => {
    const results = fc.constantFrom(
      { result: 'ok', deadlineMs: 1, attempts: 1 },
      { result: 'fail', why: 'sold-out', resourceId: 'seat', attempts: 1 },
      { result: 'fail', why: 'contended', reason: 'deadlock', attempts: 1 },
      { result: 'info', error: '' },
    )
    const call = fc.record({
      more: results,
      invokedUs: fc.nat(20_000_000),
      tookUs: fc.nat(5_000_000),
      role: fc.constantFrom('buyer' as const, 'bystander' as const),
    })
    fc.assert(
      fc.property(fc.array(call, { maxLength: 200 }), (calls) => {
        const played = calls.map(({ more, invokedUs, tookUs, role }, index) => ({
          operation: hold(`id-${index}`, { ...more, invokedUs, returnedUs: invokedUs + tookUs }),
          role,
        }))
        const timeline = timelineOf([
          ...played,
          ...played.filter(({ operation }) => operation.result === 'ok'),
        ])
        const buyers = played.filter(({ role }) => role === 'buyer')
        if (buyers.length === 0) {
          expect(timeline).toBeUndefined()
          return
        }
        const { bucketMs = 0, held = [], soldOut = [], contended = [], unknown = [] } = timeline ?? {}
        expect(held.length).toBeLessThanOrEqual(TIMELINE_BUCKETS_MAX)
        for (const other of [soldOut, contended, unknown]) expect(other).toHaveLength(held.length)
        const counted = [held, soldOut, contended, unknown].flat().reduce((sum, count) => sum + count, 0)
        expect(counted).toBe(buyers.length)
        const spanUs =
          Math.max(...buyers.map(({ operation }) => operation.returnedUs)) -
          Math.min(...buyers.map(({ operation }) => operation.invokedUs))
        expect(held.length * bucketMs * 1_000).toBeGreaterThan(spanUs)
        expect((held.length - 1) * bucketMs * 1_000).toBeLessThanOrEqual(spanUs)
      }),
    )
  })

  it('adds up the time of all calls', () => {
    const operation = hold('a', { result: 'info', error: '' })
    expect(
      callsSeconds([
        { operation, role: 'buyer' },
        { operation, role: 'bystander' },
      ]),
    ).toBe(0.002)
  })

  it('tells the size of batches, and nothing where there were none', () => {
    const callers = Array.from({ length: 100 }, (_, index) => 100 - index)
    expect(batchesOf(callers)).toEqual({ count: 100, mean: 50.5, p95: 95, max: 100 })
    expect(batchesOf([])).toBeUndefined()
  })
})
