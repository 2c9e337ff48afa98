/**
 * O2: was there room for a hold when it was granted?
 *
 * A hold h was granted at some moment g of [first request, first proof s), and had its units from g until its
 * earliest end e, if g was before e. So the others' lower envelopes leave room for it at a moment of [e, s),
 * or else just before e and s, whichever is first: from g on, every moment before both is one at which h was
 * held. If there is room at none of these, h was granted without room. The hold's own D begins at s and so
 * never counts against it. This catches a hold whose own D is empty, such as one that was released before its
 * answer came.
 *
 * A hold of several lines is granted at one moment, so there must be a moment at which all of them have room.
 */
import { doubleAt, intAt } from './at.ts'
import type { Envelopes } from './envelopes.ts'
import type { Findings } from './findings.ts'
import { colliding } from './grants.ts'
import { plural } from './plural.ts'

/**
 * The hold, and when it can have been granted: from `fromUs` until `untilUs`, and had its units until
 * `settledUs`.
 */
interface Grant {
  readonly hold: number
  readonly operation: number
  readonly fromUs: number
  readonly settledUs: number
  readonly untilUs: number
}

/** O2. */
export function judgeRoom(envelopes: Envelopes, findings: Findings): void {
  for (let hold = 0; hold < envelopes.grantedBy.length; hold++) judgeRoomOf(envelopes, findings, hold)
}

/** O2, for one hold. */
export function judgeRoomOf(envelopes: Envelopes, findings: Findings, hold: number): void {
  const { history, grantedBy, possibleFromUs, provenUs, certainUntilUs } = envelopes
  const operation = intAt(grantedBy, hold)
  const untilUs = doubleAt(provenUs, hold)
  if (operation === -1 || untilUs === Number.POSITIVE_INFINITY) return
  const fromUs = doubleAt(possibleFromUs, hold)
  if (!(fromUs < untilUs)) return
  const settledUs = Math.min(doubleAt(certainUntilUs, hold), untilUs)
  const start = history.lineStart(operation)
  const end = history.lineEnd(operation)
  let eachHasRoom = true
  for (let line = start; line < end; line++) {
    if (!judgeLineRoom(envelopes, findings, { hold, line, fromUs, settledUs, untilUs })) eachHasRoom = false
  }
  if (eachHasRoom && end - start > 1) {
    judgeJointRoom(envelopes, findings, { hold, operation, fromUs, settledUs, untilUs })
  }
}

/** Whether one line alone had room. */
function judgeLineRoom(
  envelopes: Envelopes,
  findings: Findings,
  { hold, line, fromUs, settledUs, untilUs }: Omit<Grant, 'operation'> & { readonly line: number },
): boolean {
  const { history, certainSteps: steps, capacities } = envelopes
  const resource = intAt(history.lineResource, line)
  const capacity = doubleAt(capacities, resource)
  const units = doubleAt(history.lineUnits, line)
  const from = fromUs < settledUs ? steps.before(resource, settledUs) : steps.at(resource, fromUs)
  if (steps.sometimesAtMost(resource, capacity - units, { from, untilUs })) return true
  findings.add({
    rule: 'O2',
    kind: 'oversell',
    sort: 'room',
    resource,
    explain: () => {
      // Shown at the first of the moments at which there should have been room.
      const atUs = Math.max(fromUs, steps.fromUs(from))
      const { holds } = colliding(envelopes, { resource, atUs, capacity: capacity - units })
      const others = holds.filter((other) => other !== hold)
      return {
        message:
          `${history.holdId(hold)} got ${plural(units, 'unit')} of ${history.resourceId(resource)} ` +
          `(capacity ${capacity}) between ${findings.ms(fromUs)} and ${findings.ms(untilUs)}, but ` +
          `${others.map((other) => history.holdId(other)).join(', ') || 'others'} left no room for it ` +
          'at any moment at which it can have been granted.',
        atUs,
        holds: [hold, ...others],
      }
    },
  })
  return false
}

/** Whether all lines had room at the same moment; each alone had room at some moment. */
function judgeJointRoom(envelopes: Envelopes, findings: Findings, grant: Grant): void {
  if (hadJointRoom(envelopes, grant)) return
  const { history, capacities } = envelopes
  const { hold, operation, fromUs, untilUs } = grant
  findings.add({
    rule: 'O2',
    kind: 'oversell',
    sort: 'joint-room',
    resource: intAt(history.lineResource, history.lineStart(operation)),
    explain: () => {
      const others = new Set<number>()
      for (let line = history.lineStart(operation); line < history.lineEnd(operation); line++) {
        const resource = intAt(history.lineResource, line)
        const left = doubleAt(capacities, resource) - doubleAt(history.lineUnits, line)
        for (const atUs of [fromUs, untilUs]) {
          for (const other of colliding(envelopes, { resource, atUs, capacity: left }).holds)
            others.add(other)
        }
      }
      others.delete(hold)
      return {
        message:
          `${history.holdId(hold)} got all of its ${history.lineEnd(operation) - history.lineStart(operation)} ` +
          `lines between ${findings.ms(fromUs)} and ${findings.ms(untilUs)}, but at no moment at which it can ` +
          `have been granted did ${[...others].map((other) => history.holdId(other)).join(', ') || 'others'} ` +
          'leave room for all of them at once.',
        atUs: fromUs,
        holds: [hold, ...others],
      }
    },
  })
}

function hadJointRoom(envelopes: Envelopes, { operation, fromUs, settledUs, untilUs }: Grant): boolean {
  const { history, certainSteps: steps } = envelopes
  const start = history.lineStart(operation)
  const end = history.lineEnd(operation)
  if (fromUs < settledUs) {
    let allFit = true
    for (let line = start; allFit && line < end; line++) {
      allFit = fits(envelopes, line, steps.before(intAt(history.lineResource, line), settledUs))
    }
    if (allFit) return true
  }
  let us = Math.max(fromUs, Math.min(settledUs, untilUs))
  // Moves to the next moment at which the line without room has some, until all lines have room.
  for (let line = start, fitting = 0; fitting < end - start; line = line + 1 < end ? line + 1 : start) {
    if (!(us < untilUs)) return false
    const resource = intAt(history.lineResource, line)
    const last = steps.end(resource)
    let segment = steps.at(resource, us)
    while (segment < last && !fits(envelopes, line, segment)) segment++
    if (segment === last) return false
    const nextUs = steps.fromUs(segment)
    if (nextUs > us) {
      us = nextUs
      fitting = 1
    } else fitting++
  }
  return us < untilUs
}

/** Whether the others leave room for one line during one segment. */
function fits({ history, certainSteps, capacities }: Envelopes, line: number, segment: number): boolean {
  const capacity = doubleAt(capacities, intAt(history.lineResource, line))
  return certainSteps.units(segment) <= capacity - doubleAt(history.lineUnits, line)
}
