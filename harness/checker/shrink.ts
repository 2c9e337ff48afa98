/**
 * The smallest part of a history that still breaks the same rule, for a reader to see first.
 *
 * Only operations that cannot explain the violation are left out, so that the part convicts by itself and the
 * whole history does not refute it. These are left out:
 * - For rules about one hold (L, B, I, T, D, and S if it names holds): the other holds.
 * - For rules based on what was certainly taken or granted (O1, O2, V, W, and a read of more than can have
 *   been free): any hold as a whole, since without it less is certain.
 * - For rules based on what cannot have been taken (R1, and a read of less): every hold that took nothing of
 *   the resource during the call.
 * - Answers that had no effect and permit none, and repeated requests.
 */
import type { AuditRecord, HistoryHeader, Operation } from '../history/record.ts'
import { doubleAt, intAt } from './at.ts'
import type { HistoryColumns } from './columns.ts'
import type { Envelopes } from './envelopes.ts'
import type { Groups } from './groups.ts'
import { operationAt } from './rebuild.ts'
import type { Rule, Violation } from './verdict.ts'

/** The total number of operations that are judged, part by part: a few tens of milliseconds. */
const OPERATIONS_JUDGED_MAX = 20_000
/** A part with more operations is not worth trying. */
const PART_MAX = 2_000

/** The part to judge again. */
interface Part {
  readonly header: HistoryHeader
  readonly operations: readonly Operation[]
  readonly audit: AuditRecord | undefined
}

/** The violations of a part, with times relative to the whole history. */
export type JudgePart = (part: Part) => readonly Violation[]

const OF_ONE_HOLD: ReadonlySet<Rule> = new Set<Rule>(['L', 'B', 'I', 'T', 'D', 'S'])

/** The violation with the least evidence that proves it; `undefined` if nothing can be left out. */
export function smallestPart(
  envelopes: Envelopes,
  violation: Violation,
  judgePart: JudgePart,
): Violation | undefined {
  const start = startOf(envelopes, violation)
  if (start === undefined || start.length === 0 || start.length > PART_MAX) return undefined
  const header = headerFor(envelopes.header, start)
  const audit = auditOf(envelopes, start)
  let budget = OPERATIONS_JUDGED_MAX
  const convicts = (operations: readonly Operation[]): Violation | undefined => {
    budget -= operations.length
    if (budget < 0) return undefined
    return judgePart({ header, operations, audit }).find(
      ({ rule, kind, resourceId }) =>
        rule === violation.rule && kind === violation.kind && resourceId === violation.resourceId,
    )
  }
  let found = convicts(start)
  if (found === undefined) return undefined
  let part: readonly Operation[] = start
  const without = (left: ReadonlySet<Operation>): boolean => {
    const rest = part.filter((operation) => !left.has(operation))
    const still = rest.length === part.length ? undefined : convicts(rest)
    if (still === undefined) return false
    part = rest
    found = still
    return true
  }
  if (restsOnCertainty(violation)) dropInHalves(byHold(part), without)
  for (const operation of start) {
    if (part.includes(operation) && isIdle(operation, part, violation)) without(new Set([operation]))
  }
  return part.length < violation.operations.length ? { ...found, operations: part } : undefined
}

/** Drops groups while the rest still convicts: many at once first, then fewer. */
function dropInHalves(
  groups: readonly (readonly Operation[])[],
  without: (left: ReadonlySet<Operation>) => boolean,
): void {
  let kept = groups
  for (let size = Math.ceil(groups.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    const rest: (readonly Operation[])[] = []
    for (let at = 0; at < kept.length; at += size) {
      const chunk = kept.slice(at, at + size)
      if (!without(new Set(chunk.flat()))) rest.push(...chunk)
    }
    kept = rest
  }
}

/** The operations of each hold, and each read by itself. */
function byHold(operations: readonly Operation[]): readonly (readonly Operation[])[] {
  const groups = new Map<unknown, Operation[]>()
  for (const operation of operations) {
    const key = operation.op === 'availability' ? operation : operation.holdId
    groups.set(key, [...(groups.get(key) ?? []), operation])
  }
  return [...groups.values()]
}

function restsOnCertainty({ rule, kind }: Violation): boolean {
  return ['O1', 'O2', 'V', 'W'].includes(rule) || (rule === 'A' && kind === 'oversell')
}

/** All operations that may affect the violation, by invocation; `undefined` if unknown. */
function startOf(envelopes: Envelopes, violation: Violation): readonly Operation[] | undefined {
  const { rule, holdIds } = violation
  // It is known only for the whole part.
  if (rule === 'X') return undefined
  if (rule === 'R1' || rule === 'A') return takersDuring(envelopes, violation)
  const { history, operationsOf } = envelopes
  // The first named hold is the one whose own life is wrong.
  const named = OF_ONE_HOLD.has(rule) && rule !== 'S' ? holdIds.slice(0, 1) : holdIds
  return ordered(named.flatMap((id) => operationsOfHold(history, operationsOf, history.holdNumber(id))))
}

/**
 * The call that was answered wrongly, with every operation of the holds that may have taken units meanwhile.
 */
function takersDuring(envelopes: Envelopes, violation: Violation): readonly Operation[] | undefined {
  const { history, possible, operationsOf } = envelopes
  const { rule, resourceId, atUs, holdIds, operations } = violation
  const [holdId] = holdIds
  const calls = operations.filter((each) => {
    if (each.invokedUs !== atUs) return false
    if (rule === 'A') return each.op === 'availability'
    return each.op === 'hold' && each.result === 'fail' && each.why === 'sold-out' && each.holdId === holdId
  })
  const [call] = calls
  if (call === undefined || calls.length > 1 || resourceId === undefined) return undefined
  const own = holdId === undefined ? -1 : history.holdNumber(holdId)
  // A refusal that may be a remembered one is judged by a longer time than its own call.
  if (own !== -1 && operationsOf.membersOf(own).length > 1) return undefined
  const resource = history.resourceNumber(resourceId)
  const holds = new Set<number>()
  for (let row = 0; row < possible.count; row++) {
    if (intAt(possible.resource, row) !== resource || intAt(possible.hold, row) === own) continue
    const isOver = doubleAt(possible.endUs, row) < call.invokedUs
    if (isOver || doubleAt(possible.startUs, row) > call.returnedUs) continue
    holds.add(intAt(possible.hold, row))
    if (holds.size > PART_MAX) return undefined
  }
  return ordered([...[...holds].flatMap((hold) => operationsOfHold(history, operationsOf, hold)), call])
}

function operationsOfHold(history: HistoryColumns, operationsOf: Groups, hold: number): readonly Operation[] {
  return [...operationsOf.membersOf(hold)].map((operation) => operationAt(history, operation))
}

function ordered(operations: readonly Operation[]): readonly Operation[] {
  return operations.toSorted((a, b) => a.invokedUs - b.invokedUs)
}

/** Whether the operation had no effect, permits none, and is no reason for another answer. */
function isIdle(operation: Operation, part: readonly Operation[], { rule }: Violation): boolean {
  if (operation.op === 'availability') return true
  const own = part.filter((each) => each.op !== 'availability' && each.holdId === operation.holdId)
  if (operation.result === 'info') return false
  if (operation.result === 'fail') {
    if (operation.op !== 'hold' || operation.why === 'contended') return true
    // Another payload may be the reason for `id-reused`, and a refusal may be how the id was known.
    if (rule === 'I') return false
    return operation.why === 'id-reused' || !own.some((each) => each.op === 'hold' && isReused(each))
  }
  return own.some(
    (each) =>
      each !== operation &&
      each.op === operation.op &&
      each.result === 'ok' &&
      each.invokedUs <= operation.invokedUs,
  )
}

function isReused(each: Operation): boolean {
  return each.result === 'fail' && each.op === 'hold' && each.why === 'id-reused'
}

/** With only the resources that the part names. */
function headerFor(header: HistoryHeader, operations: readonly Operation[]): HistoryHeader {
  const named = new Set<unknown>()
  for (const each of operations) {
    if (each.op === 'hold') for (const [id] of each.lines) named.add(id)
    else if (each.op === 'availability' && each.result === 'ok')
      for (const [id] of each.available) named.add(id)
  }
  return { ...header, resources: header.resources.filter(({ id }) => named.has(id)) }
}

/** What the store shows of the holds in the part. */
function auditOf(
  { history, auditOf: placeOf }: Envelopes,
  operations: readonly Operation[],
): AuditRecord | undefined {
  const { audit, stored } = history
  if (audit === undefined) return undefined
  const places = new Set<number>()
  for (const each of operations) {
    if (each.op !== 'availability') places.add(intAt(placeOf, history.holdNumber(each.holdId)))
  }
  places.delete(-1)
  const holds = [...places].map((at) => ({
    id: history.holdId(intAt(stored.hold, at)),
    status: stored.status(at),
    lines: history.storedLinesOf(at),
    deadlineMs: doubleAt(stored.deadlineMs, at),
  }))
  return { ...audit, resources: [], holds, complaints: [], probes: [] }
}
