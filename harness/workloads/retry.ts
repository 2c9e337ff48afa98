/**
 * Every request is sent more than once: concurrently, directly afterwards, and after the hold has ended.
 *
 * It answers: does the same hold id have one effect and one answer in every state of the hold; are confirm
 * and release idempotent; does exactly one of them win when both arrive at once; and is an id refused that is
 * reused with other lines?
 */
import { Random } from './random.ts'
import type { PlanSettings, Step, Workload, WorkloadPlan } from './workload.ts'
import {
  CONFIRM,
  callers,
  holdSession,
  RELEASE,
  REPLAY_HOLD,
  resources,
  stockFor,
  units,
} from './workload.ts'

/** Few, and always released, so that a replay finds the seat held by another buyer. */
const SEATS = 6
const CLASSES = 4
/** Enough that they do not sell out, few enough that a replay which takes units twice is detected. */
const CLASS_CAPACITY = { perSecond: 500, min: 500, max: 50_000 } as const
const COPIES_MAX = 3
const PAUSE_MS_MAX = 5

export const retry: Workload = {
  name: 'retry',
  summary: 'every request is sent twice, concurrently or later',
  plan(settings: PlanSettings): WorkloadPlan {
    const { seed, durationMs } = settings
    const seats = resources(settings, 'seat', { count: SEATS, capacity: 1 })
    const classes = resources(settings, 'class', {
      count: CLASSES,
      capacity: stockFor(settings, CLASS_CAPACITY),
    })

    /** The steps of a hold that is released, with replays. */
    function releasing(random: Random): readonly Step[] {
      const otherLines = [units(random.pick(classes), random.between(1, 3))]
      return random.pick<readonly Step[]>([
        [REPLAY_HOLD, RELEASE, RELEASE, REPLAY_HOLD],
        [{ do: 'concurrently', sends: [RELEASE, RELEASE, REPLAY_HOLD] }, REPLAY_HOLD, RELEASE],
        [{ do: 'reuse-id', lines: otherLines }, RELEASE, { do: 'reuse-id', lines: otherLines }],
        [RELEASE, { do: 'pause', ms: random.between(1, PAUSE_MS_MAX) }, REPLAY_HOLD, CONFIRM],
      ])
    }

    /** The steps of a hold that is confirmed, or in a race between confirm and release. */
    function confirming(random: Random): readonly Step[] {
      return random.pick<readonly Step[]>([
        [CONFIRM, CONFIRM, REPLAY_HOLD, RELEASE],
        [{ do: 'concurrently', sends: [CONFIRM, CONFIRM, REPLAY_HOLD] }, CONFIRM],
        [{ do: 'concurrently', sends: [CONFIRM, RELEASE] }, REPLAY_HOLD, CONFIRM, RELEASE],
      ])
    }

    return {
      resources: [...seats, ...classes],
      callers: callers(settings, (caller) => {
        const random = new Random(seed, 'retry', caller)
        return {
          role: 'buyer',
          next() {
            const onSeat: boolean = random.chance(0.5)
            const lines = [
              onSeat ? units(random.pick(seats)) : units(random.pick(classes), random.between(1, 2)),
            ]
            const steps = onSeat || random.chance(0.5) ? releasing(random) : confirming(random)
            return { ...holdSession(random, lines, steps), copies: random.between(1, COPIES_MAX) }
          },
        }
      }),
      durationMs,
    }
  },
}
