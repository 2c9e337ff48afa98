/**
 * L: do all operations on one hold together describe a possible life?
 *
 * A hold is unknown, then held, then finally confirmed, released or expired. Each rule below names two facts
 * that this order excludes; "came before" always means that one returned no later than the other was invoked.
 *
 * - Confirmed and released: no hold is both. `already-confirmed` says confirmed.
 * - Confirmed too late: the first request to confirm was invoked after the deadline's latest moment. (A
 *   repeated one may be answered at any time.) Released too late: likewise, with the requests to release.
 * - An answer about a hold that cannot have been granted: every request for it was refused or came after
 *   the answer.
 * - `already-confirmed` although no request to confirm came before or during it.
 * - `gone`, although the hold certainly existed when this was requested, and nothing can have ended it: the
 *   deadline's earliest moment had not come, and no release that may have had an effect had been requested.
 *   For a hold that was ever confirmed, nothing can have ended it at any time.
 * - Released for the first time after it was gone.
 * - B: `gone` in answer to a release, although the hold certainly existed and a release of it was
 *   acknowledged. A hold that was released never expired: whenever the other release was answered, the hold
 *   was live, and would have been released by it, or was released already; both are answered `released`. (The
 *   same for a confirm, confirmed and then gone, is a breach of L.)
 *
 * No false alarm: an unknown operation only ever widens what is possible here. It counts as a request that
 * may have had its effect, never as an answer, and its effect may come at any time after its invocation.
 */
import { AnswerCode, answersHold } from '../history/answer-code.ts'
import { byteAt, doubleAt } from './at.ts'
import type { Envelopes } from './envelopes.ts'
import type { Findings } from './findings.ts'
import { resourceOf } from './resource-of.ts'
import { HoldSummary } from './summary.ts'
import type { Rule, Violation } from './verdict.ts'

/** One hold under judgement. */
interface Life {
  readonly envelopes: Envelopes
  readonly findings: Findings
  readonly hold: number
  readonly summary: HoldSummary
}

/** L, for one hold after another. */
export class LifeJudge {
  readonly #envelopes: Envelopes
  readonly #findings: Findings
  readonly #summary = new HoldSummary()

  constructor(envelopes: Envelopes, findings: Findings) {
    this.#envelopes = envelopes
    this.#findings = findings
  }

  judge(hold: number): void {
    const { history, operationsOf } = this.#envelopes
    const start = operationsOf.start(hold)
    const end = operationsOf.end(hold)
    if (start === end) return
    // A single request cannot contradict itself.
    if (end - start === 1 && answersHold(byteAt(history.answer, operationsOf.member(start)))) return
    const summary = this.#summary.read(history, operationsOf, hold)
    const life = { envelopes: this.#envelopes, findings: this.#findings, hold, summary }
    judgeBothEnds(life)
    judgeLateConfirm(life)
    judgeLateRelease(life)
    for (let at = start; at < end; at++) judgeAnswer(life, operationsOf.member(at))
    judgeReleaseAfterGone(life)
  }
}

function judgeBothEnds(life: Life): void {
  const { summary } = life
  if (!summary.confirmed || !summary.released) return
  report(life, {
    sort: 'both',
    kind: 'oversell',
    message: () => `${idOf(life)} was both confirmed and released.`,
  })
}

function judgeLateConfirm(life: Life): void {
  const { envelopes, findings, hold, summary } = life
  const { confirmFromUs } = summary
  const liveUntilUs = doubleAt(envelopes.liveUntilUs, hold)
  if (!summary.confirmed || confirmFromUs === Number.POSITIVE_INFINITY || !(confirmFromUs > liveUntilUs))
    return
  report(life, {
    sort: 'late-confirm',
    kind: 'oversell',
    message: () =>
      `${idOf(life)} was confirmed, although the first request to confirm it came at ` +
      `${findings.ms(confirmFromUs)} and its deadline was past by ${findings.ms(liveUntilUs)}.`,
    atUs: confirmFromUs,
  })
}

function judgeLateRelease(life: Life): void {
  const { envelopes, findings, hold, summary } = life
  const { releaseFromUs } = summary
  const liveUntilUs = doubleAt(envelopes.liveUntilUs, hold)
  if (!summary.released || !(releaseFromUs > liveUntilUs)) return
  report(life, {
    sort: 'late-release',
    kind: 'broken-promise',
    message: () =>
      `${idOf(life)} was released, although the first request to release it came at ` +
      `${findings.ms(releaseFromUs)} and its deadline was past by ${findings.ms(liveUntilUs)}.`,
    atUs: releaseFromUs,
  })
}

/** The rules about a single answer. */
function judgeAnswer(life: Life, operation: number): void {
  switch (byteAt(life.envelopes.history.answer, operation)) {
    case AnswerCode.confirmed:
      judgeGranted(life, operation, 'confirmed')
      break
    case AnswerCode.released:
      judgeGranted(life, operation, 'released')
      break
    case AnswerCode.alreadyConfirmed:
      judgeGranted(life, operation, 'confirmed')
      judgeAlreadyConfirmed(life, operation)
      break
    case AnswerCode.confirmGone:
    case AnswerCode.releaseGone:
      judgeGone(life, operation)
      break
    default: // says nothing about the life beyond what the envelopes use
  }
}

function judgeGranted(life: Life, operation: number, end: 'confirmed' | 'released'): void {
  const { envelopes, findings, summary } = life
  const returnedUs = doubleAt(envelopes.history.returnedUs, operation)
  if (summary.requestedFromUs < returnedUs) return
  report(life, {
    sort: 'never-granted',
    kind: 'broken-promise',
    maybeLost: true,
    message: () =>
      `${idOf(life)} was ${end}, but before ${findings.ms(returnedUs)} nothing can have granted it.`,
    atUs: returnedUs,
  })
}

function judgeAlreadyConfirmed(life: Life, operation: number): void {
  const returnedUs = doubleAt(life.envelopes.history.returnedUs, operation)
  if (life.summary.confirmFromUs < returnedUs) return
  report(life, {
    sort: 'never-confirmed',
    kind: 'broken-promise',
    maybeLost: true,
    message: () => `${idOf(life)} was called already confirmed, but no confirm had been requested.`,
    atUs: returnedUs,
  })
}

function judgeGone(life: Life, operation: number): void {
  const { envelopes, findings, hold, summary } = life
  if (!certainlyExisted(life, operation)) return
  const { history } = envelopes
  const invokedUs = doubleAt(history.invokedUs, operation)
  if (byteAt(history.answer, operation) === AnswerCode.releaseGone && summary.released) {
    report(life, {
      rule: 'B',
      sort: 'released-and-gone',
      kind: 'broken-promise',
      message: () => `${idOf(life)} was released, and yet a release that was sent again called it gone.`,
      atUs: invokedUs,
    })
    return
  }
  const returnedUs = doubleAt(envelopes.history.returnedUs, operation)
  if (byteAt(envelopes.sold, hold) === 1) {
    report(life, {
      sort: 'gone-though-sold',
      kind: 'oversell',
      message: () => `${idOf(life)} was confirmed, and yet called gone.`,
      atUs: invokedUs,
    })
    return
  }
  const dueFromUs = doubleAt(envelopes.dueFromUs, hold)
  if (returnedUs > dueFromUs || summary.releaseFromUs < returnedUs) return
  report(life, {
    sort: 'gone-early',
    kind: 'broken-promise',
    message: () =>
      `${idOf(life)} was gone by ${findings.ms(returnedUs)}, although it had not been released and its deadline ` +
      `was not before ${findings.ms(dueFromUs)}.`,
    atUs: returnedUs,
  })
}

function judgeReleaseAfterGone(life: Life): void {
  const { findings, summary } = life
  if (!summary.released) return
  const goneByUs = goneBy(life)
  if (!(goneByUs <= summary.releaseFromUs)) return
  report(life, {
    sort: 'released-after-gone',
    kind: 'broken-promise',
    message: () => `${idOf(life)} was gone by ${findings.ms(goneByUs)}, and only then released.`,
    atUs: summary.releaseFromUs,
  })
}

/** The earliest return of `gone` about a hold that had certainly existed; infinity without one. */
function goneBy(life: Life): number {
  const { history, operationsOf } = life.envelopes
  let goneByUs = Number.POSITIVE_INFINITY
  const end = operationsOf.end(life.hold)
  for (let at = operationsOf.start(life.hold); at < end; at++) {
    const operation = operationsOf.member(at)
    const answer = byteAt(history.answer, operation)
    if (answer !== AnswerCode.confirmGone && answer !== AnswerCode.releaseGone) continue
    if (!certainlyExisted(life, operation)) continue
    goneByUs = Math.min(goneByUs, doubleAt(history.returnedUs, operation))
  }
  return goneByUs
}

/** Whether the hold existed, or had existed, when `operation` was invoked. */
function certainlyExisted({ envelopes, hold }: Life, operation: number): boolean {
  return doubleAt(envelopes.provenUs, hold) <= doubleAt(envelopes.history.invokedUs, operation)
}

function idOf({ envelopes, hold }: Life): string {
  return envelopes.history.holdId(hold)
}

function report(
  { envelopes, findings, hold }: Life,
  breach: {
    readonly sort: string
    readonly kind: Violation['kind']
    readonly message: () => string
    readonly atUs?: number
    readonly rule?: Rule
    readonly maybeLost?: boolean
  },
): void {
  const { rule = 'L', sort, kind, message, atUs, maybeLost = false } = breach
  findings.add({
    rule,
    kind,
    sort,
    maybeLost,
    ...resourceOf(envelopes, hold),
    explain: () => ({ message: message(), ...(atUs === undefined ? {} : { atUs }), holds: [hold] }),
  })
}
