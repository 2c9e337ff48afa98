/**
 * L and I: is the life of one hold, told by all of its operations, a possible one?
 *
 * A hold is unknown, then held, then for ever confirmed, released or expired. Each rule below names two facts that this
 * order excludes; "came before" always means that one returned no later than the other was invoked.
 *
 * L, the life:
 * - Confirmed and released: no hold is both. `already-confirmed` says confirmed.
 * - An answer about a hold that nobody can have been granted: every request for it was refused or came after the answer.
 * - Confirmed too late: the first request to confirm was invoked after the deadline's latest moment. (Said again it may
 *   be answered at any time.) Released too late: likewise, with the requests to release.
 * - `already-confirmed` although no request to confirm came before or during it.
 * - `gone`, although the hold certainly existed when this was asked, and nothing can have ended it: the deadline's earliest
 *   moment had not come, and no release that may have had an effect had been requested. For a hold that was ever
 *   confirmed, nothing can have ended it at any time.
 * - Released for the first time after it was gone.
 *
 * I, the id: one payload, one effect.
 * - Two payloads of one id were both held. A payload is its set of lines: their order is the buyer's business.
 * - `held` was answered with two deadlines or two versions: there were two effects.
 * - `id-reused`, though no other request with this id differs in anything.
 * - `sold-out`, although a hold with this id certainly existed: it should have been answered again.
 * - `sold-out` names a resource that was not asked for.
 *
 * No false alarm: an unknown operation only ever widens what is possible here. It counts as a request that may have had
 * its effect, never as an answer, and its effect may come at any time after its invocation.
 */
import { Answer } from './columns.ts'
import type { Envelopes } from './envelopes.ts'
import type { Findings } from './findings.ts'

/** A deadline told twice may differ by as much, because engines keep whole microseconds. */
const DEADLINE_TOLERANCE_MS = 0.01

const NEVER = Number.POSITIVE_INFINITY

export function judgeLives(envelopes: Envelopes, findings: Findings): void {
  const holdCount = envelopes.grantedBy.length
  for (let hold = 0; hold < holdCount; hold++) {
    judgeLife(envelopes, findings, hold)
    judgeId(envelopes, findings, hold)
  }
}

/** The first line's resource, to file a violation under. */
export function resourceOf(
  { history, grantedBy, operationsOf }: Envelopes,
  hold: number,
): number | undefined {
  let operation = grantedBy[hold] ?? -1
  if (operation === -1) operation = operationsOf.members[operationsOf.first[hold] ?? 0] ?? -1
  if (history.hold[operation] !== hold) return undefined
  const line = history.firstLine[operation] ?? 0
  return line < (history.firstLine[operation + 1] ?? 0) ? history.lineResource[line] : undefined
}

function judgeLife(envelopes: Envelopes, findings: Findings, hold: number): void {
  const { history, operationsOf, provenUs, dueFromUs, liveUntilUs, sold } = envelopes
  const begin = operationsOf.first[hold] ?? 0
  const end = operationsOf.first[hold + 1] ?? 0
  if (end - begin < 2 && (history.answer[operationsOf.members[begin] ?? 0] ?? 0) <= Answer.holdUnknown) return

  let askedFrom = NEVER
  let confirmFrom = NEVER
  let releaseFrom = NEVER
  let confirmed = -1
  let released = -1
  for (let at = begin; at < end; at++) {
    const operation = operationsOf.members[at] ?? 0
    const invoked = history.invokedUs[operation] ?? 0
    switch (history.answer[operation]) {
      case Answer.held:
      case Answer.holdUnknown:
        askedFrom = Math.min(askedFrom, invoked)
        break
      case Answer.confirmed:
        confirmed = operation
        confirmFrom = Math.min(confirmFrom, invoked)
        break
      case Answer.alreadyConfirmed:
        if (confirmed === -1) confirmed = operation
        break
      case Answer.confirmUnknown:
        confirmFrom = Math.min(confirmFrom, invoked)
        break
      case Answer.released:
        released = operation
        releaseFrom = Math.min(releaseFrom, invoked)
        break
      case Answer.releaseUnknown:
        releaseFrom = Math.min(releaseFrom, invoked)
        break
      default: // a definite refusal had no effect
    }
  }

  const breach = (
    sort: string,
    kind: 'oversell' | 'broken-promise',
    message: () => string,
    atUs?: number,
  ) => {
    const resource = resourceOf(envelopes, hold)
    findings.add({
      rule: 'L',
      kind,
      sort,
      ...(resource === undefined ? {} : { resource }),
      tell: () => ({ message: message(), ...(atUs === undefined ? {} : { atUs }), holds: [hold] }),
    })
  }
  const id = history.holdId(hold)
  const proven = provenUs[hold] ?? NEVER
  const dueFrom = dueFromUs[hold] ?? 0
  const liveUntil = liveUntilUs[hold] ?? NEVER
  let endedBy = NEVER
  let said = ''

  if (confirmed !== -1 && released !== -1) {
    breach('both', 'oversell', () => `${id} was both confirmed and released.`)
  }
  if (confirmed !== -1 && confirmFrom > liveUntil && confirmFrom < NEVER) {
    breach(
      'late-confirm',
      'oversell',
      () =>
        `${id} was confirmed, although the first request to confirm it came at ${findings.ms(confirmFrom)} ` +
        `and its deadline was past by ${findings.ms(liveUntil)}.`,
      confirmFrom,
    )
  }
  if (released !== -1 && releaseFrom > liveUntil) {
    breach(
      'late-release',
      'broken-promise',
      () =>
        `${id} was released, although the first request to release it came at ${findings.ms(releaseFrom)} ` +
        `and its deadline was past by ${findings.ms(liveUntil)}.`,
      releaseFrom,
    )
  }
  for (let at = begin; at < end; at++) {
    const operation = operationsOf.members[at] ?? 0
    const invoked = history.invokedUs[operation] ?? 0
    const returned = history.returnedUs[operation] ?? 0
    const answer = history.answer[operation]
    switch (answer) {
      case Answer.confirmed:
      case Answer.released:
      case Answer.alreadyConfirmed:
        said = answer === Answer.released ? 'released' : 'confirmed'
        if (!(askedFrom < returned)) {
          const told = said
          breach(
            'never-granted',
            'broken-promise',
            () => `${id} was ${told}, but before ${findings.ms(returned)} nothing can have granted it.`,
            returned,
          )
        }
        if (answer === Answer.alreadyConfirmed && !(confirmFrom < returned)) {
          breach(
            'never-confirmed',
            'broken-promise',
            () => `${id} was called already confirmed, but nobody had asked to confirm it.`,
            returned,
          )
        }
        break
      case Answer.confirmGone:
      case Answer.releaseGone:
        if (!(proven <= invoked)) break
        endedBy = Math.min(endedBy, returned)
        if (sold[hold] === 1) {
          breach('gone-though-sold', 'oversell', () => `${id} was confirmed, and yet called gone.`, invoked)
        } else if (!(returned > dueFrom) && !(releaseFrom < returned)) {
          breach(
            'gone-early',
            'broken-promise',
            () =>
              `${id} was gone by ${findings.ms(returned)}, though nobody had released it and its deadline ` +
              `was not before ${findings.ms(dueFrom)}.`,
            returned,
          )
        }
        break
      default: // says nothing about the life that the envelopes do not use
    }
  }
  if (released !== -1 && endedBy <= releaseFrom) {
    breach(
      'released-after-gone',
      'broken-promise',
      () => `${id} was gone by ${findings.ms(endedBy)}, and only then released.`,
      releaseFrom,
    )
  }
}

function judgeId(envelopes: Envelopes, findings: Findings, hold: number): void {
  const { history, operationsOf, provenUs } = envelopes
  const begin = operationsOf.first[hold] ?? 0
  const end = operationsOf.first[hold + 1] ?? 0
  const proven = provenUs[hold] ?? NEVER
  let first = -1
  for (let at = begin; at < end; at++) {
    const operation = operationsOf.members[at] ?? 0
    const returned = history.returnedUs[operation] ?? 0
    const breach = (
      sort: string,
      kind: 'oversell' | 'undersell' | 'broken-promise',
      message: () => string,
    ) => {
      const resource = resourceOf(envelopes, hold)
      findings.add({
        rule: 'I',
        kind,
        sort,
        ...(resource === undefined ? {} : { resource }),
        tell: () => ({ message: message(), atUs: returned, holds: [hold], operations: [operation] }),
      })
    }
    const id = history.holdId(hold)
    switch (history.answer[operation]) {
      case Answer.held:
        if (first === -1) first = operation
        else if (!history.sameLines(first, operation)) {
          breach('payloads', 'oversell', () => `${id} was held with two different sets of lines.`)
        } else if (!sameDeadline(envelopes, first, operation)) {
          breach('deadlines', 'broken-promise', () => {
            const [a, b] = [history.deadlineMs[first] ?? 0, history.deadlineMs[operation] ?? 0]
            return `${id} was held with two deadlines, ${Math.abs(a - b).toFixed(3)} ms apart: it had two effects.`
          })
        } else if (!sameVersions(envelopes, first, operation)) {
          breach('versions', 'broken-promise', () => `${id} was held with two versions: it had two effects.`)
        }
        break
      case Answer.idReused:
        if (!differsFromAnother(envelopes, operation)) {
          breach(
            'reused',
            'undersell',
            () => `${id} was called reused, but no other request with this id differs.`,
          )
        }
        break
      case Answer.soldOut:
        if (history.unitsAsked(operation, history.detail[operation] ?? 0) === 0) {
          const named = history.resourceId(history.detail[operation] ?? 0)
          breach(
            'refused-line',
            'broken-promise',
            () => `${id} was refused for ${named}, which it did not ask for.`,
          )
        } else if (proven <= (history.invokedUs[operation] ?? 0)) {
          breach(
            'refused-again',
            'undersell',
            () => `${id} was held, and the same id was later told sold out.`,
          )
        }
        break
      default: // not an answer to a request for a hold, or one that claims nothing
    }
  }
}

function sameDeadline({ history }: Envelopes, a: number, b: number): boolean {
  return Math.abs((history.deadlineMs[a] ?? 0) - (history.deadlineMs[b] ?? 0)) <= DEADLINE_TOLERANCE_MS
}

/** Versions are compared by resource, and only where both answers carry one. */
function sameVersions({ history }: Envelopes, a: number, b: number): boolean {
  const endA = history.firstLine[a + 1] ?? 0
  const endB = history.firstLine[b + 1] ?? 0
  for (let lineA = history.firstLine[a] ?? 0; lineA < endA; lineA++) {
    for (let lineB = history.firstLine[b] ?? 0; lineB < endB; lineB++) {
      if (history.lineResource[lineA] !== history.lineResource[lineB]) continue
      const versionA = history.lineVersion[lineA] ?? Number.NaN
      const versionB = history.lineVersion[lineB] ?? Number.NaN
      if (versionA < versionB || versionA > versionB) return false
    }
  }
  return true
}

/** Whether an earlier or concurrent request with this id, that was not certainly without effect, asks otherwise. */
function differsFromAnother({ history, operationsOf }: Envelopes, operation: number): boolean {
  const hold = history.hold[operation] ?? 0
  const returned = history.returnedUs[operation] ?? 0
  const end = operationsOf.first[hold + 1] ?? 0
  for (let at = operationsOf.first[hold] ?? 0; at < end; at++) {
    const other = operationsOf.members[at] ?? 0
    const answer = history.answer[other]
    // A strategy may remember what it refused, too.
    if (answer !== Answer.held && answer !== Answer.holdUnknown && answer !== Answer.soldOut) continue
    if ((history.invokedUs[other] ?? 0) < returned && !history.sameRequest(operation, other)) return true
  }
  return false
}
