/** What a run of faults and its jobs tell each other. */
import type { StrategyReference } from '../entries/strategy-reference.ts'
import type { HistoryRecord } from '../history/record.ts'
import type { FaultCell } from '../results/faults.ts'
import type { Results } from '../results/results.ts'

export type JobOrder =
  | { readonly kind: 'run'; readonly cells: readonly CellReference[]; readonly command: string }
  | { readonly kind: 'stop' }

export interface CellReference {
  readonly fault: string
  readonly strategy: StrategyReference
  readonly seed: number
  readonly isForOutcomeAlone?: boolean
}

/** What a job has learned beside its cells. */
export type JobFacts = Pick<Results, 'engines' | 'control' | 'notProven'>

export type JobReport =
  | { readonly kind: 'log'; readonly line: string }
  | {
      readonly kind: 'cell'
      readonly cell: FaultCell
      /** Empty if nobody will want to read it. */
      readonly history: readonly HistoryRecord[]
      readonly facts: JobFacts
    }
  | { readonly kind: 'over'; readonly facts: JobFacts }
  | { readonly kind: 'failed'; readonly why: string }
