/**
 * One small resource after another, requested by all callers at the same moment and sold permanently.
 *
 * It answers: is it safe? A released hold hides a race once it is over; here everything is confirmed, so a
 * race with two winners stays in the store as a unit sold twice. All callers request the resources in the
 * same order. They need no barrier: the caller in front has to hold and confirm while those behind are only
 * refused, so they catch up.
 */
import { Random } from './random.ts'
import type { PlanSettings, Workload, WorkloadPlan } from './workload.ts'
import { CONFIRM, callers, holdSession, resource, stockFor, units } from './workload.ts'

/** Answers per second that no strategy exceeds, each about one lot. */
const ANSWERS_PER_SECOND = 60_000
/** Fewer callers would find as many lots as one engine can sell to one caller at a time. */
const CALLERS_MIN = 4
const LOTS = { min: 600, max: 40_000 } as const
/** One and a few: to sell a seat twice, and to sell a fourth ticket of three. */
const CAPACITY = { min: 1, max: 3 } as const

export const drain: Workload = {
  name: 'drain',
  summary: 'all callers compete for the same few units until they are sold, repeatedly',
  plan(settings: PlanSettings): WorkloadPlan {
    const { seed, concurrency, durationMs } = settings
    const capacity = new Random(seed, 'drain')
    // Every caller asks for every lot.
    const perSecond = ANSWERS_PER_SECOND / Math.max(CALLERS_MIN, concurrency)
    const lots = Array.from({ length: stockFor(settings, { ...LOTS, perSecond }) }, (_, index) =>
      resource(settings, `lot-${index + 1}`, capacity.between(CAPACITY.min, CAPACITY.max)),
    )
    return {
      resources: lots,
      callers: callers(settings, (caller) => {
        const random = new Random(seed, 'drain', caller)
        let lot = 0
        return {
          role: 'buyer',
          next() {
            const wanted = lots[lot++]
            return wanted === undefined ? undefined : holdSession(random, [units(wanted)], [CONFIRM])
          },
        }
      }),
      durationMs,
    }
  },
}
