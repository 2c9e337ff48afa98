/**
 * A schedule as text: `v2/strategy/scenario/clients/steps`, such as `v2/postgres-naive/hold/2/1.2.1.1.2.2`. A
 * number is that client's next step; a letter is an event: `d` the deadline passes, `l` a lease expires, `x`
 * the first client dies, `f` Redis loses acknowledged writes, `t` a client reaches its lock timeout.
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
  /** In the order in which they run. */
  readonly steps: readonly Token[]
}

/**
 * The version that is written and run. It increases when the same text would mean other steps. Version 1 has
 * no prefix; any other version is written in front. In version 2, BEGIN and COMMIT are no steps of their own
 * where they travel with a statement.
 */
const SCHEDULE_VERSION = 2
const UNPREFIXED_VERSION = 1

/** With fewer there is no race; more than four would take too long. */
export const CLIENTS = { min: 2, max: 4 } as const
/** Far more steps than any strategy's retries need; a longer text is not a schedule. */
export const STEPS_MAX = 2_000
/** An exploration cuts a schedule there: more steps than the retries of the registry's strategies need. */
export const EXPLORED_STEPS_MAX = 400

export const LETTERS: Readonly<Record<EnvironmentEvent, Token>> = {
  deadline: 'd',
  lease: 'l',
  death: 'x',
  forgetting: 'f',
  timeout: 't',
}

/** The schedules of test bodies begin with this: harness/testing/bodies has them. */
export const OF_A_BODY = 'body/'

const EXAMPLE =
  'a schedule looks like v2/postgres-naive/hold/2/1.2.1.1 (version, strategy, scenario, clients, steps)'
/** A longer excerpt would make the sentence too long for a terminal. */
const SHOWN_MAX = 80

/** A text that is not a schedule, or has another version. The message is one sentence. */
export class ScheduleFormatError extends Error {
  override readonly name = 'ScheduleFormatError'
  readonly code = 'schedule-format'
}

export function formatSchedule({ strategy, scenario, clients, steps }: Schedule): string {
  return `v${SCHEDULE_VERSION}/${strategy}/${scenario}/${clients}/${steps.join('.')}`
}

/** Throws `ScheduleFormatError`. Does not check whether the strategy and the scenario exist. */
export function parseSchedule(text: string): Schedule {
  if (text.startsWith(OF_A_BODY)) {
    throw new ScheduleFormatError(
      'this is a schedule of a test body: run its test with HOLDFAST_REPLAY set to it',
    )
  }
  const { version, parts } = unversioned(text.trim().split('/'))
  const [strategy = '', scenario = '', count = '', joined = ''] = parts
  if (
    parts.length !== 4 ||
    !/^[\w.-]+$/.test(strategy) ||
    !/^[\w-]+$/.test(scenario) ||
    !/^\d$/.test(count)
  ) {
    throw new ScheduleFormatError(`${EXAMPLE}, not ${quotedShort(text)}`)
  }
  const schedule = { strategy, scenario, clients: clientsIn(count), steps: stepsIn(joined, Number(count)) }
  if (version !== SCHEDULE_VERSION) throw ofAnotherVersion(version)
  return schedule
}

/** The parts without the version. Throws for a version whose parts may be others. */
function unversioned(parts: readonly string[]): {
  readonly version: number
  readonly parts: readonly string[]
} {
  const [first = '', ...rest] = parts
  const written = /^v(\d{1,9})$/.exec(first)?.[1]
  // A strategy may also be called v2.
  if (written === undefined || rest.length !== 4) return { version: UNPREFIXED_VERSION, parts }
  const version = Number(written)
  if (version !== SCHEDULE_VERSION && version !== UNPREFIXED_VERSION) throw ofAnotherVersion(version)
  return { version, parts: rest }
}

function ofAnotherVersion(version: number): ScheduleFormatError {
  return new ScheduleFormatError(
    `the schedule is of version ${version}, and this Holdfast runs version ${SCHEDULE_VERSION}: ` +
      'replay it with the Holdfast that found it, or let "holdfast explore" find a new one',
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
  const stranger = steps.findIndex((step) => Number(step) > clients)
  if (stranger !== -1) {
    throw new ScheduleFormatError(
      `step ${stranger + 1} names client ${steps[stranger]}, which does not exist: there are ${clients}`,
    )
  }
  return steps
}

/** On one line, whatever it contains. */
function quotedShort(text: string): string {
  return JSON.stringify(text.slice(0, SHOWN_MAX))
}
