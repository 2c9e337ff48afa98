/** A challenge: something to bring about on one tree, and perhaps a question about it. */
import type { RecordedEvent } from './recording.ts'

/** What a reader is to bring about. */
export type Goal =
  | { readonly kind: 'oversold' }
  /** An event of this kind whose text has this pattern. */
  | { readonly kind: 'event'; readonly event: RecordedEvent['kind']; readonly pattern: string }
  /** All have finished. */
  | { readonly kind: 'end' }

export interface ChallengeAnswer {
  readonly text: string
  readonly isRight: boolean
  /** What is said when it is chosen. */
  readonly reply: string
}

export interface Challenge {
  /** In addresses. */
  readonly id: string
  readonly title: string
  readonly task: string
  readonly strategy: string
  readonly scenario: string
  readonly clients: number
  readonly goal: Goal
  /** Asked when the goal is reached; then nothing can be sold twice in any schedule. */
  readonly question?: { readonly ask: string; readonly answers: readonly ChallengeAnswer[] }
  /** Said at the end. */
  readonly lesson: string
}
