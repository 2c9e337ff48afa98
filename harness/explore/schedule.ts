/**
 * A schedule as text: `strategy/scenario/clients/steps`, such as `postgres-naive/hold/2/1.1.2.2`. A number is
 * that client's next step; a letter is something that happens: `d` the deadline passes, `l` a lease expires,
 * `x` the first client dies, `f` Redis loses acknowledged writes, `t` whoever waits for a lock has waited too
 * long.
 */
import type { EnvironmentEvent } from './scenario.ts'

/** One step: the number of a client, from 1, or a letter. */
export type Token = string

export interface Schedule {
  /** By name. */
  readonly strategy: string
  /** By name. */
  readonly scenario: string
  /** How many there are. */
  readonly clients: number
  /** In the order in which they are made. */
  readonly steps: readonly Token[]
}

/**
 * The version that is written and played. It rises when the same text would mean other steps. Version 1 does
 * not name itself; any other is to stand in front, as in `v2/postgres-naive/hold/2/1.1.2.2`.
 */
const SCHEDULE_VERSION = 1

/** Fewer is no race. More than four, and nobody waits for the end of it. */
export const CLIENTS = { min: 2, max: 4 } as const
/** Far above what any strategy's retries come to; a longer text is no schedule. */
export const STEPS_MAX = 2_000
/** A schedule of an exploration is cut there: above what the retries of the strategies here come to. */
export const EXPLORED_STEPS_MAX = 400

export const LETTERS: Readonly<Record<EnvironmentEvent, Token>> = {
  deadline: 'd',
  lease: 'l',
  death: 'x',
  forgetting: 'f',
  timeout: 't',
}

const EXAMPLE = 'a schedule looks like postgres-naive/hold/2/1.1.2.2 (strategy, scenario, clients, steps)'
/** Longer, and a sentence no longer fits a terminal. */
const SHOWN_MAX = 80

/** A text that is no schedule, or one of another version. The message is one sentence. */
export class ScheduleFormatError extends Error {
  override readonly name = 'ScheduleFormatError'
  readonly code = 'schedule-format'
}

export function formatSchedule({ strategy, scenario, clients, steps }: Schedule): string {
  return `${strategy}/${scenario}/${clients}/${steps.join('.')}`
}

/** Throws `ScheduleFormatError`. Whether the strategy and the scenario exist is not looked at. */
export function parseSchedule(text: string): Schedule {
  const parts = unversioned(text.trim().split('/'))
  const [strategy = '', scenario = '', count = '', joined = ''] = parts
  if (
    parts.length !== 4 ||
    !/^[\w.-]+$/.test(strategy) ||
    !/^[\w-]+$/.test(scenario) ||
    !/^\d$/.test(count)
  ) {
    throw new ScheduleFormatError(`${EXAMPLE}, not ${quotedShort(text)}`)
  }
  return { strategy, scenario, clients: clientsIn(count), steps: stepsIn(joined, Number(count)) }
}

/** The parts without a version. Throws where it is another one than is played. */
function unversioned(parts: readonly string[]): readonly string[] {
  const [first = '', ...rest] = parts
  const version = /^v(\d{1,9})$/.exec(first)?.[1]
  // A strategy, too, may be called v2.
  if (version === undefined || rest.length !== 4) return parts
  if (Number(version) === SCHEDULE_VERSION) return rest
  throw new ScheduleFormatError(
    `the schedule is of version ${Number(version)}, and this Holdfast plays version ${SCHEDULE_VERSION}: ` +
      'replay it with the Holdfast that found it, or let "holdfast explore" find one again',
  )
}

function clientsIn(count: string): number {
  const clients = Number(count)
  if (clients >= CLIENTS.min && clients <= CLIENTS.max) return clients
  throw new ScheduleFormatError(`a schedule has ${CLIENTS.min} to ${CLIENTS.max} clients, not ${clients}`)
}

function stepsIn(joined: string, clients: number): readonly Token[] {
  const steps = joined.split('.')
  if (steps.length > STEPS_MAX) {
    throw new ScheduleFormatError(`a schedule has at most ${STEPS_MAX} steps, not ${steps.length}`)
  }
  const letters = Object.values(LETTERS)
  const odd = steps.findIndex((step) => !/^[1-9]$/.test(step) && !letters.includes(step))
  if (odd !== -1) {
    throw new ScheduleFormatError(
      `${EXAMPLE}, and its step ${odd + 1} is the number of a client or one of ${letters.join(', ')}, ` +
        `not ${quotedShort(steps[odd] ?? '')}`,
    )
  }
  const stranger = steps.find((step) => Number(step) > clients)
  if (stranger !== undefined) {
    throw new ScheduleFormatError(`step ${stranger} is of a client that is not there: there are ${clients}`)
  }
  return steps
}

/** On one line, whatever is in it. */
function quotedShort(text: string): string {
  return JSON.stringify(text.slice(0, SHOWN_MAX))
}
