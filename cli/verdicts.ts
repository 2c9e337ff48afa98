/** The colours and exit codes of verdicts. */
import type { Verdict } from '../harness/checker/verdict.ts'
import type { Tone } from '../harness/report/tone.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'

export const VERDICT_TONES = { valid: 'good', invalid: 'bad', unknown: 'doubtful' } as const satisfies Record<
  Verdict['verdict'],
  Tone
>

export const VERDICT_EXITS = {
  valid: EXIT.asPromised,
  invalid: EXIT.convicted,
  unknown: EXIT.notProven,
} as const satisfies Record<Verdict['verdict'], ExitCode>
