/**
 * Workloads of abandoned seats: each caller has a seat of its own, holds it for the shortest time to live,
 * and goes away. From shortly before the deadline it asks again and again, as somebody else would.
 */

import { Random } from '../harness/workloads/random.ts'
import { sweeper } from '../harness/workloads/sweep.ts'
import {
  callers,
  type PlanSettings,
  resources,
  retryWaits,
  units,
  type Workload,
  type WorkloadPlan,
} from '../harness/workloads/workload.ts'

/** The shortest time to live. */
const TTL_MS = 1_000
/** Asked from so long before the deadline: that the seat was not free earlier must be seen. */
const EARLY_MS = 20

/** The caller that asks for a seat frees it. */
export const abandonedSeats: Workload = {
  name: 'abandoned-seats',
  summary: 'seats are held, abandoned and wanted again at their deadline',
  plan: planOf,
}

/** The same, with a sweeper beside the callers. */
export const sweptSeats: Workload = {
  name: 'abandoned-seats-swept',
  summary: 'abandoned seats, wanted again at their deadline, and a sweeper that frees them as well',
  plan(settings) {
    const plan = planOf(settings)
    return { ...plan, callers: [...plan.callers, sweeper()] }
  },
}

function planOf(settings: PlanSettings): WorkloadPlan {
  const seats = resources(settings, 'seat', { count: settings.concurrency, capacity: 1 })
  // Holds something else first for a while, so that not all deadlines are in the same moment.
  const elsewhere = resources(settings, 'elsewhere', { count: settings.concurrency, capacity: 1 })
  return {
    resources: [...seats, ...elsewhere],
    callers: callers(settings, (caller) => {
      const random = new Random(settings.seed, 'abandoned-seats', caller)
      let isFirst = true
      return {
        role: 'buyer',
        next() {
          const wanted = (isFirst ? elsewhere : seats)[caller]
          if (wanted === undefined) return undefined
          const ms = random.between(0, TTL_MS)
          const steps = isFirst
            ? ([{ do: 'pause', ms }] as const)
            : ([{ do: 'wait-for-deadline', offsetMs: -EARLY_MS }] as const)
          isFirst = false
          return {
            kind: 'hold',
            lines: [units(wanted)],
            ttlMs: TTL_MS,
            copies: 1,
            retryAfterMs: retryWaits(random),
            steps,
          }
        },
      }
    }),
    durationMs: settings.durationMs,
  }
}
