/**
 * A GA tier with three times as much demand as units; the run continues until every buyer was served or
 * refused.
 *
 * It answers: what does one hot counter cost while units are left, and is the last unit sold exactly once?
 * Callers take the next buyer from one queue, so that a slow caller does not prolong the run.
 */
import { Random } from './random.ts'
import type { BuyerSession, PlanSettings, Workload, WorkloadPlan } from './workload.ts'
import { CONFIRM, callers, holdSession, resource, units } from './workload.ts'

/** More callers sell faster: the units grow with them, so that a run lasts about as long. */
const UNITS_PER_CALLER = 10
const UNITS_MIN = 250
const UNITS_MAX = 1_000
/** Two refused for each one served: the run continues well after the tier is sold out. */
const UNITS_WANTED_PER_UNIT = 3
/** Some request two: with one unit left they must be refused, and a buyer of one served. */
const TWO_UNITS_SHARE = 0.15
/** Usually demand ends the run; this limits very slow strategies. */
const SELL_OUT_MS_MAX = 6_000

export const sellOut: Workload = {
  name: 'sell-out',
  summary: 'a GA tier is sold out, and requests continue',
  plan(settings: PlanSettings): WorkloadPlan {
    const { concurrency, seed, durationMs } = settings
    const capacity = Math.min(UNITS_MAX, Math.max(UNITS_MIN, UNITS_PER_CALLER * concurrency))
    const tickets = resource(settings, 'general-admission', capacity)
    const random = new Random(seed, 'sell-out')
    let unitsWanted = UNITS_WANTED_PER_UNIT * capacity

    function next(): BuyerSession | undefined {
      if (unitsWanted <= 0) return undefined
      const quantity = random.chance(TWO_UNITS_SHARE) ? 2 : 1
      unitsWanted -= quantity
      return holdSession(random, [units(tickets, quantity)], [CONFIRM])
    }

    return {
      resources: [tickets],
      callers: callers(settings, () => ({ role: 'buyer', queue: 'shared', next })),
      durationMs: Math.max(durationMs, SELL_OUT_MS_MAX),
    }
  },
}
