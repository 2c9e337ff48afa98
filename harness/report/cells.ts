/**
 * The figures of repeats combined: one cell per strategy, workload, number of callers and length of critical
 * section, grouped by what can be compared.
 */
import type { Results } from '../results/results.ts'
import type { Trial } from '../results/trial.ts'
import { type Range, rangeOf } from './range.ts'
import { whyUnranked } from './ranking.ts'
import { percentileOver } from './samples.ts'

/**
 * The repeats of one strategy on one workload with one number of callers and one length of critical section.
 * Latencies are medians over the repeats; one that too few waits were measured for is absent (`samples.ts`).
 */
export interface Cell {
  readonly strategy: string
  readonly workload: string
  readonly concurrency: number
  readonly criticalSectionMs: number
  readonly repeats: number
  readonly verdict: Trial['verdict']
  readonly goodputPerSecond: Range
  /** Buyers answered per second, for every kind of answer. */
  readonly answersPerSecond: number
  readonly soldOut: number
  readonly contended: number
  readonly unknown: number
  readonly holdMs: { readonly p50?: number; readonly p95?: number; readonly p99?: number }
  /** The shortest repeat. */
  readonly durationMs: number
  /** The largest share of a repeat in which the load generator had no time left; absent if not measured. */
  readonly generatorBusy?: number
  /** The fewest holds that were granted to buyers in one repeat. */
  readonly holds: number
  /** The fewest waits that were measured in one repeat. */
  readonly waits: number
  readonly bystanderMsP95?: number
  readonly attemptsPerSuccess: number
  readonly connectionMsPerSuccess: number
  readonly oversoldUnits: number
  readonly overReservedUnits: number
  readonly spuriousRefusals: number
}

export interface Group {
  readonly workload: string
  readonly concurrency: number
  readonly criticalSectionMs: number
  readonly cells: readonly Cell[]
}

/**
 * One group per workload, critical section and number of callers, in the order of the run, callers ascending.
 */
export function groupsOf(results: Results): readonly Group[] {
  const groups: Group[] = []
  const kinds = Map.groupBy(results.trials, (trial) => `${trial.criticalSectionMs} ${trial.workload}`)
  for (const ofKind of kinds.values()) {
    const levels = [...new Set(ofKind.map((trial) => trial.concurrency))].sort((a, b) => a - b)
    for (const concurrency of levels) {
      const [first, ...rest] = ofKind.filter((trial) => trial.concurrency === concurrency)
      if (first === undefined) continue
      const byName = Map.groupBy([first, ...rest], (trial) => trial.strategy)
      const { criticalSectionMs } = first
      const cells = [...byName.keys()].sort().flatMap((name) => {
        const [one, ...others] = byName.get(name) ?? []
        return one === undefined ? [] : [cellOf([one, ...others], criticalSectionMs)]
      })
      groups.push({ workload: first.workload, concurrency, criticalSectionMs, cells })
    }
  }
  return groups
}

function cellOf(trials: readonly [Trial, ...Trial[]], criticalSectionMs: number): Cell {
  const [first] = trials
  const median = (of: (trial: Trial) => number): number => rangeOf(trials.map(of)).median
  const bystanders = trials.flatMap(({ latencyMs: { bystanderHold } }) => bystanderHold ?? [])
  const waits = trials.map(({ latencyMs }) => latencyMs.hold)
  const p50 = percentileOver(waits, 'p50')
  const p95 = percentileOver(waits, 'p95')
  const p99 = percentileOver(waits, 'p99')
  const busy = trials.flatMap(({ generatorBusy }) => generatorBusy ?? [])
  const bystanderP95 = percentileOver(bystanders, 'p95')
  return {
    strategy: first.strategy,
    workload: first.workload,
    concurrency: first.concurrency,
    criticalSectionMs,
    repeats: trials.length,
    verdict: worst(trials),
    goodputPerSecond: rangeOf(trials.map((trial) => trial.goodputPerSecond)),
    answersPerSecond: median((trial) =>
      trial.elapsedMs > 0 ? (trial.latencyMs.hold.count * 1000) / trial.elapsedMs : 0,
    ),
    soldOut: total(trials, (trial) => trial.counts.soldOut),
    contended: total(trials, (trial) => trial.counts.contended),
    unknown: total(trials, (trial) => trial.counts.unknown),
    holdMs: {
      ...(p50 !== undefined && { p50: p50.median }),
      ...(p95 !== undefined && { p95: p95.median }),
      ...(p99 !== undefined && { p99: p99.median }),
    },
    durationMs: Math.min(...trials.map(({ elapsedMs }) => elapsedMs)),
    ...(busy.length > 0 && { generatorBusy: Math.max(...busy) }),
    holds: Math.min(
      ...trials.map(({ goodputPerSecond, elapsedMs }) => Math.round((goodputPerSecond * elapsedMs) / 1_000)),
    ),
    waits: Math.min(...waits.map(({ count }) => count)),
    ...(bystanderP95 !== undefined && { bystanderMsP95: bystanderP95.median }),
    attemptsPerSuccess: median((trial) => trial.attemptsPerSuccess),
    connectionMsPerSuccess: median((trial) => trial.connectionSecondsPerSuccess * 1000),
    oversoldUnits: total(trials, (trial) => trial.oversoldUnits),
    overReservedUnits: total(trials, (trial) => trial.overReservedUnits),
    spuriousRefusals: total(trials, (trial) => trial.spuriousRefusals),
  }
}

function worst(trials: readonly Trial[]): Trial['verdict'] {
  if (trials.some((trial) => trial.verdict === 'invalid')) return 'invalid'
  return trials.some((trial) => trial.verdict === 'unknown') ? 'unknown' : 'valid'
}

/** The same results without trials over HTTP, whose figures cannot be compared with the others. */
export function withoutLoads(results: Results): Results {
  return { ...results, trials: results.trials.filter(({ load }) => load === undefined) }
}

/** The group with most of these strategies; among several, the one with the most callers. */
export function mostContested(levels: readonly Group[], strategies: readonly string[]): Group | undefined {
  const present = ({ cells }: Group): number =>
    cells.filter((cell) => strategies.includes(cell.strategy)).length
  const most = Math.max(0, ...levels.map(present))
  return most === 0 ? undefined : levels.findLast((level) => present(level) === most)
}

/** Why these cells may not be put in an order by their figures, as a clause; undefined if they may be. */
export function whyNotOrdered(cells: readonly Cell[]): string | undefined {
  return cells.map((cell) => whyUnranked(cell)).find((why) => why !== undefined)
}

/** The least first, if their repeats carry an order; otherwise by name. */
export function ordered<T extends Cell>(cells: readonly T[], of: (cell: T) => number): readonly T[] {
  const byName = cells.toSorted((one, other) => (one.strategy < other.strategy ? -1 : 1))
  return whyNotOrdered(cells) === undefined ? byName.toSorted((one, other) => of(one) - of(other)) : byName
}

/** The fastest first, if their repeats carry an order. */
export function byGoodput(cells: readonly Cell[]): readonly Cell[] {
  return ordered(cells, ({ goodputPerSecond }) => -goodputPerSecond.median)
}

export function total<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((sum, item) => sum + of(item), 0)
}
