/**
 * The order of the events of one step, for readers. If a step ends a statement that waited, others who waited
 * for that client go on with the same step, and the runner hears of them in any order.
 */
import type { Event } from './schedule-run.ts'

/** An answer that is an error of PostgreSQL. */
const FAILED = /^[0-9A-Z]{5} /

/** In each step: the client whose step it is, then those whose statement was ended, then those who go on. */
export function inOrderOfCause(events: readonly Event[]): readonly Event[] {
  return [...Map.groupBy(events, ({ step }) => step).values()].flatMap((own) => {
    const [first] = own
    const answered = own.findIndex(({ kind }) => kind === 'answers')
    if (first === undefined || answered === -1) return own
    const before = own.slice(0, answered)
    const waits = before.some(({ kind }) => kind === 'waits')
    const ended = own.filter(({ kind, text }) => kind === 'answers' && FAILED.test(text))
    const rank = ({ client }: Event): number => {
      if (client === first.client && !waits) return 0
      return ended.some((each) => each.client === client) ? 1 : 2
    }
    return [...before, ...own.slice(answered).toSorted((one, other) => rank(one) - rank(other))]
  })
}
