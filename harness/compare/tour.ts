/**
 * The tour: the trials that run by default. They take up to four minutes on two cores, and provide figures
 * for every section of the report.
 */
import { CLAIMED_COLLAPSE } from '../report/claimed.ts'
import { hotSeat } from '../workloads/hot-seat.ts'
import { workloads } from '../workloads/registry.ts'
import { sellOut } from '../workloads/sell-out.ts'
import { lasting, type Section } from './plan.ts'

/** Every workload, once. */
export const ONCE = { concurrency: 32, durationMs: 150 } as const
/** Goodput on one hot seat with a single caller and with a crowd, twice for a range. */
export const SWEEP = {
  workload: hotSeat.name,
  concurrency: [1, 128],
  repeats: 2,
  durationMs: 150,
} as const
/**
 * A critical section with the row locked, such as a call to a payment service, up to the point at which
 * Vetora's naive Ticketmaster (001) is said to collapse. One technique for each place where callers can
 * wait; long enough for the lock to change hands several times.
 */
export const CLIFF = {
  workload: hotSeat.name,
  criticalSectionMs: CLAIMED_COLLAPSE.criticalSectionMs,
  concurrency: [1, 8, CLAIMED_COLLAPSE.callers],
  durationMs: 400,
  strategies: [
    'postgres-select-for-update',
    'postgres-conditional-update',
    'redis-setnx',
    'redis-seat-key',
    'tigerbeetle-pending-transfer-batched',
  ],
} as const
/** Batching strategies and their unbatched variants on a GA tier; the level of 32 callers is in `ONCE`. */
export const BATCHING = {
  workload: sellOut.name,
  concurrency: [4, 128],
  strategies: [
    'postgres-conditional-update',
    'postgres-conditional-update-batched',
    'tigerbeetle-pending-transfer',
    'tigerbeetle-pending-transfer-batched',
  ],
} as const

/** `durationMs`: of each trial, if given. */
export function tour(asked?: { readonly durationMs: number }): readonly Section[] {
  return [
    {
      workloads: [lasting(SWEEP.workload, asked?.durationMs ?? SWEEP.durationMs)],
      concurrency: SWEEP.concurrency,
      repeats: SWEEP.repeats,
    },
    {
      workloads: workloads.map(({ name }) => lasting(name, asked?.durationMs ?? ONCE.durationMs)),
      concurrency: [ONCE.concurrency],
      repeats: 1,
    },
    {
      workloads: [lasting(CLIFF.workload, asked?.durationMs ?? CLIFF.durationMs)],
      concurrency: CLIFF.concurrency,
      repeats: 1,
      strategies: CLIFF.strategies,
      criticalSectionMs: CLIFF.criticalSectionMs,
    },
    {
      workloads: [lasting(BATCHING.workload, asked?.durationMs ?? ONCE.durationMs)],
      concurrency: BATCHING.concurrency,
      repeats: 1,
      strategies: BATCHING.strategies,
    },
  ]
}
