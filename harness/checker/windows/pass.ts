/** One reading of a long history, from its first operation to its audit. */

import { STATUSES } from '../../history/answer-code.ts'
import { fingerprint } from '../../history/fingerprint.ts'
import type { OperationRow, RowIds, StoredRow } from '../../history/operation-row.ts'
import type { AuditEnd } from '../../history/part.ts'
import type { AuditRecord, ClockRecord, StoredStatus } from '../../history/record.ts'
import { intAt } from '../at.ts'
import type { Numbering } from '../numbering.ts'

export interface Pass {
  /** Before the operations of each block. Its ids may grow while they are read. */
  beginRows(ids: RowIds): void
  operation(row: OperationRow, ids: RowIds): void
  clock(reading: ClockRecord): void
  /** Before the stored holds of each block, all of which come after the operations. */
  beginStored(ids: RowIds): void
  stored(row: StoredRow, ids: RowIds): void
  audit(audit: AuditEnd): void
}

/** Leaves the fingerprint of an id of a block in `into`. */
export function fingerprintOf(ids: RowIds, hold: number, into: Uint32Array): void {
  fingerprint(ids.bytes, { from: intAt(ids.starts, hold), to: intAt(ids.ends, hold) }, into)
}

/** Passes on an audit that is one record. */
export function passAudit(pass: Pass, { holds, ...audit }: AuditRecord, resources: Numbering): void {
  const ids = idsOf(holds.map(({ id }) => id))
  pass.beginStored(ids)
  if (audit.isStoreRead !== false) {
    holds.forEach(({ status, lines, deadlineMs }, hold) => {
      const lineResource = Int32Array.from(lines, ([id]) => resources.numberOf(id))
      const lineUnits = Float64Array.from(lines, ([, units]) => units)
      const row = { hold, status: statusNumber(status), deadlineMs, lineCount: lines.length }
      pass.stored({ ...row, lineResource, lineUnits }, ids)
    })
  }
  pass.audit(audit)
}

function statusNumber(status: StoredStatus): number {
  return STATUSES.indexOf(status)
}

function idsOf(texts: readonly string[]): RowIds {
  const encoded = texts.map((text) => new TextEncoder().encode(text))
  const starts = new Int32Array(texts.length)
  const ends = new Int32Array(texts.length)
  let at = 0
  encoded.forEach((each, number) => {
    starts[number] = at
    at += each.length
    ends[number] = at
  })
  const bytes = new Uint8Array(at)
  encoded.forEach((each, number) => {
    bytes.set(each, starts[number])
  })
  return { count: texts.length, bytes, starts, ends, text: (number) => texts[number] ?? '' }
}
