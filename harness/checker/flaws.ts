/**
 * What keeps a history from being believed, whatever it shows: it contradicts the way in which histories are
 * recorded, so that the record is wrong, and perhaps not the strategy.
 *
 * - A caller waits for its answer before it calls again, so it never has two calls at once. Nor is one call
 *   recorded twice.
 * - The store is audited after every caller has ended.
 * - Sums of units are kept in doubles, which are exact up to 2^53.
 */
import { byteAt, doubleAt, intAt } from './at.ts'
import type { HistoryColumns } from './columns.ts'
import { grouped } from './groups.ts'

/**
 * Invocations are rounded down to whole microseconds and returns up, so two calls, one after the other, may
 * seem to overlap by this much.
 */
const TOUCH_US = 1

/** One sentence each; empty for a history that can be judged. */
export function flawsOf(history: HistoryColumns): readonly string[] {
  return [...history.flaws, ...tooManyUnits(history), ...auditedTooSoon(history), ...callsAtOnce(history)]
}

function tooManyUnits({ unitsTotal }: HistoryColumns): readonly string[] {
  if (unitsTotal <= Number.MAX_SAFE_INTEGER) return []
  return ['The units of all holds add up to more than 2^53, which cannot be summed exactly.']
}

function auditedTooSoon(history: HistoryColumns): readonly string[] {
  if (history.audit === undefined) return []
  const { takenUs } = history.audit
  for (let operation = 0; operation < history.count; operation++) {
    const returnedUs = doubleAt(history.returnedUs, operation)
    if (returnedUs <= takenUs + TOUCH_US) continue
    return [
      `The store was audited at ${ms(history, takenUs)}, before the call of client ` +
        `${history.process.at(operation)} that returned at ${ms(history, returnedUs)}: not at rest.`,
    ]
  }
  return []
}

/** Recorders write the calls of one client in their order, and then no sorting is needed. */
function callsAtOnce(history: HistoryColumns): readonly string[] {
  const last = new Map<number, number>()
  for (let operation = 0; operation < history.count; operation++) {
    const process = history.process.at(operation)
    const before = last.get(process)
    if (before !== undefined && !areApart(history, before, operation)) return callsAtOnceSorted(history)
    last.set(process, operation)
  }
  return []
}

/** The same of records in any order. */
function callsAtOnceSorted(history: HistoryColumns): readonly string[] {
  const numbers = new Map<number, number>()
  const client = Int32Array.from({ length: history.count }, (_, operation) => {
    const process = history.process.at(operation)
    const number = numbers.get(process) ?? numbers.size
    numbers.set(process, number)
    return number
  })
  const calls = grouped(client, { groupCount: numbers.size })
  for (let number = 0; number < numbers.size; number++) {
    const own = calls.membersOf(number)
    own.sort(
      (a, b) =>
        doubleAt(history.returnedUs, a) - doubleAt(history.returnedUs, b) ||
        doubleAt(history.invokedUs, a) - doubleAt(history.invokedUs, b),
    )
    for (let at = 1; at < own.length; at++) {
      const [one, other] = [intAt(own, at - 1), intAt(own, at)]
      if (!areApart(history, one, other)) return [atOnce(history, one, other)]
    }
  }
  return []
}

/** Whether `one` can have ended before `other` began, and they are not one and the same. */
function areApart(history: HistoryColumns, one: number, other: number): boolean {
  const apart = doubleAt(history.invokedUs, other) >= doubleAt(history.returnedUs, one) - TOUCH_US
  return apart && !isTwice(history, one, other)
}

function atOnce(history: HistoryColumns, one: number, other: number): string {
  const client = `client ${history.process.at(other)}`
  const at = ms(history, doubleAt(history.invokedUs, other))
  return isTwice(history, one, other)
    ? `The call of ${client} at ${at} is recorded twice.`
    : `According to the history, ${client} made a call at ${at} before its last one had returned.`
}

function isTwice(history: HistoryColumns, one: number, other: number): boolean {
  return (
    doubleAt(history.invokedUs, one) === doubleAt(history.invokedUs, other) &&
    doubleAt(history.returnedUs, one) === doubleAt(history.returnedUs, other) &&
    byteAt(history.answer, one) === byteAt(history.answer, other) &&
    intAt(history.hold, one) === intAt(history.hold, other) &&
    history.sameLines(one, other)
  )
}

function ms(history: HistoryColumns, us: number): string {
  return `${((us - history.firstInvokedUs) / 1_000).toFixed(3)} ms`
}
