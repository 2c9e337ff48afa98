/**
 * All callers want seat 1. The payment of its buyer fails within moments, so the seat is
 * released and the fight goes on for as long as the workload lasts.
 *
 * It answers: when does a technique collapse on one hot row, and who pays for it? A quarter of the
 * callers are bystanders who buy other seats, each of its own, and look at the seat map now and then.
 * Nothing of theirs is contended, so whatever they wait for is the crowd's doing: locks held too widely,
 * or a pool drained by waiters.
 */
import { Random } from './random.ts'
import type { Caller, PlanSettings, Workload, WorkloadPlan } from './workload.ts'
import { callers, holdSession, RELEASE, resource, resources, units } from './workload.ts'

/**
 * The time to a declined payment: two buyers who hold the seat at once must do so for long enough to be seen.
 */
const DECLINED_AFTER_MS = { min: 1, max: 3 } as const
/** One caller in so many is a bystander. */
const CALLERS_PER_BYSTANDER = 4
/** Enough that a bystander is not the second buyer of its own last seat. */
const SEATS_PER_BYSTANDER = 16
/** One bystander action in so many is a look at the seat map. */
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
