/** Whether the engine's clock stayed within the bounds in the header. */
import type { HistoryHeader } from '../history/record.ts'
import type { HistoryColumns } from './columns.ts'

/** The first reading that the header rules out, as a sentence; `undefined` if there is none. */
export function jumpOf(
  { clockReadings, firstInvokedUs }: HistoryColumns,
  header: HistoryHeader,
): string | undefined {
  const { offsetMs, errorMs } = header.clock
  const jumped = clockReadings.find(
    (reading) => Math.abs(reading.offsetMs - offsetMs) > reading.errorMs + errorMs,
  )
  if (jumped === undefined) return undefined
  const byMs = jumped.offsetMs - offsetMs
  const atMs = (jumped.readUs - firstInvokedUs) / 1_000
  return (
    `At ${atMs.toFixed(3)} ms the engine's clock was ${Math.abs(byMs).toFixed(3)} ms ` +
    `${byMs > 0 ? 'ahead of' : 'behind'} its course, so what follows from deadlines is not certain:`
  )
}

/** The same history's header with an unknown clock: no deadline proves anything then. */
export function withoutClock(header: HistoryHeader): HistoryHeader {
  return { ...header, clock: { ...header.clock, errorMs: Number.POSITIVE_INFINITY } }
}
