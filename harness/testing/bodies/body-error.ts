/** A race in a test body, or a proof that could not be made, as text for a terminal. */
import { types } from 'node:util'
import { transcript } from '../../explore/transcript.ts'
import { ReservationTestError } from '../test-case.ts'
import type { PlayedBody } from './body-run.ts'
import { formatBodySchedule } from './replay-key.ts'

/** Of a stack, the reader's own lines come first. */
const STACK_LINES_MAX = 8

interface Failing extends PlayedBody {
  readonly failure: { readonly error: unknown }
}

/** `heading`: how it was found. */
export function bodyFailed(
  run: Failing,
  of: { readonly name: string; readonly heading: string; readonly command: string | undefined },
): ReservationTestError {
  const { error } = run.failure
  if (run.steps.length === 0) {
    const message = `The body fails before it has made a statement:\n\n${stackOf(error)}`
    return new ReservationTestError(message, { cause: error })
  }
  const key = formatBodySchedule({ name: of.name, steps: run.steps })
  const message = [
    of.heading,
    '',
    bodyTranscript(run),
    stackOf(error),
    '',
    `The same schedule again: HOLDFAST_REPLAY='${key}' ${of.command ?? 'before the command of this test'}`,
  ].join('\n')
  return new ReservationTestError(message, { cause: error })
}

export function bodyUnknown(reasons: readonly string[], schedules: number): ReservationTestError {
  return new ReservationTestError(
    [`Nothing was proved of the test body, after ${countOf(schedules)}:`, ...reasons].join('\n  - '),
  )
}

export function bodyTranscript(run: PlayedBody): string {
  const message = run.failure && firstLine(run.failure.error)
  const wrong = message === undefined ? undefined : { step: run.steps.length, message }
  return transcript(run.events, wrong, run.clients)
}

export function countOf(schedules: number): string {
  return schedules === 1 ? '1 schedule' : `${schedules.toLocaleString('en')} schedules`
}

function firstLine(error: unknown): string {
  const text = types.isNativeError(error) ? `${error.name}: ${error.message}` : `it threw ${String(error)}`
  return text.split('\n')[0] ?? text
}

function stackOf(error: unknown): string {
  // In Jest it is an Error of another context, which is no instance of ours.
  if (!types.isNativeError(error) || error.stack === undefined) return firstLine(error)
  const lines = error.stack.split('\n')
  const isFrame = (line: string) => /^\s+at /.test(line)
  const frames = lines.filter((line) => isFrame(line) && !/node_modules|\bnode:/.test(line))
  return [...lines.filter((line) => !isFrame(line)), ...frames.slice(0, STACK_LINES_MAX)].join('\n')
}
