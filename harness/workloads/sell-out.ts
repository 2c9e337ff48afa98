/**
 * A GA tier with three times as much demand as units, then the next tier, for as long as the run lasts.
 *
 * It answers: what does one hot counter cost while units are left, and is the last unit sold exactly once?
 * Callers take the next buyer from one queue, so that a slow caller does not prolong the run, which does not
 * end before the first tier was sold through.
 */
import { Random } from './random.ts'
import type { BuyerSession, PlanSettings, Workload, WorkloadPlan } from './workload.ts'
import { CONFIRM, callers, holdSession, resource, stockFor, units } from './workload.ts'

/** More callers sell faster: the units of a tier grow with them, so that each lasts about as long. */
const UNITS_PER_CALLER = 4
const UNITS_MIN = 120
const UNITS_MAX = 1_000
/** Two refused for each one served. */
const UNITS_WANTED_PER_UNIT = 3
/** Requests per second that no strategy exceeds. */
const REQUESTS_PER_SECOND = 100_000
/** Of all tiers: a strategy may have a row for each. */
const UNITS_ALL_MAX = 200_000
/** Some request two: with one unit left they must be refused, and a buyer of one served. */
const TWO_UNITS_SHARE = 0.15
/** A very slow strategy is not waited for any longer until its first tier is sold through. */
const SELL_OUT_MS_MAX = 4_000

export const sellOut: Workload = {
  name: 'sell-out',
  summary: 'a GA tier is sold out, and requests continue; then the next',
  plan(settings: PlanSettings): WorkloadPlan {
    const { concurrency, seed, durationMs } = settings
    // Not fewer than callers, or they would request several tiers at once.
    const capacity = Math.max(
      concurrency,
      Math.min(UNITS_MAX, Math.max(UNITS_MIN, UNITS_PER_CALLER * concurrency)),
    )
    const perSecond = REQUESTS_PER_SECOND / (UNITS_WANTED_PER_UNIT * capacity)
    const max = Math.max(1, Math.floor(UNITS_ALL_MAX / capacity))
    const tiers = Array.from({ length: stockFor(settings, { perSecond, min: 1, max }) }, (_, tier) =>
      resource(settings, `general-admission-${tier + 1}`, capacity),
    )
    const random = new Random(seed, 'sell-out')
    let tier = 0
    let unitsWanted = 0

    function next(): BuyerSession | undefined {
      if (unitsWanted >= UNITS_WANTED_PER_UNIT * capacity) {
        tier++
        unitsWanted = 0
      }
      const tickets = tiers[tier]
      if (tickets === undefined) return undefined
      const quantity = random.chance(TWO_UNITS_SHARE) ? 2 : 1
      unitsWanted += quantity
      return holdSession(random, [units(tickets, quantity)], [CONFIRM])
    }

    return {
      resources: tiers,
      callers: callers(settings, () => ({ role: 'buyer', queue: 'shared', next })),
      durationMs,
      goesOn: { isEnough: () => tier > 0, durationMsMax: Math.max(durationMs, SELL_OUT_MS_MAX) },
    }
  },
}
