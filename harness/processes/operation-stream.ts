/**
 * Operations on their way from a process to the run it plays for: each is written when it begins, as unknown,
 * and again when it ends. A write is over when the system has the bytes, so a process that is killed loses
 * nothing: what it had begun and not ended is what it had in flight.
 *
 *     begun buyer {"type":"operation",…}
 *     ended buyer {"type":"operation",…}
 */
import { writeSync } from 'node:fs'
import type { HistoryHeader, Operation } from '../history/record.ts'
import { RecordReader } from '../history/validation.ts'
import type { PlayedOperation } from '../performance/figures.ts'
import type { Role } from '../workloads/workload.ts'

/** A million operations; more would not fit the memory of the run either. */
export const STREAM_BYTES_MAX = 512 * 1024 * 1024

const LINE_BREAK = 0x0a

/** Waits where the reader is slow: nothing is kept here. */
export function operationWriter(fd: number): {
  begun(operation: Operation, role: Role): void
  ended(operation: Operation, role: Role): void
  /** Written so far. */
  bytes(): number
} {
  let bytes = 0
  const write = (word: 'begun' | 'ended', operation: Operation, role: Role): void => {
    const line = Buffer.from(`${word} ${role} ${JSON.stringify(operation)}\n`)
    for (let written = 0; written < line.length; ) written += writeSync(fd, line, written)
    bytes += line.length
  }
  return {
    begun: (operation, role) => write('begun', operation, role),
    ended: (operation, role) => write('ended', operation, role),
    bytes: () => bytes,
  }
}

/**
 * The operations of one process. What had begun and never ended is unknown, and was until `endedUs`. Throws a
 * `HistoryFormatError` where the strategy's process has sent what is none.
 */
export function operationsOf(
  stream: Buffer,
  header: HistoryHeader,
  endedUs: number,
): { readonly played: readonly PlayedOperation[]; readonly cutShort: number } {
  const reader = new RecordReader()
  reader.record(JSON.stringify(header))
  const played: PlayedOperation[] = []
  /** By process, each of which has one operation at a time. */
  const open = new Map<number, PlayedOperation>()
  // What follows the last line break was cut off in the middle: a beginning whose call was not
  // made, or an end not told.
  for (let from = 0, to = stream.indexOf(LINE_BREAK); to >= 0; ) {
    const [, word, role, json] = /^(\w+) (\w+) (.*)$/s.exec(stream.toString('utf8', from, to)) ?? []
    const record = reader.record(json ?? '')
    if (record.type === 'operation') {
      const each: PlayedOperation = { operation: record, role: role === 'bystander' ? role : 'buyer' }
      if (word === 'begun') open.set(record.process, each)
      else {
        open.delete(record.process)
        played.push(each)
      }
    }
    from = to + 1
    to = stream.indexOf(LINE_BREAK, from)
  }
  for (const { operation, role } of open.values()) {
    played.push({ operation: { ...operation, returnedUs: Math.max(endedUs, operation.invokedUs) }, role })
  }
  return { played, cutShort: open.size }
}
