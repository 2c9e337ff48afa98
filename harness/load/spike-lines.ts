/** What a spike comes to, in a line for each strategy, beside a published one. */
import { formatCount, formatFigure, formatSpan } from '../report/format.ts'
import { percentileOf } from '../report/samples.ts'
import type { Trial } from '../results/trial.ts'

/** A shop on Kafka Streams, as its author published it: reservations of seats, no payment. */
const PUBLISHED =
  'beside it: a published shop on Kafka Streams, 1,000,000 reservations in 11.8 s on 320 virtual CPUs, 265 each per virtual CPU-second'

/** Empty where there was no spike. */
export function spikeLines(trials: readonly Trial[]): readonly string[] {
  const lines = trials.flatMap(({ strategy, counts, load }) => {
    if (load?.spike === undefined) return []
    const { buyers, knowsMs, cpuMs } = load.spike
    const tickets = counts.confirmed
    const places = (['p50', 'p99'] as const).map(
      (place) => `${place} ${formatFigure(percentileOf(knowsMs, place))} ms`,
    )
    const perSecond = knowsMs.max > 0 ? (tickets * 1_000) / knowsMs.max : undefined
    const perCpuSecond = cpuMs !== undefined && cpuMs > 0 ? (tickets * 1_000) / cpuMs : undefined
    return [
      `${strategy}: of ${formatCount(buyers)} buyers in the same instant the last one knew after ${formatSpan(knowsMs.max)} (${places.join(', ')}); ${formatCount(tickets)} tickets, ${formatFigure(perSecond)}/s, ${formatFigure(perCpuSecond)} per CPU-second of service and engines`,
    ]
  })
  return lines.length === 0 ? [] : [...lines, PUBLISHED]
}
