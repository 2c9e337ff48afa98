/** Results as a run would leave them, made from a few plausible figures. */
import type { Results } from '../../harness/results/results.ts'
import type { Trial } from '../../harness/results/trial.ts'
import { PROMISES_DEFAULT } from '../../strategies/registry.ts'

export interface TrialShape {
  /** Callers per batch, for a strategy that batches. */
  readonly batchMean?: number
  readonly strategy: string
  readonly workload: string
  readonly concurrency: number
  readonly repeat: number
  readonly goodputPerSecond: number
  readonly verdict?: Trial['verdict']
  readonly unsafe?: boolean
}

export function trialOf(shape: TrialShape): Trial {
  const { goodputPerSecond, concurrency, verdict = 'valid', unsafe = false } = shape
  const latency = (1000 * concurrency) / goodputPerSecond
  const hold = { count: 500, p50: latency, p95: latency * 1.9, p99: latency * 2.8, max: latency * 4 }
  const oversold = verdict === 'invalid' ? 3 : 0
  return {
    strategy: shape.strategy,
    promises: { ...PROMISES_DEFAULT, safe: unsafe ? 'never' : 'always' },
    workload: shape.workload,
    concurrency,
    repeat: shape.repeat,
    seed: 7 + shape.repeat,
    criticalSectionMs: 0,
    elapsedMs: 1_000,
    counts: {
      held: Math.round(goodputPerSecond),
      replayed: 0,
      soldOut: 12_345,
      contended: 67,
      idReused: 0,
      unknown: 0,
      confirmed: 0,
      confirmGone: 0,
      released: Math.round(goodputPerSecond),
      reads: 21,
    },
    goodputPerSecond,
    latencyMs: {
      hold,
      ...(shape.workload === 'hot-seat' ? { bystanderHold: { ...hold, p95: latency * 0.7 } } : {}),
    },
    attemptsPerSuccess: 1 + concurrency / 50,
    connectionSecondsPerSuccess: latency / 4000,
    poolWaitMs: { count: 500, p50: 0.1, p95: latency / 2, p99: latency, max: latency },
    ...(shape.batchMean === undefined
      ? {}
      : { batches: { count: 100, mean: shape.batchMean, p95: concurrency, max: concurrency } }),
    verdict,
    asPromised: verdict === 'valid' || (verdict === 'invalid' && unsafe),
    verdictReasons: verdict === 'unknown' ? ['more than half of the operations had an unknown outcome.'] : [],
    violations:
      verdict === 'invalid'
        ? [{ rule: 'O1', kind: 'oversell', message: 'lot-3 has 1 unit, and 2 were sold at one moment.' }]
        : [],
    violationsTotal: oversold,
    oversoldUnits: oversold,
    overReservedUnits: oversold === 0 ? 0 : oversold + 2,
    spuriousRefusals: 0,
    ...(verdict === 'invalid' ? { conviction: 'lot-3  |--hold a--|\n         |--hold b--|' } : {}),
  }
}

/** Holds per second of the strategies that are safe, on one hot seat, by number of callers. */
const HOT_SEAT: Readonly<Record<string, readonly number[]>> = {
  'postgres-advisory-lock': [410, 980, 870, 730],
  'postgres-conditional-update': [640, 1480, 1390, 1210],
  'postgres-nowait': [520, 760, 640, 590],
  'postgres-optimistic-version': [560, 820, 410, 160],
  'postgres-select-for-update': [430, 1010, 930, 860],
  'postgres-serializable': [400, 520, 240, 95],
  'postgres-skip-locked': [500, 1120, 1240, 1190],
}
export const CONCURRENCY = [1, 8, 32, 128]
export const SAFE = Object.keys(HOT_SEAT)
export const UNSAFE = 'postgres-naive'

export function trials(): readonly Trial[] {
  const all: Trial[] = []
  for (const repeat of [1, 2, 3]) {
    for (const [strategy, figures] of Object.entries(HOT_SEAT)) {
      figures.forEach((figure, index) => {
        const concurrency = CONCURRENCY[index] ?? 1
        all.push(
          trialOf({
            strategy,
            workload: 'hot-seat',
            concurrency,
            repeat,
            goodputPerSecond: figure * (1 + (repeat - 2) * 0.07),
          }),
        )
      })
    }
    for (const concurrency of CONCURRENCY) {
      const verdict = concurrency === 1 ? 'valid' : 'invalid'
      all.push(
        trialOf({
          strategy: UNSAFE,
          workload: 'hot-seat',
          concurrency,
          repeat,
          goodputPerSecond: 2100,
          verdict,
          unsafe: true,
        }),
      )
    }
  }
  for (const workload of ['sell-out', 'seat-map', 'multi-seat', 'churn', 'retry', 'drain']) {
    SAFE.forEach((strategy, index) => {
      all.push(
        trialOf({ strategy, workload, concurrency: 32, repeat: 1, goodputPerSecond: 500 + 170 * index }),
      )
    })
    const verdict = workload === 'drain' ? 'invalid' : 'valid'
    all.push(
      trialOf({
        strategy: UNSAFE,
        workload,
        concurrency: 32,
        repeat: 1,
        goodputPerSecond: 2100,
        verdict,
        unsafe: true,
      }),
    )
  }
  return all
}

/** Four families, the names as long as they come: 17 strategies, of which two batch. */
const MANY: Readonly<Record<string, number>> = {
  'own-strategy': 700,
  'postgres-advisory-lock': 400,
  'postgres-conditional-update': 640,
  'postgres-conditional-update-batched': 3_100,
  'postgres-nowait': 520,
  'postgres-optimistic-version': 560,
  'postgres-select-for-update': 430,
  'postgres-serializable': 300,
  'postgres-skip-locked': 500,
  'redis-lua': 5_200,
  'redis-seat-key': 4_300,
  'redis-setnx': 230,
  'redis-setnx-fenced': 210,
  redlock: 120,
  'redlock-guarded': 110,
  'tigerbeetle-pending-transfer': 900,
  'tigerbeetle-pending-transfer-batched': 7_400,
}

export function manyTrials(): readonly Trial[] {
  return Object.entries(MANY).flatMap(([strategy, figure], order) => [
    ...CONCURRENCY.map((concurrency) =>
      trialOf({
        strategy,
        workload: 'hot-seat',
        concurrency,
        repeat: 1,
        goodputPerSecond: figure * (1 + Math.log2(concurrency) / (3 + (order % 5))),
        ...(strategy.endsWith('batched') ? { batchMean: concurrency ** 0.8 } : {}),
      }),
    ),
    trialOf({ strategy, workload: 'drain', concurrency: 32, repeat: 1, goodputPerSecond: figure }),
  ])
}

export function resultsOf(changes: Partial<Results> = {}): Results {
  return {
    format: 'holdfast-results',
    version: 2,
    startedAt: '2026-11-22T13:00:00.000Z',
    finishedAt: '2026-11-22T13:02:01.000Z',
    command: 'holdfast compare --seed 42',
    seed: 42,
    machine: {
      os: 'Linux 6.1 x64',
      cpu: 'A Processor & Co. <3 GHz>',
      cores: 2,
      memoryGib: 7.8,
      node: 'v24.20.0',
    },
    commit: '0123456789ab-dirty',
    engines: [
      {
        name: 'postgres',
        version: 'PostgreSQL 18.4',
        source: 'npm',
        durability: 'durable',
        settings: { synchronous_commit: 'on' },
      },
    ],
    settings: {
      durationMs: 1_000,
      warmupMs: 150,
      repeats: 3,
      concurrency: CONCURRENCY,
      workloads: ['hot-seat', 'sell-out', 'seat-map', 'multi-seat', 'churn', 'retry', 'drain'],
      poolSize: 16,
      criticalSectionMs: 0,
    },
    control: {
      caught: true,
      strategy: UNSAFE,
      workload: 'drain',
      rounds: 1,
      oversoldUnits: 14,
      overReservedUnits: 14,
      conviction: 'lot-3 has 1 unit, and 2 were sold at one moment.',
      historyFile: '2026-11-22T13-00-00Z-histories/control.jsonl',
    },
    trials: trials(),
    notProven: [],
    interrupted: false,
    ...changes,
  }
}

/** As if a tour had measured something: twice, for long enough, with more callers, and with work under the lock. */
export function asIfMeasured(results: Results): Results {
  const trials = results.trials.flatMap((trial) =>
    [1, 2].flatMap((repeat) => {
      const long = { ...trial, repeat, elapsedMs: Math.max(1_000, trial.elapsedMs) }
      const slow = { ...long, criticalSectionMs: 50 }
      return [
        long,
        { ...long, concurrency: 4 * trial.concurrency },
        ...(trial.workload === 'hot-seat' ? [slow, { ...slow, concurrency: 200 }] : []),
      ]
    }),
  )
  return { ...results, trials }
}
