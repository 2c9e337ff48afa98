/** Messages between a run and a process that carries out calls for it: `client-process.ts`, `client.ts`. */
import type {
  ConfirmOutcome,
  HoldId,
  HoldOutcome,
  HoldRequest,
  ReleaseOutcome,
} from '../../strategies/strategy.ts'
import type { StrategyReference } from '../entries/strategy-reference.ts'
import type { Attachment } from '../ground/ground.ts'

/** What it opens. */
export interface ClientJob {
  readonly strategy: StrategyReference
  readonly attachment: Attachment
  /** Between a strategy's read and its write. */
  readonly criticalSectionMs: number
  readonly seed: number
}

/** By the name of the call. */
export interface ClientCalls {
  readonly hold: { readonly asked: HoldRequest; readonly answer: HoldOutcome }
  readonly confirm: { readonly asked: HoldId; readonly answer: ConfirmOutcome }
  readonly release: { readonly asked: HoldId; readonly answer: ReleaseOutcome }
}

export type ClientOrder =
  | { readonly kind: 'open'; readonly job: ClientJob }
  | { readonly kind: 'call'; readonly number: number; readonly call: ClientCall }
  /** Closes the strategy and its connections, whatever is under way, and exits. */
  | { readonly kind: 'close' }

export type ClientCall =
  | { readonly name: 'hold'; readonly asked: HoldRequest }
  | { readonly name: 'confirm'; readonly asked: HoldId }
  | { readonly name: 'release'; readonly asked: HoldId }

export type ClientReport =
  | { readonly kind: 'opened' }
  | { readonly kind: 'answered'; readonly number: number; readonly answer: unknown }
  | { readonly kind: 'threw'; readonly number: number; readonly why: string }
  /** How many calls are between their read and their write now. */
  | { readonly kind: 'within'; readonly calls: number }
  /** A batch of so many callers is sent. */
  | { readonly kind: 'batch'; readonly callers: number }
  /** It could not be opened; `why` is one sentence. */
  | { readonly kind: 'failed'; readonly why: string }
