/** What the answers in a history must satisfy in every order of effects. Shares no code with the checker. */
import type { HistoryHeader, HoldOperation, Operation } from '../../harness/history/record.ts'

/**
 * Whether the reported deadline can have been computed during `request`, and before any answer showed that the
 * hold exists.
 */
export function explainsDeadline(
  { clock }: HistoryHeader,
  operations: readonly Operation[],
  reported: Operation | undefined,
  request: HoldOperation,
): boolean {
  if (reported?.op !== 'hold' || reported.result !== 'ok') return true
  const { deadlineMs } = reported
  const slackMs = slackOf(clock, deadlineMs)
  const sinceMs = deadlineMs - clock.offsetMs
  const own = operations.filter((each) => each.op !== 'availability' && each.holdId === request.holdId)
  const mayBeRefused = own.some(
    (each) =>
      each.op === 'hold' && (each.result === 'info' || (each.result === 'fail' && each.why === 'sold-out')),
  )
  const knownUs = own
    .filter((each) => {
      if (each.result !== 'fail') return each.result === 'ok'
      return each.why === 'already-confirmed' || (each.why === 'id-reused' && !mayBeRefused)
    })
    .map(({ returnedUs }) => returnedUs)
  const untilUs = Math.min(request.result === 'info' ? Infinity : request.returnedUs, ...knownUs)
  const roundedMs = Math.ceil(request.ttlMs / 1_000) * 1_000
  return (
    sinceMs >= request.invokedUs / 1_000 + request.ttlMs - slackMs &&
    sinceMs <= untilUs / 1_000 + roundedMs + slackMs
  )
}

/** The earliest moment at which `request` can have decided the reported deadline, in microseconds. */
export function decidedFromUs(
  { clock }: HistoryHeader,
  reported: Operation | undefined,
  request: HoldOperation,
): number {
  if (reported?.op !== 'hold' || reported.result !== 'ok') return -Infinity
  const { deadlineMs } = reported
  const roundedMs = Math.ceil(request.ttlMs / 1_000) * 1_000
  return (deadlineMs - clock.offsetMs - roundedMs - slackOf(clock, deadlineMs)) * 1_000
}

/** A deadline is reported in whole seconds, in whole milliseconds, or exactly. */
function slackOf({ errorMs }: HistoryHeader['clock'], deadlineMs: number): number {
  return errorMs + (deadlineMs % 1_000 === 0 ? 1_000 : deadlineMs % 1 === 0 ? 1 : 0.01) + 0.01
}

/** Whether no hold that is granted already has a newer version of a resource than this hold reports. */
export function comesAfterOlder(
  reported: readonly (Operation | undefined)[],
  grantedBy: readonly number[],
  hold: number,
): boolean {
  const own = versionsOf(reported[hold])
  return grantedBy.every((by, other) => {
    if (by === -1 || other === hold) return true
    for (const [id, version] of versionsOf(reported[other]))
      if (version > (own.get(id) ?? Infinity)) return false
    return true
  })
}

function versionsOf(reported: Operation | undefined): ReadonlyMap<string, number> {
  const versions = new Map<string, number>()
  if (reported?.op !== 'hold' || reported.result !== 'ok') return versions
  reported.lines.forEach(([id], at) => {
    const version = reported.versions?.[at]
    if (version !== undefined) versions.set(id, version)
  })
  return versions
}

/** Whether each id has one effect, and no version is given twice: this does not depend on the order of effects. */
export function repliesAgree(operations: readonly Operation[]): boolean {
  const versions = new Map<string, string>()
  for (const one of operations) {
    if (one.op !== 'hold' || one.result !== 'ok') continue
    for (const other of operations) {
      if (other.op !== 'hold' || other.result !== 'ok' || other.holdId !== one.holdId) continue
      if (!sameSet(one.lines, other.lines) || Math.abs(one.deadlineMs - other.deadlineMs) > 0.01) return false
    }
    for (const [at, [id]] of one.lines.entries()) {
      const version = one.versions?.[at]
      if (version === undefined) continue
      const place = `${id} ${version}`
      if ((versions.get(place) ?? one.holdId) !== one.holdId) return false
      versions.set(place, one.holdId)
      const own = `${one.holdId} in ${id}`
      if ((versions.get(own) ?? `${version}`) !== `${version}`) return false
      versions.set(own, `${version}`)
    }
  }
  return true
}

export type Lines = readonly (readonly [string, number])[]

export function sameSet(a: Lines, b: Lines): boolean {
  return (
    a.length === b.length &&
    a.every(([id, units]) => b.some(([other, same]) => other === id && same === units))
  )
}

export function sameRequest(a: Operation, b: Operation): boolean {
  if (a.op !== 'hold' || b.op !== 'hold') return false
  return a.ttlMs === b.ttlMs && JSON.stringify(a.lines) === JSON.stringify(b.lines)
}
