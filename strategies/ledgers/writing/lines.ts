import type { Line } from '../../strategy.ts'

/**
 * Lines by the bytes of their resource ids: the one order in which locks are taken, wherever it is decided.
 * PostgreSQL's "C" collation sorts so too; comparing strings would not, beyond the first 65,536 characters of
 * Unicode.
 */
export function inIdOrder(lines: readonly Line[]): readonly Line[] {
  return lines.toSorted((a, b) => Buffer.compare(Buffer.from(a.resourceId), Buffer.from(b.resourceId)))
}
