/**
 * The figures of repeats combined: one cell per strategy, workload, number of callers and length of critical
 * section, grouped by what can be compared.
 */
import type { Results } from '../results/results.ts'
import type { Trial } from '../results/trial.ts'

export interface Range {
  readonly median: number
  readonly min: number
  readonly max: number
}

/**
 * The repeats of one strategy on one workload with one number of callers and one length of critical section.
 * Latencies are medians over the repeats.
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
  readonly holdMs: { readonly p50: number; readonly p95: number; readonly p99: number }
  readonly holdMsP95: Range
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
      p50: median((trial) => trial.latencyMs.hold.p50),
      p95: median((trial) => trial.latencyMs.hold.p95),
      p99: median((trial) => trial.latencyMs.hold.p99),
    },
    holdMsP95: rangeOf(trials.map((trial) => trial.latencyMs.hold.p95)),
    ...(bystanders.length === 0
      ? {}
      : { bystanderMsP95: rangeOf(bystanders.map((each) => each.p95)).median }),
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

/** The median of an even number of values is the mean of the middle two. */
export function rangeOf(values: readonly number[]): Range {
  const sorted = [...values].sort((a, b) => a - b)
  const upper = sorted[Math.floor(sorted.length / 2)] ?? 0
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? 0
  return { median: (lower + upper) / 2, min: sorted[0] ?? 0, max: sorted.at(-1) ?? 0 }
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

/** The fastest first. */
export function byGoodput(cells: readonly Cell[]): readonly Cell[] {
  return cells.toSorted((one, other) => other.goodputPerSecond.median - one.goodputPerSecond.median)
}

/** Those whose range of repeats overlaps the fastest one's. */
export function tiedWith(fastest: Cell, others: readonly Cell[]): readonly string[] {
  return others
    .filter(({ repeats, goodputPerSecond: { max } }) => repeats > 1 && max >= fastest.goodputPerSecond.min)
    .map(({ strategy }) => strategy)
}

export function total<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((sum, item) => sum + of(item), 0)
}
