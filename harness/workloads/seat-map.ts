/**
 * A venue with seats, some far more popular than others.
 *
 * It answers: what does a technique cost under usual contention, low everywhere and high in the front rows?
 * Most payments succeed, so the best seats sell out first and demand moves outward.
 */
import { Random, zipf } from './random.ts'
import type { PlanSettings, Workload, WorkloadPlan } from './workload.ts'
import { CONFIRM, callers, holdSession, RELEASE, resources, units } from './workload.ts'

const SEATS = 4_000
/** The usual exponent of popularity. */
const ZIPF_EXPONENT = 1
const CONFIRMED_SHARE = 0.7

export const seatMap: Workload = {
  name: 'seat-map',
  summary: 'a venue with seats; the front rows are most popular',
  plan(settings: PlanSettings): WorkloadPlan {
    const { seed, durationMs } = settings
    const seats = resources(settings, 'seat', { count: SEATS, capacity: 1 })
    // Scattered, so that the popular rows are not all on the same page of a table.
    const byPopularity = new Random(seed, 'seat-map').shuffled(seats)
    const rank = zipf(SEATS, ZIPF_EXPONENT)
    return {
      resources: seats,
      callers: callers(settings, (caller) => {
        const random = new Random(seed, 'seat-map', caller)
        return {
          role: 'buyer',
          next() {
            const seat = byPopularity[rank(random)]
            if (seat === undefined) throw new Error('the sampler left the venue')
            return holdSession(random, [units(seat)], [random.chance(CONFIRMED_SHARE) ? CONFIRM : RELEASE])
          },
        }
      }),
      durationMs,
    }
  },
}
