/**
 * T: is the deadline the time to live after the grant? And D: is it the one that is stored?
 *
 * A hold was granted by one of the requests that were, or may have been, answered `held`, at a moment between
 * its invocation and both its return and the first proof that the hold exists. Its deadline, by the engine's
 * clock, is that moment and the time to live of that request. A request that is only a replay gets the first
 * deadline again, whatever its own time to live; two that differ are a breach of I. If no request can have
 * given the deadline, the rule is broken. A time to live is rounded up to whole seconds, by the strategy or
 * before it, so everything from the requested value up to that is allowed.
 *
 * No false alarm: the grant is one of those tried, and the range of each is as wide as the clock's error, and
 * as the grain of the deadline: one that is a whole number of milliseconds or of seconds may come from a
 * clock that counts in them. A request of unknown outcome may have its effect at any time. A history that
 * counts steps instead of time is not judged by T.
 */
import { AnswerCode, mayGrant } from '../history/answer-code.ts'
import { byteAt, doubleAt, intAt } from './at.ts'
import { grainMs, TOLERANCE_MS, wholeSeconds } from './deadline-grain.ts'
import { deadlineOf, type Envelopes } from './envelopes.ts'
import type { Findings } from './findings.ts'
import { resourceOf } from './resource-of.ts'

/** T and D, for one hold. */
export function judgeDeadline(envelopes: Envelopes, findings: Findings, hold: number): void {
  const { header, grantedBy } = envelopes
  const granted = intAt(grantedBy, hold)
  if (granted === -1) return
  judgeStored(envelopes, findings, hold)
  const deadlineMs = deadlineOf(envelopes, hold)
  if (
    deadlineMs === undefined ||
    header.clock.isStepped === true ||
    mayBeGiven(envelopes, hold, deadlineMs)
  ) {
    return
  }
  findings.add({
    rule: 'T',
    kind: 'broken-promise',
    sort: 'deadline',
    ...resourceOf(envelopes, hold),
    explain: () => {
      const { history } = envelopes
      const ttlMs = history.ttlMs.at(granted)
      const deadline = findings.ms((deadlineMs - header.clock.offsetMs) * 1_000)
      return {
        message:
          `${history.holdId(hold)} requested ${ttlMs} ms, but its deadline is at ${deadline}, which is that long ` +
          'after no moment at which it can have been granted.',
        holds: [hold],
      }
    },
  })
}

function mayBeGiven(envelopes: Envelopes, hold: number, deadlineMs: number): boolean {
  const { history, header, operationsOf, grantedBy, decidedUs } = envelopes
  const granted = intAt(grantedBy, hold)
  const decidedByUs = doubleAt(decidedUs, hold)
  const { offsetMs, errorMs } = header.clock
  const slackMs = errorMs + grainMs(deadlineMs) + TOLERANCE_MS
  let anyRequest = false
  const end = operationsOf.end(hold)
  for (let at = operationsOf.start(hold); at < end; at++) {
    const operation = operationsOf.member(at)
    const answer = byteAt(history.answer, operation)
    const invokedUs = doubleAt(history.invokedUs, operation)
    // A request after the hold was known to exist did not create it.
    if (!mayGrant(answer) || invokedUs >= decidedByUs || !history.sameLines(granted, operation)) continue
    anyRequest = true
    const ttlMs = history.ttlMs.at(operation)
    const returnedUs = answer === AnswerCode.held ? doubleAt(history.returnedUs, operation) : Infinity
    const earliestMs = offsetMs + Math.floor(invokedUs) / 1_000 + ttlMs - slackMs
    const latestMs = offsetMs + Math.min(returnedUs, decidedByUs) / 1_000 + wholeSeconds(ttlMs) + slackMs
    if (earliestMs <= deadlineMs && deadlineMs <= latestMs) return true
  }
  // If nothing can have granted it, L reports that.
  return !anyRequest
}

/** D: of a hold in any state, as `held` is answered again with its deadline even after its end. */
function judgeStored(envelopes: Envelopes, findings: Findings, hold: number): void {
  const { history, auditOf, grantedBy } = envelopes
  const { audit, stored } = history
  const at = intAt(auditOf, hold)
  const granted = intAt(grantedBy, hold)
  if (audit === undefined || at === -1 || byteAt(history.answer, granted) !== AnswerCode.held) return
  const toldMs = doubleAt(history.deadlineMs, granted)
  const storedMs = doubleAt(stored.deadlineMs, at)
  const apartMs = Math.abs(toldMs - storedMs)
  if (apartMs < Math.max(grainMs(toldMs), grainMs(storedMs)) + TOLERANCE_MS) return
  findings.add({
    rule: 'D',
    kind: 'broken-promise',
    sort: 'stored-deadline',
    ...resourceOf(envelopes, hold),
    explain: () => ({
      message:
        `${history.holdId(hold)} is stored with a deadline ${apartMs.toFixed(3)} ms ` +
        `${storedMs < toldMs ? 'before' : 'after'} the one that was told.`,
      atUs: audit.takenUs,
      holds: [hold],
    }),
  })
}
