/**
 * I: has one id one payload and one effect?
 *
 * - Two payloads of one id were both held. A payload is its set of lines: a strategy may ignore their order.
 * - `held` was answered with two deadlines or two versions: there were two effects.
 * - `id-reused`, although no other request with this id differs; or although the hold of that same request
 *   certainly existed.
 * - `sold-out`, although a hold with this id certainly existed: `held` should have been answered again.
 * - `sold-out` names a resource that was not requested.
 *
 * No false alarm: an unknown operation is never taken as an answer here, only as a request that may have
 * been granted.
 */
import { AnswerCode, mayGrant } from '../history/answer-code.ts'
import { byteAt, doubleAt, intAt } from './at.ts'
import { TOLERANCE_MS } from './deadline-grain.ts'
import type { Envelopes } from './envelopes.ts'
import type { Findings } from './findings.ts'
import { resourceOf } from './resource-of.ts'
import type { Violation } from './verdict.ts'

/** One answer to a request for a hold. */
interface HoldAnswer {
  readonly envelopes: Envelopes
  readonly findings: Findings
  readonly hold: number
  readonly operation: number
}

/** I, for one hold. */
export function judgeId(envelopes: Envelopes, findings: Findings, hold: number): void {
  const { history, operationsOf } = envelopes
  const end = operationsOf.end(hold)
  let firstHeld = -1
  for (let at = operationsOf.start(hold); at < end; at++) {
    const operation = operationsOf.member(at)
    switch (byteAt(history.answer, operation)) {
      case AnswerCode.held:
        if (firstHeld === -1) firstHeld = operation
        else judgeHeldAgain({ envelopes, findings, hold, operation }, firstHeld)
        break
      case AnswerCode.idReused:
        judgeIdReused({ envelopes, findings, hold, operation })
        break
      case AnswerCode.soldOut:
        judgeSoldOut({ envelopes, findings, hold, operation })
        break
      default: // not an answer to a request for a hold, or one that claims nothing
    }
  }
}

function judgeHeldAgain(answer: HoldAnswer, first: number): void {
  const { envelopes, operation } = answer
  const { history } = envelopes
  const id = history.holdId(answer.hold)
  if (!history.sameLines(first, operation)) {
    report(answer, 'payloads', 'oversell', () => `${id} was held with two different sets of lines.`)
    return
  }
  const apartMs = Math.abs(doubleAt(history.deadlineMs, first) - doubleAt(history.deadlineMs, operation))
  if (!(apartMs <= TOLERANCE_MS)) {
    const message = () =>
      `${id} was held with two deadlines, ${apartMs.toFixed(3)} ms apart: it had two effects.`
    report(answer, 'deadlines', 'broken-promise', message)
  } else if (!sameVersions(envelopes, first, operation)) {
    const message = () => `${id} was held with two versions: it had two effects.`
    report(answer, 'versions', 'broken-promise', message)
  }
}

function judgeIdReused(answer: HoldAnswer): void {
  const { envelopes, hold, operation } = answer
  const { history } = envelopes
  const id = () => history.holdId(hold)
  if (isReplay(envelopes, operation)) {
    report(
      answer,
      'reused',
      'undersell',
      () => `${id()} was held, and the same request was later called reused.`,
    )
    return
  }
  if (differsFromAnother(envelopes, operation)) return
  const message = () => `${id()} was called reused, but no other request with this id differs.`
  report(answer, 'reused', 'undersell', message)
}

function judgeSoldOut(answer: HoldAnswer): void {
  const { envelopes, hold, operation } = answer
  const { history } = envelopes
  const id = () => history.holdId(hold)
  const refused = intAt(history.detail, operation)
  if (history.unitsAsked(operation, refused) === 0) {
    const message = () => `${id()} was refused for ${history.resourceId(refused)}, which it did not ask for.`
    report(answer, 'refused-line', 'broken-promise', message)
  } else if (doubleAt(envelopes.provenUs, hold) <= doubleAt(history.invokedUs, operation)) {
    const message = () => `${id()} was held, and the same id was later refused as sold out.`
    report(answer, 'refused-again', 'undersell', message)
  }
}

function report(
  { envelopes, findings, hold, operation }: HoldAnswer,
  sort: string,
  kind: Violation['kind'],
  message: () => string,
): void {
  const atUs = doubleAt(envelopes.history.returnedUs, operation)
  findings.add({
    rule: 'I',
    kind,
    sort,
    ...resourceOf(envelopes, hold),
    explain: () => ({ message: message(), atUs, holds: [hold], operations: [operation] }),
  })
}

/** Versions are compared by resource, and only if both answers have one. */
function sameVersions({ history }: Envelopes, a: number, b: number): boolean {
  const endA = history.lineEnd(a)
  const endB = history.lineEnd(b)
  for (let lineA = history.lineStart(a); lineA < endA; lineA++) {
    for (let lineB = history.lineStart(b); lineB < endB; lineB++) {
      if (intAt(history.lineResource, lineA) !== intAt(history.lineResource, lineB)) continue
      const versionA = doubleAt(history.lineVersion, lineA)
      const versionB = doubleAt(history.lineVersion, lineB)
      // Not `!==`: a missing version is NaN, and must not count as different.
      if (versionA < versionB || versionA > versionB) return false
    }
  }
  return true
}

/** Whether only this same request can have made the hold, which existed when it was sent again. */
function isReplay({ history, operationsOf, grantedBy, provenUs }: Envelopes, operation: number): boolean {
  const hold = intAt(history.hold, operation)
  const granted = intAt(grantedBy, hold)
  if (granted === -1 || byteAt(history.answer, granted) !== AnswerCode.held) return false
  if (doubleAt(provenUs, hold) > doubleAt(history.invokedUs, operation)) return false
  return operationsOf
    .membersOf(hold)
    .filter((other) => mayGrant(byteAt(history.answer, other)) && history.sameLines(granted, other))
    .every((other) => history.sameRequest(operation, other))
}

/**
 * Whether an earlier or concurrent request with this id differs, other than one that certainly had no effect.
 */
function differsFromAnother({ history, operationsOf }: Envelopes, operation: number): boolean {
  const returnedUs = doubleAt(history.returnedUs, operation)
  for (const other of operationsOf.membersOf(intAt(history.hold, operation))) {
    const answer = byteAt(history.answer, other)
    // A strategy may also remember refused requests.
    if (!mayGrant(answer) && answer !== AnswerCode.soldOut) continue
    const cameBefore = doubleAt(history.invokedUs, other) < returnedUs
    if (cameBefore && !history.sameRequest(operation, other)) return true
  }
  return false
}
