/**
 * A schedule of a test body as text: `body/v1/the-last-seat/1.2.1.2`. A number is that client's next step; a
 * letter is an event: `t` time passes, `x2` the connections of client 2 are cut, `a2` its next answer is
 * lost.
 */

import { OF_A_BODY, ScheduleFormatError, STEPS_MAX, type Token } from '../../explore/schedule.ts'
import { EVENT_LETTERS } from './body-events.ts'

export interface BodySchedule {
  readonly name: string
  readonly steps: readonly Token[]
}

const VERSION = 'v1'
const STEP = `(?:${EVENT_LETTERS.time}|[${EVENT_LETTERS.cut}${EVENT_LETTERS.lost}]?\\d{1,3})`
const FORM = new RegExp(`^${OF_A_BODY}${VERSION}/([^/\\s]+)/(${STEP}(?:\\.${STEP})*)$`)

/** As it stands in a key: no character in it means anything to a shell. */
export function keyName(name: string): string {
  return name.replaceAll(/[^\p{L}\p{N}_.-]+/gu, '-').replaceAll(/^-+|-+$/g, '') || 'body'
}

export function formatBodySchedule({ name, steps }: BodySchedule): string {
  return `${OF_A_BODY}${VERSION}/${name}/${steps.join('.')}`
}

/** Undefined for a schedule of a strategy. Throws `ScheduleFormatError`. */
export function parseBodySchedule(text: string): BodySchedule | undefined {
  if (!text.startsWith(OF_A_BODY)) return undefined
  const [, name = '', joined = ''] = FORM.exec(text.trim()) ?? []
  const steps = joined.split('.')
  if (name === '' || steps.length > STEPS_MAX) {
    throw new ScheduleFormatError(
      `a schedule of a test body looks like ${OF_A_BODY}${VERSION}/the-last-seat/1.2.1.2, not ${JSON.stringify(text.slice(0, 80))}`,
    )
  }
  return { name, steps }
}
