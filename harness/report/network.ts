/** The network between strategies and engines, in words: what was asked, and what was measured. */
import type { Results } from '../results/results.ts'
import { counted, formatFigure } from './format.ts'

/** A clause to stand among other settings; empty if nothing was put in between. */
export function networkClause({ networkLatencyMs }: Results['settings']): string {
  return networkLatencyMs === undefined ? '' : `, ${networkLatencyMs} ms of network latency`
}

/**
 * `network: 1 ms asked, 1.1 ms measured (median of 240 round trips, 1.08 to 1.31 by trial)`; undefined if
 * nothing was put in between.
 */
export function networkLine({ settings, trials }: Results): string | undefined {
  if (settings.networkLatencyMs === undefined) return undefined
  const asked = `network: ${settings.networkLatencyMs} ms asked`
  const measured = trials.flatMap(({ network }) =>
    network === undefined || network.measured.count === 0 ? [] : [network.measured],
  )
  const [first, ...others] = measured.toSorted((one, other) => one.medianMs - other.medianMs)
  if (first === undefined) return `${asked}, none measured`
  const [least, most] = [first, others.at(-1) ?? first].map(({ medianMs }) => formatFigure(medianMs))
  const trips = measured.reduce((sum, { count }) => sum + count, 0)
  const range = least === most ? '' : `, ${least} to ${most} by trial`
  const median = formatFigure(middle([first, ...others], trips))
  return `${asked}, ${median} ms measured (median of ${counted(trips, 'round trip')}${range})`
}

/** The median of the trial in which half of all round trips are reached; they are in order. */
function middle(
  measured: readonly { readonly count: number; readonly medianMs: number }[],
  trips: number,
): number {
  let seen = 0
  for (const { count, medianMs } of measured) {
    seen += count
    if (2 * seen >= trips) return medianMs
  }
  return 0
}
