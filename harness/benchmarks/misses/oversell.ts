/** Whether a history is illegal because too much was sold. */
import type { HistoryRecord, Operation, StoredStatus } from '../../history/record.ts'
import { problemOf } from './problem.ts'
import { isLegal } from './search.ts'

/**
 * A history is an oversell if its grants, confirms and releases alone, without refusals and reads, are
 * possible with unlimited capacity and impossible with the real capacity. Of the store at rest, only which
 * holds exist and which are sold or live counts, not how the others ended.
 */
export function isOversell(records: readonly HistoryRecord[]): boolean {
  const changes = records.filter((record) => record.type !== 'operation' || isChange(record))
  const named = new Set(
    changes.flatMap((record) =>
      record.type === 'operation' && record.op !== 'availability' ? [record.holdId] : [],
    ),
  )
  const grants = changes.map((record): HistoryRecord => {
    if (record.type !== 'audit') return record
    const holds = record.holds.filter(({ id, status }) => named.has(id) || takesUnits(status))
    return { ...record, holds, resources: [], probes: [], complaints: [] }
  })
  const said = problemOf(grants)
  if (typeof said === 'string') return false
  const problem = { ...said, endsAlike: true }
  const unlimited = { ...problem, capacities: problem.capacities.map(() => Number.POSITIVE_INFINITY) }
  return !isLegal(problem) && isLegal(unlimited)
}

function isChange(operation: Operation): boolean {
  return operation.op !== 'availability' && !(operation.op === 'hold' && operation.result === 'fail')
}

/** Of a refused hold, a row that takes no units changes nothing. */
function takesUnits(status: StoredStatus): boolean {
  return status === 'held' || status === 'confirmed'
}
