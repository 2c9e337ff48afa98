/**
 * How long after its deadline an abandoned seat was had again: from the deadline, by the engine's clock, to
 * the end of the call that was granted it. Only where somebody asked until then, since a seat that nobody
 * wants is not late.
 */
import type { HistoryHeader, HoldOperation, Operation } from '../history/record.ts'
import type { Percentiles } from '../results/figures.ts'
import { percentiles } from './figures.ts'

/** Between the last refusal and the request that was granted; above it, nobody was asking in between. */
const ASKED_WITHIN_US = 20_000

/** Milliseconds; undefined if no seat was abandoned and had again. Seats are resources of one unit. */
export function freedAfterMs(
  operations: Iterable<Operation>,
  { clock, resources }: Pick<HistoryHeader, 'clock' | 'resources'>,
): Percentiles | undefined {
  if (!isAnyDue(operations, clock.offsetMs)) return undefined
  const ended = new Set<string>()
  const seats = new Map<string, HoldOperation[]>()
  for (const { id, capacity } of resources) if (capacity === 1) seats.set(id, [])
  for (const operation of operations) {
    if (operation.op !== 'hold') {
      if (operation.op !== 'availability' && operation.result !== 'fail') ended.add(operation.holdId)
      continue
    }
    for (const [resourceId] of operation.lines) seats.get(resourceId)?.push(operation)
  }
  const waitsUs = [...seats.values()].flatMap((all) => waitsOf(all, ended, clock.offsetMs))
  return waitsUs.length === 0 ? undefined : percentiles(waitsUs)
}

/** Whether a hold fell due during the operations. In most runs none does, and nothing of them is kept. */
function isAnyDue(operations: Iterable<Operation>, offsetMs: number): boolean {
  let dueUs = Number.POSITIVE_INFINITY
  let untilUs = 0
  for (const operation of operations) {
    untilUs = Math.max(untilUs, operation.returnedUs)
    if (operation.op === 'hold' && operation.result === 'ok')
      dueUs = Math.min(dueUs, (operation.deadlineMs - offsetMs) * 1_000)
  }
  return dueUs <= untilUs
}

/** Of one seat, in microseconds. */
function waitsOf(
  all: readonly HoldOperation[],
  ended: ReadonlySet<string>,
  offsetMs: number,
): readonly number[] {
  const waitsUs: number[] = []
  let deadlineUs: number | undefined
  let holdId: string | undefined
  let refusedUs = Number.NEGATIVE_INFINITY
  for (const operation of all.toSorted((one, other) => one.invokedUs - other.invokedUs)) {
    if (operation.result === 'fail') {
      if (operation.why === 'sold-out') refusedUs = operation.returnedUs
      continue
    }
    // Sent again: not a new hold.
    if (operation.holdId === holdId) continue
    holdId = operation.holdId
    const isWaitedFor = operation.invokedUs - refusedUs <= ASKED_WITHIN_US
    if (operation.result === 'ok' && deadlineUs !== undefined && isWaitedFor)
      waitsUs.push(Math.max(0, operation.returnedUs - deadlineUs))
    // Of unknown outcome: nobody can tell when it ends.
    const isAbandoned = operation.result === 'ok' && !ended.has(operation.holdId)
    deadlineUs = isAbandoned ? (operation.deadlineMs - offsetMs) * 1_000 : undefined
  }
  return waitsUs
}
