/** A history piece by piece, as it is read. */
import type { OperationRow, RowIds, StoredRow } from './operation-row.ts'
import type { AuditRecord, ClockRecord, HistoryRecord } from './record.ts'

/** The audit, whose holds came before it. */
export type AuditEnd = Omit<AuditRecord, 'holds'>

/** Operations and readings of the clock, one after the other. */
interface Rows {
  /** The holds that the rows name by number. */
  readonly ids: RowIds
  /** The last operation; filled again for the next one. */
  readonly row: OperationRow
  /** The last reading of the clock. */
  readonly clock: ClockRecord | undefined
  /** Moves to the next row. Throws a `HistoryFormatError` if it is malformed. */
  next(): 'operation' | 'clock' | undefined
}

/** Holds that an audit found in the store, one after the other. */
export interface StoredRows {
  readonly ids: RowIds
  /** The next hold, whose lines are valid until the call after. Throws a `HistoryFormatError`. */
  next(): StoredRow | undefined
}

/**
 * One record; or many operations and readings of the clock, which must be read before the next part is asked
 * for; or many holds that an audit found in the store, and then that audit.
 */
export type HistoryPart =
  | { readonly kind: 'record'; readonly record: HistoryRecord }
  | { readonly kind: 'rows'; readonly rows: Rows }
  | { readonly kind: 'stored'; readonly holds: StoredRows }
  | { readonly kind: 'audit'; readonly audit: AuditEnd }
