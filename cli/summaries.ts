/**
 * What each command is for, in the order of `--help`: so that the help can be shown without loading the
 * commands, most of which load engines, charts or a web server. A test compares the two.
 */
import type { OptionalPart } from '../harness/optional-packages.ts'

export interface Summary {
  readonly about: string
  /** Its arguments, as the help shows them. */
  readonly takes?: string
  readonly hasNoOptions?: true
  /** The packages without which it cannot be loaded. */
  readonly needs?: OptionalPart
}

export const SUMMARIES = {
  compare: {
    about:
      'runs the same workloads against each strategy, checks every history, and charts the valid strategies',
  },
  conform: { about: 'tests every property of the contract on one strategy; exit code 0, 3 or 4' },
  explore: { about: 'runs every interleaving of a few clients on the real engine, statement by statement' },
  faults: {
    about: 'inflicts faults on strategies while buyers buy, and compares with what was predicted',
    takes: '[names...]',
  },
  scheduler: {
    about: 'records every interleaving, and writes a page on which you choose whose statement goes next',
    takes: '[strategies...]',
  },
  replay: {
    about: 'replays a schedule that explore printed; exit code 0 valid, 3 invalid, 4 unknown',
    takes: '<schedule>',
  },
  study: {
    about: 'answers questions by experiments: a few minutes each, and it goes on after an interruption',
    takes: '[names...]',
  },
  serve: {
    about: 'serves the HTTP API over one strategy, with its documentation at /docs',
    needs: 'the HTTP service',
  },
  load: {
    about: 'load-tests the HTTP API over a strategy with k6, then audits the store independently',
    needs: 'the HTTP service',
  },
  shop: {
    about: 'serves a ticket shop over one strategy: pages, a mock payment provider, an API',
    needs: 'the HTTP service',
  },
  report: {
    about: 'renders results files as one self-contained page; several runs are compared',
    takes: '<files...>',
  },
  check: {
    about: 'checks a saved history (JSONL or binary) again; exit code 0 valid, 3 invalid, 4 unknown',
    takes: '<file>',
  },
  convert: {
    about: 'copies a saved history: a JSONL one as binary, a binary one as JSONL',
    takes: '<file> <copy>',
    hasNoOptions: true,
  },
  doctor: { about: 'starts every engine, shows where it was found, and how to get a missing one' },
  init: {
    about: 'writes a strategy, its test for vitest and a CI step, for you to change',
    takes: '[folder]',
    hasNoOptions: true,
  },
  lesson: {
    about: 'lists the lessons, or shows one: a question, your prediction, what happened and why',
    takes: '[number]',
  },
  exercise: {
    about: 'makes a folder with the exercise of a lesson: a strategy that has a hole, or is empty',
    takes: '<number> [folder]',
  },
  grade: {
    about: 'says what the judges find in an exercise, and gives hints; exit code 0, 3 or 4',
    takes: '[folder]',
  },
  list: { about: 'lists the strategies with their promises, and the workloads' },
} as const satisfies Readonly<Record<string, Summary>>

export type CommandName = keyof typeof SUMMARIES
