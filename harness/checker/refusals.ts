/**
 * R1: was it true that a resource was sold out?
 *
 * `sold-out` claims that at some moment of the call fewer units were free than requested. At every moment the
 * units taken are at most the sum of the upper envelopes of the others, so if that sum leaves enough units
 * throughout the call, the answer was wrong at all of its moments. A refusal may also be a remembered one,
 * since a definite refusal may be final for its id: if the same id was refused or lost before, the refusal
 * may be true for that earlier time, and for any line of the request.
 *
 * `contended` claims nothing and is always legal.
 */
import { AnswerCode } from '../history/answer-code.ts'
import { byteAt, doubleAt, intAt } from './at.ts'
import type { Envelopes } from './envelopes.ts'
import type { Findings } from './findings.ts'
import { operationsOfOthers } from './others.ts'
import { plural } from './plural.ts'

/**
 * R1, for one operation that was answered `sold-out`. Only counted, not reported, if exact refusals are not
 * promised.
 */
export function judgeRefusal(envelopes: Envelopes, findings: Findings, operation: number): void {
  if (refusalIsPossible(envelopes, operation)) return
  const { history, header } = envelopes
  findings.spuriousRefusals++
  if (header.refusals === 'spurious') return
  const resource = intAt(history.detail, operation)
  findings.add({
    rule: 'R1',
    kind: 'undersell',
    sort: 'refusal',
    resource,
    explain: () => {
      const hold = intAt(history.hold, operation)
      const fromUs = doubleAt(history.invokedUs, operation)
      const untilUs = doubleAt(history.returnedUs, operation)
      const units = history.unitsAsked(operation, resource)
      return {
        message:
          `${history.holdId(hold)} was told that ${history.resourceId(resource)} is sold out, but from ` +
          `${findings.ms(fromUs)} to ${findings.ms(untilUs)} the ${plural(units, 'unit')} requested ` +
          `${units === 1 ? 'was' : 'were'} free.`,
        atUs: fromUs,
        holds: [hold],
        operations: [operation, ...operationsOfOthers(envelopes, { hold, resource, untilUs })],
      }
    },
  })
}

function refusalIsPossible(envelopes: Envelopes, operation: number): boolean {
  const { history } = envelopes
  const refused = intAt(history.detail, operation)
  const invokedUs = doubleAt(history.invokedUs, operation)
  const untilUs = doubleAt(history.returnedUs, operation)
  // A line that was not requested cannot be sold out; rule I reports that.
  if (history.unitsAsked(operation, refused) === 0) return true
  if (wasShort(envelopes, { operation, resource: refused, fromUs: invokedUs, untilUs })) return true

  const { count, fromUs } = possibleRefusals(envelopes, intAt(history.hold, operation))
  if (count === 1) return false
  const endLine = history.lineEnd(operation)
  for (let line = history.lineStart(operation); line < endLine; line++) {
    const resource = intAt(history.lineResource, line)
    if (wasShort(envelopes, { operation, resource, fromUs: Math.min(invokedUs, fromUs), untilUs }))
      return true
  }
  return false
}

/**
 * How many requests for a hold were refused as sold out or may have been, and the earliest invocation of one.
 */
export function possibleRefusals(
  { history, operationsOf }: Envelopes,
  hold: number,
): { readonly count: number; readonly fromUs: number } {
  let count = 0
  let fromUs = Number.POSITIVE_INFINITY
  const end = operationsOf.end(hold)
  for (let at = operationsOf.start(hold); at < end; at++) {
    const operation = operationsOf.member(at)
    const answer = byteAt(history.answer, operation)
    if (answer !== AnswerCode.soldOut && answer !== AnswerCode.holdUnknown) continue
    count++
    fromUs = Math.min(fromUs, doubleAt(history.invokedUs, operation))
  }
  return { count, fromUs }
}

/** Whether at some moment of [fromUs, untilUs) the others may have left too little of `resource`. */
function wasShort(
  envelopes: Envelopes,
  during: {
    readonly operation: number
    readonly resource: number
    readonly fromUs: number
    readonly untilUs: number
  },
): boolean {
  const { history, capacities, possibleSteps: steps, grantedBy } = envelopes
  const { operation, resource, fromUs, untilUs } = during
  const hold = intAt(history.hold, operation)
  const needed = doubleAt(capacities, resource) - history.unitsAsked(operation, resource) + 1
  const from = steps.at(resource, fromUs)
  const granted = intAt(grantedBy, hold)
  const ownUnits = granted === -1 ? 0 : history.unitsAsked(granted, resource)
  const ownFromUs = doubleAt(envelopes.possibleFromUs, hold)
  if (ownUnits === 0 || !(ownFromUs < untilUs)) {
    return steps.sometimesAtLeast(resource, needed, { from, untilUs })
  }
  // The same id may have been granted around this time: the units that it takes itself do not count against
  // it.
  const ownUntilUs = doubleAt(envelopes.possibleUntilUs, hold)
  const end = steps.end(resource)
  for (let segment = from; segment < end; segment++) {
    const startUs = steps.fromUs(segment)
    if (startUs >= untilUs) return false
    const own = startUs >= ownFromUs && startUs < ownUntilUs ? ownUnits : 0
    if (steps.units(segment) - own >= needed) return true
  }
  return false
}
