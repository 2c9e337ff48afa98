/** What the auditor of any engine hands back. */
import type { ResourceId } from '../../strategies/strategy.ts'
import type { AuditRecord } from '../history/record.ts'

/** The audit without its probes. */
export interface StoreReading extends Omit<AuditRecord, 'type' | 'probes'> {
  readonly kind: 'read'
}

/** What a store has sold, resource by resource. */
export interface Sold {
  readonly kind: 'read'
  /** Only resources of which something was sold. */
  readonly units: ReadonlyMap<ResourceId, number>
  /** What the store contradicts itself in, one sentence each. */
  readonly complaints: readonly string[]
}

/** The store could not be read in the auditor's own way: a strategy with tables of its own, an engine without a store. */
export interface Unaudited {
  readonly kind: 'unaudited'
  readonly reason: string
}

/** One broken row says as much as a thousand, and a conviction is read by people. */
export const COMPLAINTS_MAX = 20

/** The first complaints, and how many more there were. */
export function summarized(complaints: readonly string[]): readonly string[] {
  const more = complaints.length - COMPLAINTS_MAX
  if (more <= 0) return complaints
  return [...complaints.slice(0, COMPLAINTS_MAX), `and ${more} more of ${complaints.length} in all`]
}
