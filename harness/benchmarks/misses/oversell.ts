/** Whether a history is illegal because too much was sold. */
import type { HistoryRecord } from '../../history/record.ts'
import { problemOf } from './problem.ts'
import { isLegal } from './search.ts'

/**
 * A history is an oversell if its grants, confirms and releases alone, without refusals and reads, are
 * possible with unlimited capacity and impossible with the real capacity. Of the store at rest, only which
 * holds exist and which are sold or live counts, not how the others ended.
 */
export function isOversell(records: readonly HistoryRecord[]): boolean {
  const grants = records.flatMap((record): HistoryRecord[] => {
    if (record.type === 'audit') return [{ ...record, resources: [], probes: [], complaints: [] }]
    if (record.type === 'history' || record.type === 'clock') return [record]
    const isRefusal = record.op === 'hold' && record.result === 'fail'
    return isRefusal || record.op === 'availability' ? [] : [record]
  })
  const said = problemOf(grants)
  if (typeof said === 'string') return false
  const problem = { ...said, endsAlike: true }
  const unlimited = { ...problem, capacities: problem.capacities.map(() => Number.POSITIVE_INFINITY) }
  return !isLegal(problem) && isLegal(unlimited)
}
