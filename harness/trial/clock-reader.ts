/**
 * Reads the engine's clock now and then while a trial is played, so that a jump there and back is noticed.
 */
import { monotonicMs } from '../clock.ts'
import type { Ground } from '../ground/ground.ts'
import type { ClockRecord } from '../history/record.ts'

/** Seldom enough that no figure shows it. */
const READ_EVERY_MS = 250

export interface ClockReader {
  readonly readings: readonly ClockRecord[]
  /** A reading under way is not waited for, and not kept. */
  stop(): void
}

/** An engine that does not answer is not read; what that means is for others to say. */
export function readClockNowAndThen(ground: Pick<Ground, 'readClock'>): ClockReader {
  const readings: ClockRecord[] = []
  let isOver = false
  let timer: NodeJS.Timeout | undefined
  const again = () => {
    if (!isOver) timer = setTimeout(() => void read(), READ_EVERY_MS).unref()
  }
  const read = async () => {
    try {
      const { offsetMs, errorMs } = await ground.readClock()
      const readUs = Math.ceil(monotonicMs() * 1_000)
      if (!isOver) readings.push({ type: 'clock', readUs, offsetMs, errorMs })
    } catch {
      // As said above.
    }
    again()
  }
  again()
  return {
    readings,
    stop() {
      isOver = true
      clearTimeout(timer)
    },
  }
}
