/**
 * How each strategy stands after a run, and the figures of its repeats put together. A strategy
 * that has not passed the checker in the same run has no figures to compare: what it saved on
 * safety would look like speed.
 */
import type { Results } from '../results/results.ts'
import type { Trial } from '../results/trial.ts'

export type Standing =
  /** Every one of its trials was found valid, and the control was caught. Only such a strategy is charted. */
  | { readonly kind: 'valid'; readonly trials: number }
  | {
      readonly kind: 'convicted'
      /** Whether it was expected: the strategy is declared unsafe. */
      readonly asPromised: boolean
      readonly workloads: readonly string[]
      readonly oversoldUnits: number
      readonly overReservedUnits: number
    }
  /** Declared unsafe, and nothing in this run triggered it. */
  | { readonly kind: 'not-triggered' }
  | { readonly kind: 'not-proven'; readonly why: string; readonly code?: string }

/** Every strategy of the run, tried or not, in the order in which it first appears. */
export function strategiesOf(results: Results): readonly string[] {
  const tried = results.trials.map((trial) => trial.strategy)
  return [...new Set([...tried, ...results.notProven.map((each) => each.strategy)])].sort()
}

export function standingOf(results: Results, strategy: string): Standing {
  const trials = results.trials.filter((trial) => trial.strategy === strategy)
  const invalid = trials.filter((trial) => trial.verdict === 'invalid')
  // A conviction stands whatever else is missing: its proof is in its own history.
  if (invalid.length > 0) {
    return {
      kind: 'convicted',
      asPromised: invalid.every((trial) => trial.asPromised),
      workloads: [...new Set(invalid.map((trial) => trial.workload))],
      oversoldUnits: total(invalid, (trial) => trial.oversoldUnits),
      overReservedUnits: total(invalid, (trial) => trial.overReservedUnits),
    }
  }
  const absent = results.notProven.find((each) => each.strategy === strategy)
  if (absent !== undefined) {
    const { why, code } = absent
    return { kind: 'not-proven', why, ...(code !== undefined && { code }) }
  }
  if (!results.control.caught) return { kind: 'not-proven', why: 'the control was not caught' }
  const undecided = trials.find((trial) => trial.verdict === 'unknown')
  if (undecided !== undefined) {
    const [reason = 'the checker could not decide'] = undecided.verdictReasons
    return {
      kind: 'not-proven',
      why: `${undecided.workload} with ${undecided.concurrency} callers: ${reason}`,
    }
  }
  if (trials.length === 0) return { kind: 'not-proven', why: 'no trial was finished' }
  if (trials.some((trial) => trial.promises.safe === 'never')) return { kind: 'not-triggered' }
  return { kind: 'valid', trials: trials.length }
}

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
  /** Buyers who were answered per second, whatever the answer. */
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
 * One group per workload, critical section and number of callers, in the order in which the run met
 * them, callers ascending.
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

/** The middle one of an odd number of values, the mean of the middle two otherwise. */
export function rangeOf(values: readonly number[]): Range {
  const sorted = [...values].sort((a, b) => a - b)
  const upper = sorted[Math.floor(sorted.length / 2)] ?? 0
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? 0
  return { median: (lower + upper) / 2, min: sorted[0] ?? 0, max: sorted.at(-1) ?? 0 }
}

function total<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((sum, item) => sum + of(item), 0)
}
