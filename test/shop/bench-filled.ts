/** A bench that has measured some of its sides: one runs, one waits, one has failed. */
import type { SideMeasured } from '../../shop/bench/side.ts'
import type { BenchSide, BenchState } from '../../shop/bench/state.ts'
import type { ShopPart } from '../../shop/saga/timings.ts'

/** In milliseconds, at level 1. */
const MEANS: readonly (readonly [part: ShopPart, meanMs: number])[] = [
  ['checkout', 21.4],
  ['reserve', 14.2],
  ['session', 3.1],
  ['payment session', 0.4],
  ['webhook', 25.8],
  ['confirm', 9.7],
  ['order', 8.9],
]

function measured(times: number, limit: string): SideMeasured {
  const paid = 4_000 * times
  return {
    ...{ paid, elapsedMs: 8_000, ticketsPerSecond: 500 * times, ticketsPerCpuSecond: 310 * times, limit },
    ...{ failures: times > 1 ? 0 : 3, p50Ms: 40 / times, p99Ms: 130 / times, breached: [] },
    cpu: { shop: 5_100, engines: 7_800, programs: { postgres: 7_800 }, mockpay: 900, generator: 2_200 },
    parts: MEANS.map(([part, meanMs]) => ({
      ...{ part, count: paid, meanMs: meanMs / times, totalMs: (paid * meanMs) / times },
    })),
  }
}

function side(strategy: string, level: BenchSide['level'], rest: Partial<BenchSide>): BenchSide {
  return { strategy, level, workers: 1, state: 'waiting', paid: 0, engines: [], runs: [], ...rest }
}

const done = (times: number, limit: string): Partial<BenchSide> => ({
  ...{ state: 'measured', paid: 4_000 * times, measured: measured(times, limit) },
})

export const FILLED_BENCH: BenchState = {
  ...{ seconds: 8, buyers: 64, generator: 'autocannon', pay: 'at-once', isOver: false },
  sides: [
    side('postgres-conditional-update', 1, done(1, 'the shop')),
    side('redis-lua', 3, done(3, 'the load generator')),
    side('tigerbeetle-pending-transfer-batched', 3, done(4, 'the shop')),
    side('tigerbeetle-pending-transfer-batched', 3, { workers: 3, state: 'running', paid: 12_345 }),
    side('redlock-guarded', 2, { state: 'failed', why: 'level 2 needs redis, which is missing' }),
    side('postgres-conditional-update-batched', 3, {}),
  ],
}
