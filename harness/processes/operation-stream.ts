/**
 * The stream of operations from a worker process to the run. Each operation is written when it begins, as
 * unknown, and again when it ends. Writes are synchronous, so a process that is killed loses nothing:
 * operations that began and did not end were in flight.
 *
 *     begun buyer {"type":"operation",…}
 *     ended buyer {"type":"operation",…}
 */
import { writeSync } from 'node:fs'
import type { HistoryHeader, Operation } from '../history/record.ts'
import { RecordReader } from '../history/validation.ts'
import type { PlayedOperation } from '../performance/figures.ts'
import type { Role } from '../workloads/workload.ts'

/** About a million operations; more would not fit into the memory of the run. */
export const STREAM_BYTES_MAX = 512 * 1024 * 1024

const LINE_BREAK = 0x0a

/** Blocks while the reader is slow: nothing is buffered here. */
export function operationWriter(fd: number): {
  begun(operation: Operation, role: Role): void
  ended(operation: Operation, role: Role): void
  /** Bytes written so far. */
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
 * The operations of one process. Those that did not end are unknown, and lasted until `endedUs`. Throws a
 * `HistoryFormatError` if the stream contains anything else.
 */
export function operationsOf(
  stream: Buffer,
  header: HistoryHeader,
  endedUs: number,
): { readonly played: readonly PlayedOperation[]; readonly cutShort: number } {
  const reader = new RecordReader()
  reader.record(JSON.stringify(header))
  const played: PlayedOperation[] = []
  /** By caller, each of which has one operation at a time. */
  const open = new Map<number, PlayedOperation>()
  // An incomplete last line is ignored: the call was not made yet, or is still open.
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
