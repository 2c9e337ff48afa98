/** What calls failed with, where it explains a verdict: a typo in a statement shows nowhere else. */
import type { Operation } from '../history/record.ts'

/** Of most calls of a kind: fewer may have been lost with a connection. */
const SHARE_MIN = 0.5

/** A clause for the kind of call of which most failed, with its most frequent error; undefined if none is. */
export function whyCallsFailed(operations: Iterable<Operation>): string | undefined {
  const calls = new Map<Operation['op'], { all: number; failed: number; errors: Map<string, number> }>()
  for (const operation of operations) {
    const kind = calls.get(operation.op) ?? { all: 0, failed: 0, errors: new Map<string, number>() }
    calls.set(operation.op, kind)
    kind.all++
    if (operation.result !== 'info') continue
    kind.failed++
    kind.errors.set(operation.error, (kind.errors.get(operation.error) ?? 0) + 1)
  }
  for (const [op, { all, failed, errors }] of calls) {
    if (failed <= all * SHARE_MIN) continue
    const [most] = [...errors].toSorted(([, one], [, other]) => other - one)
    if (most !== undefined) return `${most[1]} of ${all} calls of ${op} failed: ${most[0]}`
  }
  return undefined
}
