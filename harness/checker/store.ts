/**
 * S: does the store at rest agree with what was acknowledged, and with itself?
 *
 * The audit is taken after every caller ended and every request of unknown outcome was abandoned, so each
 * acknowledged effect must be visible, and no other effect may be:
 * - A confirmed hold is stored as confirmed; a stored sale was confirmed, or may have been.
 * - A held hold is stored, in whatever state: the contract answers it again even after its end. A released
 *   one is stored as released. Its lines are the requested ones, all or nothing.
 * - A hold stored as released was released, or may have been; one stored as expired can have passed its
 *   deadline.
 * - A stored hold was requested, and, if it takes units, not refused every time.
 * - Everything that the auditor itself reported.
 * - The units add up, see `store-units.ts`.
 *
 * No false alarm: each is a fact about a definite answer. An unknown operation permits either state of the
 * store.
 */

import { AnswerCode, mayGrant } from '../history/answer-code.ts'
import type { AuditRecord } from '../history/record.ts'
import { byteAt, doubleAt, intAt } from './at.ts'
import type { Envelopes } from './envelopes.ts'
import type { Breach, Findings } from './findings.ts'
import { resourceOf } from './resource-of.ts'
import { judgeStoredUnits, type StoreReport } from './store-units.ts'
import { HoldSummary } from './summary.ts'

/** The store is read from the time of the audit on, and no reading takes this long. */
export const READ_US_MAX = 600_000_000

/** S. Does nothing without an audit. */
export function judgeStore(envelopes: Envelopes, findings: Findings): void {
  const { audit, unread, stored } = envelopes.history
  const { takenUs, complaints } = audit ?? unread ?? { takenUs: 0, complaints: [] }
  const report: StoreReport = (breach, message, holds = []) => {
    findings.add({ ...breach, rule: 'S', explain: () => ({ message: message(), atUs: takenUs, holds }) })
  }
  for (const complaint of complaints) {
    report({ kind: 'broken-promise', sort: `complaint ${complaint}` }, () => complaint)
  }
  if (audit === undefined) return
  const summary = new HoldSummary()
  for (let at = 0; at < stored.count; at++) judgeStoredHold({ envelopes, audit, report, summary }, at)
  for (let hold = 0; hold < envelopes.auditOf.length; hold++) {
    judgeAcknowledged({ envelopes, audit, report, summary }, hold)
  }
  judgeStoredUnits(envelopes, audit, report)
}

interface StoreJudge {
  readonly envelopes: Envelopes
  readonly audit: Omit<AuditRecord, 'holds'>
  readonly report: StoreReport
  /** Reused for one hold after another. */
  readonly summary: HoldSummary
}

/** The stored state of the hold at place `at` of the audit must be possible after its operations. */
function judgeStoredHold({ envelopes, audit, report, summary }: StoreJudge, at: number): void {
  const { history, auditOf, operationsOf } = envelopes
  const { stored } = history
  const hold = intAt(stored.hold, at)
  const status = stored.status(at)
  const id = () => history.holdId(hold)
  const takesUnits = status === 'held' || status === 'confirmed'
  const resource = storedResource(envelopes, at)
  const breach = (kind: Breach['kind'], sort: string, message: () => string, maybeLost = false) =>
    report({ ...resource, kind, sort, maybeLost }, message, [hold])

  if (intAt(auditOf, hold) !== at) breach('broken-promise', 'twice', () => `${id()} is stored twice.`)
  summary.read(history, operationsOf, hold)
  if (!summary.requested) {
    const message = () => `${id()} is stored as ${status}, but was never requested.`
    breach('broken-promise', 'phantom', message, true)
    return
  }
  if (summary.requestedFromUs === Number.POSITIVE_INFINITY) {
    const message = () => `${id()} is stored as ${status}, but every request for it was refused.`
    if (takesUnits) breach('undersell', 'refused', message, true)
    return
  }
  // What began after the deadline had no effect; that it was acknowledged is for L to say.
  const beganInTime = (us: number) =>
    us < Number.POSITIVE_INFINITY && us <= doubleAt(envelopes.liveUntilUs, hold)
  if (status === 'confirmed' && !summary.confirmed && !beganInTime(summary.confirmFromUs)) {
    const message = () => `${id()} is stored as confirmed, but cannot have been confirmed.`
    breach('broken-promise', 'phantom-confirm', message, true)
  }
  if (summary.released && status !== 'released') {
    const kind = takesUnits ? 'undersell' : 'broken-promise'
    breach(kind, 'dropped-release', () => `${id()} was released, but is stored as ${status}.`)
  }
  if (status === 'released' && !summary.released && !beganInTime(summary.releaseFromUs)) {
    const message = () => `${id()} is stored as released, but cannot have been released.`
    breach('broken-promise', 'phantom-release', message, true)
  }
  if (status === 'expired' && doubleAt(envelopes.dueFromUs, hold) > audit.takenUs + READ_US_MAX) {
    const message = () => `${id()} is stored as expired, long before its deadline.`
    breach('broken-promise', 'expired-early', message)
  }
  if (!linesWereAsked(envelopes, at)) {
    const message = () => `${id()} is stored with ${storedLines(envelopes, at)}: not as requested.`
    breach('broken-promise', 'torn', message)
  }
}

/** The resource number of the first stored line; nothing if there is no line. */
function storedResource({ history: { stored } }: Envelopes, at: number): { readonly resource?: number } {
  const line = stored.lineStart(at)
  return line < stored.lineEnd(at) ? { resource: intAt(stored.lineResource, line) } : {}
}

function storedLines({ history }: Envelopes, at: number): string {
  const { stored } = history
  const lines: string[] = []
  for (let line = stored.lineStart(at); line < stored.lineEnd(at); line++) {
    const resourceId = history.resourceId(intAt(stored.lineResource, line))
    lines.push(`${doubleAt(stored.lineUnits, line)} of ${resourceId}`)
  }
  return lines.join(', ') || 'no lines'
}

/**
 * Whether the stored lines are those of a request that was held; or, if none certainly was, those of one that
 * may have been.
 */
function linesWereAsked(envelopes: Envelopes, at: number): boolean {
  const { history, operationsOf } = envelopes
  const hold = intAt(history.stored.hold, at)
  const end = operationsOf.end(hold)
  let anyHeld = false
  let someHeldAsksThem = false
  let someRequestAsksThem = false
  for (let member = operationsOf.start(hold); member < end; member++) {
    const operation = operationsOf.member(member)
    const answer = byteAt(history.answer, operation)
    if (!mayGrant(answer)) continue
    const asksThem = history.asksStoredLines(operation, at)
    anyHeld ||= answer === AnswerCode.held
    someHeldAsksThem ||= asksThem && answer === AnswerCode.held
    someRequestAsksThem ||= asksThem
  }
  return anyHeld ? someHeldAsksThem : someRequestAsksThem
}

/** What was acknowledged must be stored. */
function judgeAcknowledged({ envelopes, report, summary }: StoreJudge, hold: number): void {
  const { history, auditOf, operationsOf } = envelopes
  const at = intAt(auditOf, hold)
  const status = at === -1 ? undefined : history.stored.status(at)
  if (status === 'confirmed') return
  const id = () => history.holdId(hold)
  summary.read(history, operationsOf, hold)
  if (summary.confirmed) {
    const found = status === undefined ? 'not stored' : `stored as ${status}`
    const message = () => `${id()} was confirmed, but is ${found}.`
    report({ ...resourceOf(envelopes, hold), kind: 'broken-promise', sort: 'lost-confirm' }, message, [hold])
  } else if (summary.heldOperation !== -1 && status === undefined) {
    const message = () => `${id()} was held, but is not stored.`
    report({ ...resourceOf(envelopes, hold), kind: 'broken-promise', sort: 'lost-hold' }, message, [hold])
  }
}
