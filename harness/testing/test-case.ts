/** Tests as data: whatever runs them, vitest or another, is an adapter. */
import type { Stage } from './stage.ts'

/** What a test came to, if it did not throw. `skipped`: it says nothing about the strategy, and why. */
export type TestEnd = 'passed' | { readonly skipped: string }

interface RunOf {
  /** How the reader starts this test again, without a variable in front. */
  readonly command: string
}

export interface TestCase {
  readonly name: string
  /** No test takes as long unless it is stuck. */
  readonly timeoutMs: number
  /** It spends its time waiting, so that others of its group can run meanwhile. */
  readonly isConcurrent: boolean
  /** Throws where the strategy breaks its promise, or where nothing could be proved. */
  run(stage: Stage, of: RunOf): Promise<TestEnd>
}

export interface TestGroup {
  readonly title: string
  readonly tests: readonly TestCase[]
}

/** A broken promise or a missing proof. The message is made to be read in a terminal. */
export class ReservationTestError extends Error {
  override readonly name = 'ReservationTestError'
  readonly code = 'promise-not-shown'
}
