/**
 * All callers request seat 1. Its buyer's payment soon fails, so the seat is released and contended for as
 * long as the workload lasts.
 *
 * It answers: when does a technique collapse on one hot row, and which callers are affected? A quarter of the
 * callers are bystanders: each buys other seats of its own, and sometimes reads the seat map. Their seats are
 * not contended, so they only wait because of the other callers: for locks that cover too much, or for a pool
 * exhausted by waiting calls.
 */
import { Random } from './random.ts'
import type { Caller, PlanSettings, Workload, WorkloadPlan } from './workload.ts'
import { callers, holdSession, RELEASE, resource, resources, units } from './workload.ts'

/**
 * The time until a payment is declined: if two buyers hold the seat at once, it must last long enough to be
 * detected.
 */
const DECLINED_AFTER_MS = { min: 1, max: 3 } as const
/** One caller in this many is a bystander. */
const CALLERS_PER_BYSTANDER = 4
/** Enough that no bystander runs out of seats. */
const SEATS_PER_BYSTANDER = 16
/** One action of a bystander in this many is a read of the seat map. */
const ACTIONS_PER_READ = 4

export const hotSeat: Workload = {
  name: 'hot-seat',
  summary: 'all callers hold and release the same seat',
  plan(settings: PlanSettings): WorkloadPlan {
    const { concurrency, seed, durationMs } = settings
    const seat = resource(settings, 'seat-1', 1)
    const bystanders = concurrency > 1 ? Math.max(1, Math.round(concurrency / CALLERS_PER_BYSTANDER)) : 0
    const aside = resources(settings, 'aside', { count: bystanders * SEATS_PER_BYSTANDER, capacity: 1 })

    function buyer(caller: number): Caller {
      const random = new Random(seed, 'hot-seat', 'buyer', caller)
      return {
        role: 'buyer',
        next() {
          const ms = random.between(DECLINED_AFTER_MS.min, DECLINED_AFTER_MS.max)
          return holdSession(random, [units(seat)], [{ do: 'pause', ms }, RELEASE])
        },
      }
    }

    function bystander(number: number): Caller {
      const random = new Random(seed, 'hot-seat', 'bystander', number)
      const own = aside.slice(number * SEATS_PER_BYSTANDER, (number + 1) * SEATS_PER_BYSTANDER)
      const resourceIds = [seat, ...own].map(({ id }) => id)
      return {
        role: 'bystander',
        next: () =>
          random.chance(1 / ACTIONS_PER_READ)
            ? { kind: 'read', resourceIds }
            : holdSession(random, [units(random.pick(own))], [RELEASE]),
      }
    }

    const buyers = concurrency - bystanders
    return {
      resources: [seat, ...aside],
      callers: callers(settings, (caller) => (caller < buyers ? buyer(caller) : bystander(caller - buyers))),
      durationMs,
    }
  },
}
