/**
 * A venue with seats, some far more popular than others.
 *
 * It answers: what does a technique cost under usual contention, low everywhere and high in the front rows?
 * Most payments succeed, so the best seats sell out first and demand moves outward. After as many requests as
 * the venue has seats, the next show goes on sale: supply and demand stay in proportion for as long as the
 * workload lasts, and refusals do not take over.
 */
import { Random, zipf } from './random.ts'
import type { PlanSettings, Workload, WorkloadPlan } from './workload.ts'
import { CONFIRM, callers, holdSession, RELEASE, resources, stockFor, units } from './workload.ts'

const SEATS = 4_000
/** Of one show, over all callers. */
const REQUESTS_PER_SEAT = 1
/** Requests per second that no strategy exceeds. */
const REQUESTS_PER_SECOND = 26_000
const SHOWS = { min: 1, max: 50 } as const
/** The usual exponent of popularity. */
const ZIPF_EXPONENT = 1
const CONFIRMED_SHARE = 0.7

export const seatMap: Workload = {
  name: 'seat-map',
  summary: 'a venue with seats; the front rows are most popular',
  plan(settings: PlanSettings): WorkloadPlan {
    const { seed, concurrency, durationMs } = settings
    const perSecond = REQUESTS_PER_SECOND / (SEATS * REQUESTS_PER_SEAT)
    const shows = Array.from({ length: stockFor(settings, { ...SHOWS, perSecond }) }, (_, show) => {
      const seats = resources(settings, `show-${show + 1}-seat`, { count: SEATS, capacity: 1 })
      // Scattered, so that the popular rows are not all on the same page of a table.
      return new Random(seed, 'seat-map', show).shuffled(seats)
    })
    const rank = zipf(SEATS, ZIPF_EXPONENT)
    const requestsPerCaller = Math.ceil((SEATS * REQUESTS_PER_SEAT) / concurrency)
    return {
      resources: shows.flat(),
      callers: callers(settings, (caller) => {
        const random = new Random(seed, 'seat-map', caller)
        let requests = 0
        return {
          role: 'buyer',
          next() {
            const byPopularity = shows[Math.floor(requests++ / requestsPerCaller)]
            if (byPopularity === undefined) return undefined
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
