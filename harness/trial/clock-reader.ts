/** Reads the engine's clock regularly during a trial, so that a jump and a jump back are noticed. */
import { monotonicMs } from '../clock.ts'
import type { Ground } from '../ground/ground.ts'
import type { ClockRecord } from '../history/record.ts'

/** So rarely that no figure is affected. */
const READ_EVERY_MS = 250

export interface ClockReader {
  readonly readings: readonly ClockRecord[]
  /** A reading in progress is neither awaited nor kept. */
  stop(): void
}

/** An engine that does not answer is not read; other code decides what that means. */
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
      // See above.
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
