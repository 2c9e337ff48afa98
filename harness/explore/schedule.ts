/**
 * A schedule as text: `strategy/scenario/clients/steps`, such as `postgres-naive/hold/2/1.1.2.2`. A number is that client's next
 * step; a letter is something that happens: `d` the deadline passes, `l` a lease expires, `x` the first client dies, `f` Redis loses acknowledged writes.
 */
import type { Happening } from './scenario.ts'

/** One step: the number of a client, from 1, or a letter. */
export type Token = string

export interface Schedule {
  readonly strategy: string
  readonly scenario: string
  readonly clients: number
  readonly steps: readonly Token[]
}

/** Fewer is no race. More than four, and nobody waits for the end of it. */
export const CLIENTS = { min: 2, max: 4 } as const
/** Far above what any strategy's retries come to; a longer text is no schedule. */
export const STEPS_MAX = 2_000

export const LETTERS: Readonly<Record<Happening, Token>> = {
  deadline: 'd',
  lease: 'l',
  death: 'x',
  forgetting: 'f',
}

/** A text that is no schedule. The message is one sentence. */
export class ScheduleFormatError extends Error {
  override readonly name = 'ScheduleFormatError'
}

export function formatSchedule({ strategy, scenario, clients, steps }: Schedule): string {
  return `${strategy}/${scenario}/${clients}/${steps.join('.')}`
}

/** Throws `ScheduleFormatError`. Whether the strategy and the scenario exist is not looked at. */
export function parseSchedule(text: string): Schedule {
  const match = /^([\w.-]+)\/([\w-]+)\/(\d)\/((?:[1-9]|[dlxf])(?:\.(?:[1-9]|[dlxf]))*)$/.exec(text.trim())
  const [, strategy, scenario, count, joined] = match ?? []
  if (strategy === undefined || scenario === undefined || count === undefined || joined === undefined) {
    throw new ScheduleFormatError(
      `a schedule looks like postgres-naive/hold/2/1.1.2.2 (strategy, scenario, clients, steps), not "${text.slice(0, 80)}"`,
    )
  }
  const clients = Number(count)
  if (clients < CLIENTS.min || clients > CLIENTS.max) {
    throw new ScheduleFormatError(`a schedule has ${CLIENTS.min} to ${CLIENTS.max} clients, not ${clients}`)
  }
  const steps = joined.split('.')
  if (steps.length > STEPS_MAX) {
    throw new ScheduleFormatError(`a schedule has at most ${STEPS_MAX} steps, not ${steps.length}`)
  }
  const stranger = steps.find((step) => Number(step) > clients)
  if (stranger !== undefined) {
    throw new ScheduleFormatError(`step ${stranger} is of a client that is not there: there are ${clients}`)
  }
  return { strategy, scenario, clients, steps }
}
