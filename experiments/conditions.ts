/** The conditions of figures in words: only those in which they differ. */
import type { FullCondition, Measured } from './data.ts'
import type { Along } from './experiment.ts'

/** The conditions in which these figures differ. */
export function varied(figures: readonly Measured[]): ReadonlySet<string> {
  const keys = figures.flatMap(({ of }) => Object.keys(of) as (keyof FullCondition)[])
  return new Set(keys.filter((key) => new Set(figures.map(({ of }) => of[key])).size > 1))
}

/** Those of a figure that are told, in a few words; not the one that a chart has as its axis. */
export function conditionsOf(of: FullCondition, isTold: ReadonlySet<string>, along?: Along): string {
  const words = {
    workload: of.workload,
    concurrency: `${of.concurrency} callers`,
    poolSize: `pool ${of.poolSize}`,
    criticalSectionMs: `${of.criticalSectionMs} ms work`,
    networkLatencyMs: `${of.networkLatencyMs} ms away`,
    arrivalsPerSecond: `${of.arrivalsPerSecond} a second`,
    processes: of.processes === 1 ? '1 process' : `${of.processes} processes`,
    durability: of.durability,
    setup: of.setup,
  }
  return Object.entries(words)
    .filter(([key]) => key !== along && isTold.has(key))
    .map(([, text]) => text)
    .join(', ')
}
