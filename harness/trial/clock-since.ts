/**
 * The clock of an engine over a period of time: two readings and the time between them, even if the engine
 * went away.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { TTL_MS_MAX } from '../../strategies/validation.ts'
import { monotonicMs } from '../clock.ts'
import { reasonOf } from '../errors.ts'
import type { Ground } from '../ground/ground.ts'
import type { EngineClock } from '../history/record.ts'

/**
 * Between two readings the wall clock may have been slewed and slewed back; a millisecond covers 500 ppm for
 * seconds.
 */
const CLOCK_SLACK_MS = 1
/** No hold lasts longer: if it is unknown how the clock went on, no deadline proves anything. */
const CLOCK_LOST_ERROR_MS = TTL_MS_MAX
/** A restarted engine is reached again well within this; one that is gone costs no more time. */
const RECONNECT_MS_MAX = 1_000
const RECONNECT_POLL_MS = 20

export interface ClockSince {
  /** One clock for everything since the previous reading. */
  readonly clock: EngineClock
  /** Why there is no new reading: the engine is gone. */
  readonly lost?: string
}

export async function clockSince(before: EngineClock, ground: Ground): Promise<ClockSince> {
  const endMs = monotonicMs() + RECONNECT_MS_MAX
  for (;;) {
    try {
      return { clock: clockOver(before, await ground.readClock()) }
    } catch (error) {
      if (monotonicMs() < endMs) {
        await delay(RECONNECT_POLL_MS)
        continue
      }
      return { clock: { ...before, errorMs: CLOCK_LOST_ERROR_MS }, lost: reasonOf(error) }
    }
  }
}

/** The same clock, if it was stepped by hours meanwhile. */
export function steppedMeanwhile(clock: EngineClock): EngineClock {
  return { ...clock, errorMs: CLOCK_LOST_ERROR_MS }
}

/** One clock for both readings and everything between them. */
function clockOver(before: EngineClock, after: EngineClock): EngineClock {
  const driftMs = Math.abs(after.offsetMs - before.offsetMs)
  return {
    offsetMs: (before.offsetMs + after.offsetMs) / 2,
    errorMs: Math.max(before.errorMs, after.errorMs) + driftMs + CLOCK_SLACK_MS,
  }
}
