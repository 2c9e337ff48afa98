/** Messages between a trial and the process that repeats its acknowledged calls. */
import type { HoldId } from '../../strategies/strategy.ts'
import type { StrategyReference } from '../entries/strategy-reference.ts'
import type { Attachment } from '../ground/ground.ts'
import type { Operation } from '../history/record.ts'

export interface RepeatedCalls {
  /** The caller number of the recorded calls, which no other caller has. */
  readonly process: number
  /** Holds whose confirm was acknowledged. */
  readonly confirmed: readonly HoldId[]
  readonly released: readonly HoldId[]
}

export interface RepeatJob extends RepeatedCalls {
  readonly strategy: StrategyReference
  readonly attachment: Attachment
}

export type RepeatReport = { readonly operations: readonly Operation[] } | { readonly failed: string }
