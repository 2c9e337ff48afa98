/**
 * Holds of one second, many of them abandoned, and buyers who pay very close to the deadline.
 *
 * It answers: are abandoned units freed, neither too early nor too late, and is a hold that is paid for at
 * the deadline either sold or freed but never both? Units are few, so each is requested as soon as it is due.
 */
import { Random } from './random.ts'
import type { PlanSettings, Step, Workload, WorkloadPlan } from './workload.ts'
import { CONFIRM, callers, RELEASE, resources, retryWaits, units } from './workload.ts'

/** The shortest TTL. */
const TTL_MS = 1_000
/**
 * Holds must fall due while other callers still request their units, and while their own callers still
 * confirm late.
 */
export const CHURN_MS_MIN = 1_700
/** Few enough that most callers are refused most of the time: they request the units at the deadline. */
const UNITS_PER_CALLER = 2
const UNITS_MIN = 8
/** Sales use up units; a longer run has more of them, so that some are still unsold at its end. */
const UNITS_LAST_MS = 5_000
const CLASS_CAPACITY = 4
/** When a buyer confirms, relative to the deadline. */
const LATE_MS = { min: -20, max: 20 } as const
const SHARES = { released: 0.25, confirmed: 0.05, late: 0.2 } as const

export const churn: Workload = {
  name: 'churn',
  summary: 'short holds, abandoned or confirmed just before the deadline',
  plan(settings: PlanSettings): WorkloadPlan {
    const { seed, concurrency } = settings
    const durationMs = Math.max(settings.durationMs, CHURN_MS_MIN)
    const wanted =
      Math.max(UNITS_MIN, UNITS_PER_CALLER * concurrency) * Math.max(1, durationMs / UNITS_LAST_MS)
    // Half of the units are seats, half are in tiers of a few units.
    const seats = resources(settings, 'seat', { count: Math.ceil(wanted / 2), capacity: 1 })
    const count = Math.ceil(wanted / 2 / CLASS_CAPACITY)
    const classes = resources(settings, 'class', { count, capacity: CLASS_CAPACITY })

    function ending(random: Random): readonly Step[] {
      const chance = random.float()
      if (chance < SHARES.released) return [RELEASE]
      if (chance < SHARES.released + SHARES.confirmed) return [CONFIRM]
      const offsetMs = random.between(LATE_MS.min, LATE_MS.max)
      if (chance < SHARES.released + SHARES.confirmed + SHARES.late) {
        return [{ do: 'wait-for-deadline', offsetMs }, CONFIRM]
      }
      return []
    }

    return {
      resources: [...seats, ...classes],
      callers: callers(settings, (caller) => {
        const random = new Random(seed, 'churn', caller)
        return {
          role: 'buyer',
          next() {
            const wanted = random.pick(random.chance(0.5) ? seats : classes)
            const lines = [units(wanted, wanted.capacity > 1 ? random.between(1, 2) : 1)]
            const retryAfterMs = retryWaits(random)
            return { kind: 'hold', lines, ttlMs: TTL_MS, copies: 1, retryAfterMs, steps: ending(random) }
          },
        }
      }),
      durationMs,
    }
  },
}
