/**
 * The tour: what is played when nothing else is asked for. Sized to end within three minutes on two cores,
 * with every question of the report answered by some part of it.
 */
import { CLAIMED_COLLAPSE } from '../report/claimed.ts'
import { hotSeat } from '../workloads/hot-seat.ts'
import { workloads } from '../workloads/registry.ts'
import { sellOut } from '../workloads/sell-out.ts'
import { lasting, type Section } from './plan.ts'

/** Every workload, once. */
export const ONCE = { concurrency: 32, durationMs: 150 } as const
/** Who is fastest on one hot seat without a crowd and with a larger one, twice for least and most. */
export const SWEEP = {
  workload: hotSeat.name,
  concurrency: [1, 128],
  repeats: 2,
  durationMs: 150,
} as const
/**
 * What happens when an application works with the row locked, as one does that calls a payment service: fifty
 * milliseconds, and two hundred callers at the most, which is where Vetora's naive Ticketmaster (001) is said
 * to collapse. One technique for each place that a crowd can wait in; long enough that a lock held so long
 * changes hands several times.
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
/**
 * What batches bring: those that batch, and their twins that do not, on a GA tier. 32 callers play it anyway.
 */
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

/** `durationMs`: of each trial, where somebody asked for another. */
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
