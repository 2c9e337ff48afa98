/**
 * Under what a strategy is not safe: as measured, where the results carry that, and as promised. The worse of
 * both counts, and a reader is told which of the two it is.
 */
import type { Results } from '../results/results.ts'
import { survivesOf } from '../results/survives.ts'
import { counted, listed } from './format.ts'

/** Longer lists of faults are shortened to a number. */
const TITLES_MAX = 2

export interface Exposure {
  /** Faults that were tried on it, and whose outcome is known; 0 if nothing was measured. */
  readonly tried: number
  /** Those that it did not survive, in a few words each. */
  readonly fell: readonly string[]
  /** What it says of itself that it does not survive. */
  readonly unsafeUnder: readonly string[]
}

type Told = Pick<Results, 'trials' | 'strategies' | 'faults'>

/** This run's own cells come before those of the published table. */
export function exposureOf({ trials, strategies, faults = [] }: Told, strategy: string): Exposure {
  const promises = trials.find((trial) => trial.strategy === strategy)?.promises
  const measured = survivesOf(faults, strategy) ?? strategies?.find(({ name }) => name === strategy)?.survives
  return {
    tried: measured?.faults ?? 0,
    fell: measured?.fell ?? [],
    unsafeUnder: promises?.safe === 'without-faults' ? promises.unsafeUnder : [],
  }
}

/** Whether a strategy is safe only as long as nothing fails, by measurement or by its own promise. */
export function isExposed(results: Told, strategy: string): boolean {
  const { fell, unsafeUnder } = exposureOf(results, strategy)
  return fell.length + unsafeUnder.length > 0
}

/** As a clause, with how it is known. */
export function exposureWords({ tried, fell, unsafeUnder }: Exposure): string {
  const promised = unsafeUnder.length === 0 ? [] : [`unsafe under ${listed(unsafeUnder)} (promised)`]
  if (tried === 0) return promised[0] ?? 'not in the table of faults; safe under all by its promise alone'
  const more = fell.length > TITLES_MAX ? [`${fell.length - TITLES_MAX} more`] : []
  const titles = fell.slice(0, TITLES_MAX).map((title) => `“${title}”`)
  const not = fell.length === 0 ? '' : `, not ${listed([...titles, ...more])}`
  return [`survived ${tried - fell.length} of ${counted(tried, 'fault')}${not} (measured)`, ...promised].join(
    '; ',
  )
}
