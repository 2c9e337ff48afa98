/**
 * Histories on disk: JSONL, one record a line, the header first and the audit, if any, last; then a seal,
 * which tells how many records there are and what their bytes add up to, so that a lost line is noticed.
 * Every line ends with a line break, so that a file cut off in the middle of a line is noticed.
 */
import { randomUUID } from 'node:crypto'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { CHUNK_BYTES, LINE_BYTES_MAX, LineBuffer } from './line-buffer.ts'
import type { HistoryRecord, SealRecord } from './record.ts'
import { HistoryFormatError, RecordReader } from './validation.ts'

export { HistoryFormatError } from './validation.ts'

/** A history could not be written. The message is one sentence; `cause` is the system's error. */
export class HistoryWriteError extends Error {
  override readonly name = 'HistoryWriteError'
  readonly code = 'history-not-written'
}

/**
 * Writes a history to `path`: all of it, or nothing. The records go to a file of another name in the same
 * folder, which replaces `path` once it is safely on disk. They are consumed no faster than they are written.
 * Throws `HistoryWriteError`, or what `records` throws.
 */
export async function writeHistory(
  path: string,
  records: Iterable<HistoryRecord> | AsyncIterable<HistoryRecord>,
): Promise<void> {
  const unfinished = `${path}.${randomUUID()}.unfinished`
  let file: FileHandle | undefined
  try {
    file = await onDisk(path, () => open(unfinished, 'wx'))
    await writeLines(file, path, records)
    const written = file
    file = undefined
    await onDisk(path, async () => {
      try {
        await written.sync()
      } finally {
        await written.close()
      }
      await rename(unfinished, path)
    })
  } catch (error) {
    await file?.close().catch(() => {}) // the first error is the one to report
    await rm(unfinished, { force: true }).catch(() => {})
    throw error
  }
}

async function writeLines(
  file: FileHandle,
  path: string,
  records: Iterable<HistoryRecord> | AsyncIterable<HistoryRecord>,
): Promise<void> {
  let chunk = ''
  let sum = 0
  let count = 0
  for await (const record of records) {
    // Histories are always written in the format that has a seal.
    const line = `${JSON.stringify(record.type === 'history' ? { ...record, format: 2 } : record)}\n`
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
    await onDisk(path, () => file.appendFile(full))
  }
  const seal: SealRecord = { type: 'seal', records: count, crc32: crc32(chunk, sum) }
  await onDisk(path, () => file.appendFile(`${chunk}${JSON.stringify(seal)}\n`))
}

async function onDisk<T>(path: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new HistoryWriteError(`The history could not be written to ${path}: ${why}.`, { cause })
  }
}

/**
 * Reads a history record by record, and checks each: the first line that is not what `record.ts` says throws
 * a `HistoryFormatError` that names the line. Throws the error of the system if the file cannot be read.
 */
export async function* readHistory(path: string): AsyncGenerator<HistoryRecord, void, undefined> {
  const reader = new RecordReader()
  const file = await open(path, 'r')
  try {
    const lines = new LineBuffer()
    for (;;) {
      const free = lines.free(reader.nextLine)
      const { bytesRead } = await file.read(free, 0, free.length)
      if (bytesRead === 0) break
      const { text, sumBeforeLast } = lines.filled(bytesRead, reader.nextLine)
      for (let from = 0; from < text.length; ) {
        const to = text.indexOf('\n', from)
        const line = text.slice(from, to)
        from = to + 1
        // Only the last line of a file can be its seal, and the sum before any other is not known.
        const record = from < text.length ? reader.record(line) : reader.recordOrSeal(line, sumBeforeLast)
        if (record !== undefined) yield record
      }
    }
    if (lines.hasRest) {
      throw new HistoryFormatError(reader.nextLine, 'is cut off: it does not end with a line break')
    }
    reader.end()
  } finally {
    await file.close()
  }
}
