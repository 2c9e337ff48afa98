/** The offset between a server's clock and the clock that all records use. */
import { monotonicMs } from '../clock.ts'
import type { ClockReading } from './engine.ts'

/** The fastest of this many round trips: a single sample may be slow by chance. */
const CLOCK_SAMPLES = 15
/** The server's resolution of microseconds, plus that of a double with milliseconds since 1970. */
const CLOCK_RESOLUTION_MS = 0.002

/** `ask` makes one round trip; `serverMs` finds the server's time in its answer: milliseconds since 1970. */
export async function readingOf<Answer>(
  ask: () => Promise<Answer>,
  serverMs: (answer: Answer) => number,
): Promise<ClockReading> {
  let best: ClockReading | undefined
  for (let sample = 0; sample < CLOCK_SAMPLES; sample += 1) {
    const asked = monotonicMs()
    const answer = await ask()
    const answered = monotonicMs()
    const told = serverMs(answer)
    if (!Number.isFinite(told)) throw new Error('the server did not tell its time')
    const errorMs = (answered - asked) / 2 + CLOCK_RESOLUTION_MS
    if (best === undefined || errorMs < best.errorMs) {
      best = { offsetMs: told - (asked + answered) / 2, errorMs }
    }
  }
  if (best === undefined) throw new Error('no clock sample was taken')
  return best
}
