/** Whether what is wrong with a history is that too much was sold. */
import type { HistoryRecord } from '../../history/record.ts'
import { problemOf } from './problem.ts'
import { isLegal } from './search.ts'

/**
 * A history is an oversell if its grants alone, with what was confirmed and released and without anybody's
 * refusal or read, are possible with unlimited capacity and impossible with the capacity that there is. Of
 * the store at rest it is asked which holds there are, and which are sold or alive; not how the others ended.
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
