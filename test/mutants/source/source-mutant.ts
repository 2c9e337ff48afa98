/** A mutant as data: one small change of one file of the registry's own strategies, and who must convict it. */

/**
 * How a case shows it: by a wrong answer; or also by an error of the strategy's, where an answer is due; or by a call that does not
 * end, where the original answers in a moment.
 */
export type Shows = 'answer' | 'error' | 'no end'

export type Judge =
  /** A case of `harness/conformance/`, by the beginning of its name, which no other case has. */
  | { readonly by: 'conformance'; readonly begins: string; readonly shows: Shows }
  /** A scenario of `harness/explore/`, of two clients. */
  | { readonly by: 'explorer'; readonly scenario: string }
  /** A workload of `harness/workloads/`, played at random: it may take several tries. */
  | { readonly by: 'workload'; readonly workload: string }
  /** It does nothing else than the original that anybody could see: `why` in one sentence. No judge is asked. */
  | { readonly by: 'equivalent'; readonly why: string }

export interface SourceMutant {
  /** What was broken, in a few words of one name. */
  readonly name: string
  /** The strategy of the registry that is put to the test with it. */
  readonly of: string
  /** Below `strategies/`. */
  readonly file: string
  /** Stands in the file exactly once. */
  readonly from: string
  readonly to: string
  readonly judge: Judge
  /** Whether `npm test` has it convicted, too. */
  readonly isInSlice?: true
}

export function conformance(begins: string, shows: Shows = 'answer'): Judge {
  return { by: 'conformance', begins, shows }
}

export function explorer(scenario: string): Judge {
  return { by: 'explorer', scenario }
}

export function workload(name: string): Judge {
  return { by: 'workload', workload: name }
}

export function equivalent(why: string): Judge {
  return { by: 'equivalent', why }
}
