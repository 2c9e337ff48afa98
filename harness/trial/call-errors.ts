/** What calls failed with, where it explains a verdict: a typo in a statement shows nowhere else. */
import type { Operation } from '../history/record.ts'

/** Of most calls of a kind: fewer may have been lost with a connection. */
const SHARE_MIN = 0.5

/** A clause for the kind of call of which most failed, with its most frequent error; undefined if none is. */
export function whyCallsFailed(operations: readonly Operation[]): string | undefined {
  for (const [op, all] of Map.groupBy(operations, (operation) => operation.op)) {
    const errors = all.flatMap((operation) => (operation.result === 'info' ? [operation.error] : []))
    if (errors.length <= all.length * SHARE_MIN) continue
    const counts = [...Map.groupBy(errors, (error) => error)].map(([error, same]) => ({
      error,
      count: same.length,
    }))
    const [most] = counts.toSorted((one, other) => other.count - one.count)
    if (most !== undefined) return `${most.count} of ${all.length} calls of ${op} failed: ${most.error}`
  }
  return undefined
}
