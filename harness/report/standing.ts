/**
 * The result of each strategy after a run. A strategy that has not passed the checker in the same run is not
 * compared: what it saved on safety would look like speed.
 */
import type { Results } from '../results/results.ts'
import type { Trial } from '../results/trial.ts'
import { total } from './cells.ts'

export type Standing =
  /** All of its trials were valid, and the control was caught. Only such strategies are charted. */
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

/** Every strategy of the run, tested or not, by name. */
export function strategiesOf(results: Results): readonly string[] {
  const tried = results.trials.map((trial) => trial.strategy)
  return [...new Set([...tried, ...results.notProven.map((each) => each.strategy)])].sort()
}

export function validStrategiesOf(results: Results): readonly string[] {
  return strategiesOf(results).filter((name) => standingOf(results, name).kind === 'valid')
}

/**
 * Convictions to show before the control's, broken promises first: all but those of the control itself, as
 * expected.
 */
export function convictionsOf({ trials, control }: Results): readonly Trial[] {
  const shown = trials.filter(
    ({ verdict, asPromised, strategy }) =>
      verdict === 'invalid' && !(asPromised && control.caught && strategy === control.strategy),
  )
  return shown.sort((one, other) => Number(one.asPromised) - Number(other.asPromised))
}

export function standingOf(results: Results, strategy: string): Standing {
  const trials = results.trials.filter((trial) => trial.strategy === strategy)
  const invalid = trials.filter((trial) => trial.verdict === 'invalid')
  // A conviction stands even if the control was not caught: the history itself is the proof.
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
