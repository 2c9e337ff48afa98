/**
 * S: does the store at rest agree with what was acknowledged, and with itself?
 *
 * The audit is taken after every caller ended and every unknown request was given up, so each acknowledged effect must
 * show, and nothing may show that nobody can have caused:
 * - A confirmed hold is stored as confirmed; a stored sale was confirmed, or may have been.
 * - A held hold is stored, in whatever state: the contract answers it again even after its end. A released one is neither
 *   held nor confirmed. Its lines are the ones asked for, all or nothing.
 * - A stored hold was requested, and, if it takes units, not refused every time.
 * - Sold units fit the capacity, and the store's own count of taken units is the sum of its holds.
 * - The probe: exactly the units that nobody has could still be held, and one more could not. How many those are is
 *   derived here from the stored holds. Holds that were live at the read may have ended since, so both figures are good.
 * - Whatever the auditor found wrong by itself.
 *
 * No false alarm: each is a fact about a definite answer. An unknown operation permits either state of the store.
 */
import type { AuditRecord } from '../history/record.ts'
import { Answer } from './columns.ts'
import type { Envelopes } from './envelopes.ts'
import type { Finding, Findings } from './findings.ts'
import { count } from './grants.ts'
import { resourceOf } from './lives.ts'

type Audit = Omit<AuditRecord, 'holds'>

export function judgeStore(envelopes: Envelopes, findings: Findings): void {
  const audit = envelopes.history.audit
  if (audit === undefined) return
  const report = (
    finding: Omit<Finding, 'rule' | 'tell'>,
    message: () => string,
    holds: readonly number[] = [],
  ) => {
    findings.add({ ...finding, rule: 'S', tell: () => ({ message: message(), atUs: audit.takenUs, holds }) })
  }
  for (const complaint of audit.complaints) {
    report({ kind: 'broken-promise', sort: `complaint ${complaint}` }, () => complaint)
  }
  judgeStoredHolds(envelopes, report)
  judgeAcknowledged(envelopes, report)
  judgeUnits(envelopes, audit, report)
}

type Report = (
  finding: Omit<Finding, 'rule' | 'tell'>,
  message: () => string,
  holds?: readonly number[],
) => void

/** What one hold's operations allow the store to show. */
interface Told {
  requested: boolean
  mayBeGranted: boolean
  held: boolean
  confirmed: boolean
  mayBeConfirmed: boolean
  released: boolean
}

function told({ history, operationsOf }: Envelopes, hold: number): Told {
  const what: Told = {
    requested: false,
    mayBeGranted: false,
    held: false,
    confirmed: false,
    mayBeConfirmed: false,
    released: false,
  }
  const end = operationsOf.first[hold + 1] ?? 0
  for (let at = operationsOf.first[hold] ?? 0; at < end; at++) {
    switch (history.answer[operationsOf.members[at] ?? 0]) {
      case Answer.held:
        what.requested = true
        what.mayBeGranted = true
        what.held = true
        break
      case Answer.holdUnknown:
        what.requested = true
        what.mayBeGranted = true
        break
      case Answer.soldOut:
      case Answer.contended:
      case Answer.idReused:
        what.requested = true
        break
      case Answer.confirmed:
        what.confirmed = true
        what.mayBeConfirmed = true
        break
      case Answer.alreadyConfirmed:
        what.confirmed = true
        break
      case Answer.confirmUnknown:
        what.mayBeConfirmed = true
        break
      case Answer.released:
        what.released = true
        break
      default: // claims nothing about the store
    }
  }
  return what
}

function judgeStoredHolds(envelopes: Envelopes, report: Report): void {
  const { history, auditOf } = envelopes
  const { stored } = history
  for (let at = 0; at < stored.count; at++) {
    const hold = stored.hold[at] ?? 0
    const status = stored.status[at] ?? 'expired'
    const id = history.holdId(hold)
    const firstLine = stored.firstLine[at] ?? 0
    const endLine = stored.firstLine[at + 1] ?? 0
    const resource = firstLine < endLine ? { resource: stored.lineResource[firstLine] ?? 0 } : {}
    const is = told(envelopes, hold)
    const takesUnits = status === 'held' || status === 'confirmed'
    if (auditOf[hold] !== at) {
      report({ ...resource, kind: 'broken-promise', sort: 'twice' }, () => `${id} is stored twice.`, [hold])
    }
    if (!is.requested) {
      const message = () => `${id} is stored as ${status}, but nobody asked for it.`
      report({ ...resource, kind: 'broken-promise', sort: 'phantom' }, message, [hold])
      continue
    }
    if (!is.mayBeGranted) {
      if (!takesUnits) continue
      const message = () => `${id} is stored as ${status}, but every request for it was refused.`
      report({ ...resource, kind: 'undersell', sort: 'refused' }, message, [hold])
      continue
    }
    if (status === 'confirmed' && !is.mayBeConfirmed) {
      const message = () => `${id} is stored as confirmed, but nobody can have confirmed it.`
      report({ ...resource, kind: 'broken-promise', sort: 'phantom-confirm' }, message, [hold])
    }
    if (is.released && takesUnits) {
      const message = () => `${id} was released, but is stored as ${status}.`
      report({ ...resource, kind: 'undersell', sort: 'dropped-release' }, message, [hold])
    }
    if (!linesWereAsked(envelopes, { hold, firstLine, endLine })) {
      const message = () => {
        const lines: string[] = []
        for (let line = firstLine; line < endLine; line++) {
          lines.push(`${stored.lineUnits[line]} of ${history.resourceId(stored.lineResource[line] ?? 0)}`)
        }
        return `${id} is stored with ${lines.join(', ') || 'no lines'}: not what was asked for.`
      }
      report({ ...resource, kind: 'broken-promise', sort: 'torn' }, message, [hold])
    }
  }
}

/** Whether these stored lines are those of a request that was held, or if none certainly was, that may have been. */
function linesWereAsked(
  { history, operationsOf }: Envelopes,
  stored: { readonly hold: number; readonly firstLine: number; readonly endLine: number },
): boolean {
  const { hold, firstLine, endLine } = stored
  const inStore = history.stored
  const end = operationsOf.first[hold + 1] ?? 0
  let anyHeld = false
  let heldSo = false
  let askedSo = false
  for (let at = operationsOf.first[hold] ?? 0; at < end; at++) {
    const operation = operationsOf.members[at] ?? 0
    const answer = history.answer[operation]
    if (answer !== Answer.held && answer !== Answer.holdUnknown) continue
    let same =
      (history.firstLine[operation + 1] ?? 0) - (history.firstLine[operation] ?? 0) === endLine - firstLine
    for (let line = firstLine; line < endLine; line++) {
      same &&= history.unitsAsked(operation, inStore.lineResource[line] ?? -1) === inStore.lineUnits[line]
    }
    anyHeld ||= answer === Answer.held
    heldSo ||= same && answer === Answer.held
    askedSo ||= same
  }
  return anyHeld ? heldSo : askedSo
}

function judgeAcknowledged(envelopes: Envelopes, report: Report): void {
  const { history, auditOf } = envelopes
  for (let hold = 0; hold < auditOf.length; hold++) {
    const status = history.stored.status[auditOf[hold] ?? -1]
    if (status === 'confirmed') continue
    const is = told(envelopes, hold)
    const of = resourceOf(envelopes, hold)
    const resource = of === undefined ? {} : { resource: of }
    const id = history.holdId(hold)
    if (is.confirmed) {
      const message = () =>
        `${id} was confirmed, but is ${status === undefined ? 'not stored' : `stored as ${status}`}.`
      report({ ...resource, kind: 'broken-promise', sort: 'lost-confirm' }, message, [hold])
    } else if (is.held && status === undefined) {
      const message = () => `${id} was held, but is not stored.`
      report({ ...resource, kind: 'broken-promise', sort: 'lost-hold' }, message, [hold])
    }
  }
}

function judgeUnits({ history, capacities }: Envelopes, audit: Audit, report: Report): void {
  const sold = new Float64Array(capacities.length)
  const live = new Float64Array(capacities.length)
  const { stored } = history
  for (let at = 0; at < stored.count; at++) {
    const status = stored.status[at]
    if (status !== 'held' && status !== 'confirmed') continue
    const sum = status === 'confirmed' ? sold : live
    const end = stored.firstLine[at + 1] ?? 0
    for (let line = stored.firstLine[at] ?? 0; line < end; line++) {
      const resource = stored.lineResource[line] ?? 0
      sum[resource] = (sum[resource] ?? 0) + (stored.lineUnits[line] ?? 0)
    }
  }
  for (let resource = 0; resource < capacities.length; resource++) {
    const capacity = capacities[resource] ?? 0
    const units = sold[resource] ?? 0
    if (units <= capacity) continue
    const message = () =>
      `${history.resourceId(resource)} has ${count(capacity, 'unit')}, and ${units} are stored as sold.`
    report({ resource, kind: 'oversell', sort: 'sold' }, message)
  }
  for (const { id, taken } of audit.resources) {
    const resource = history.resourceNumber(id)
    const sum = (sold[resource] ?? 0) + (live[resource] ?? 0)
    if (taken === sum) continue
    const message = () =>
      `The store counts ${count(taken, 'unit')} of ${id} as taken, but its holds have ${sum}.`
    report({ resource, kind: taken > sum ? 'undersell' : 'broken-promise', sort: 'taken' }, message)
  }
  for (const { resourceId, unitsExpected, unitsHeld, oneMoreRefused } of audit.probes) {
    const resource = history.resourceNumber(resourceId)
    const most = Math.max(0, (capacities[resource] ?? 0) - (sold[resource] ?? 0))
    const least = Math.max(0, most - (live[resource] ?? 0))
    if (unitsExpected < least || unitsExpected > most) {
      const message = () =>
        `${count(unitsExpected, 'unit')} of ${resourceId} ${unitsExpected === 1 ? 'was' : 'were'} taken to be ` +
        `free at rest, but by the stored holds it is ${least}${most > least ? ` to ${most}` : ''}.`
      report({ resource, kind: unitsExpected < least ? 'undersell' : 'oversell', sort: 'expected' }, message)
    }
    if (unitsHeld < unitsExpected) {
      const message = () =>
        `${count(unitsExpected, 'unit')} of ${resourceId} should be free at rest, but no more than ` +
        `${unitsHeld} could be held.`
      report({ resource, kind: 'undersell', sort: 'leaked' }, message)
    }
    if (!oneMoreRefused || unitsHeld > unitsExpected) {
      const message = () =>
        `${count(unitsExpected, 'unit')} of ${resourceId} should be free at rest, but one more could be held.`
      report({ resource, kind: 'oversell', sort: 'one-more' }, message)
    }
  }
}
