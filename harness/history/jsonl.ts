/**
 * Histories as JSONL: one record a line, the header first and the audit, if any, last; then a seal, which
 * tells how many records there are and what their bytes add up to, so that a lost line is noticed. Every line
 * ends with a line break, so that a file cut off in the middle of a line is noticed.
 */
import type { FileHandle } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { CHUNK_BYTES, LINE_BYTES_MAX, LineBuffer } from './line-buffer.ts'
import { LineRows } from './line-rows.ts'
import type { HistoryPart } from './part.ts'
import type { HistoryRecord, SealRecord } from './record.ts'
import { HistoryFormatError, RecordReader } from './validation.ts'
import { HistoryWriteError } from './whole-file.ts'

/**
 * Appends all records, and the seal; they are consumed no faster than they are written. Throws
 * `HistoryWriteError`, or what `records` or `append` throws.
 */
export async function writeLinesTo(
  append: (bytes: string) => Promise<void>,
  records: Iterable<HistoryRecord> | AsyncIterable<HistoryRecord>,
): Promise<void> {
  let chunk = ''
  let sum = 0
  let count = 0
  for await (const record of records) {
    const line = `${JSON.stringify(record)}\n`
    if (line.length > LINE_BYTES_MAX) {
      throw new HistoryWriteError(
        `The history has a record of ${line.length} characters, more than a line may have.`,
      )
    }
    count++
    chunk += line
    if (chunk.length < CHUNK_BYTES) continue
    const full = chunk
    chunk = ''
    sum = crc32(full, sum)
    await append(full)
  }
  const seal: SealRecord = { type: 'seal', records: count, crc32: crc32(chunk, sum) }
  await append(`${chunk}${JSON.stringify(seal)}\n`)
}

/**
 * The parts of a JSONL history, from the position of the file on, which is its beginning. Checked as by
 * `linesOf`; most operations are read without an object for each.
 */
export async function* linePartsOf(file: FileHandle): AsyncGenerator<HistoryPart, void, undefined> {
  const reader = new RecordReader()
  const lines = new LineBuffer()
  const rows = new LineRows(reader)
  let hasHeader = false
  for (;;) {
    const free = lines.free(reader.nextLine)
    const { bytesRead } = await file.read(free, 0, free.length)
    if (bytesRead === 0) break
    const { bytes, sumBeforeLast } = lines.filled(bytesRead, reader.nextLine)
    rows.begin(bytes, sumBeforeLast)
    for (;;) {
      // Nothing comes before the header, and judging in windows begins with it.
      if (hasHeader) yield { kind: 'rows', rows }
      // What nobody has read is checked all the same.
      while (rows.next() !== undefined);
      const record = rows.takeOther()
      if (record === undefined) break
      hasHeader = true
      yield { kind: 'record', record }
    }
  }
  requireEnd(lines, reader)
}

/**
 * The records of a JSONL history, from the position of the file on, which is its beginning. Each is checked:
 * the first line that is not what `record.ts` says throws a `HistoryFormatError` that names the line.
 */
export async function* linesOf(file: FileHandle): AsyncGenerator<HistoryRecord, void, undefined> {
  const reader = new RecordReader()
  const lines = new LineBuffer()
  for (;;) {
    const free = lines.free(reader.nextLine)
    const { bytesRead } = await file.read(free, 0, free.length)
    if (bytesRead === 0) break
    const { bytes, sumBeforeLast } = lines.filled(bytesRead, reader.nextLine)
    const text = bytes.toString('utf8')
    for (let from = 0; from < text.length; ) {
      const to = text.indexOf('\n', from)
      const line = text.slice(from, to)
      from = to + 1
      // Only the last line of a file can be its seal, and the sum before any other is not known.
      const record = from < text.length ? reader.record(line) : reader.recordOrSeal(line, sumBeforeLast)
      if (record !== undefined) yield record
    }
  }
  requireEnd(lines, reader)
}

function requireEnd(lines: LineBuffer, reader: RecordReader): void {
  if (lines.hasRest) {
    throw new HistoryFormatError(reader.nextLine, 'is cut off: it does not end with a line break')
  }
  reader.end()
}
