import type { Line } from '../../strategy.ts'

/**
 * Lines by the bytes of their resource ids: the single order in which all code takes locks. PostgreSQL's "C"
 * collation sorts the same way; comparing JavaScript strings does not, beyond the first 65,536 characters of
 * Unicode.
 */
export function inIdOrder(lines: readonly Line[]): readonly Line[] {
  if (lines.length === 1) return lines
  return lines.toSorted((a, b) => Buffer.compare(Buffer.from(a.resourceId), Buffer.from(b.resourceId)))
}
