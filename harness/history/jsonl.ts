/**
 * Histories on disk: JSONL, one record a line, the header first and the audit, if any, last. Every line ends with a line
 * break, so that a file cut off in the middle of a line is noticed.
 */
import { randomUUID } from 'node:crypto'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import type { HistoryRecord } from './record.ts'
import { HistoryFormatError, RecordReader } from './validation.ts'

export { HistoryFormatError } from './validation.ts'

/** The header holds every resource and the audit every hold, each in one line; a line of more than this is a mistake. */
export const LINE_BYTES_MAX = 256 * 1024 * 1024

/** Read and written in pieces of about this size: large enough that system calls do not count, small against a history. */
const PIECE_BYTES = 256 * 1024

const LINE_BREAK = 0x0a

/** A history could not be written. The message is one sentence; `cause` is what the system said. */
export class HistoryWriteError extends Error {
  override readonly name = 'HistoryWriteError'
}

/**
 * Writes a history to `path`: all of it, or nothing. It grows in a file of another name in the same folder, which takes
 * the place of `path` once it is safely on disk. The records are taken no faster than the disk takes them.
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
    await file?.close().catch(() => {}) // the first error is the one to tell
    await rm(unfinished, { force: true }).catch(() => {})
    throw error
  }
}

async function writeLines(
  file: FileHandle,
  path: string,
  records: Iterable<HistoryRecord> | AsyncIterable<HistoryRecord>,
): Promise<void> {
  let piece = ''
  for await (const record of records) {
    const line = `${JSON.stringify(record)}\n`
    if (line.length > LINE_BYTES_MAX) {
      throw new HistoryWriteError(
        `The history has a record of ${line.length} characters, more than a line may have.`,
      )
    }
    piece += line
    if (piece.length < PIECE_BYTES) continue
    const full = piece
    piece = ''
    await onDisk(path, () => file.appendFile(full))
  }
  await onDisk(path, () => file.appendFile(piece))
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
 * Reads a history record by record, and believes none of it: the first line that is not what `record.ts` says throws a
 * `HistoryFormatError` that names the line.
 */
export async function* readHistory(path: string): AsyncGenerator<HistoryRecord, void, undefined> {
  const reader = new RecordReader()
  const file = await open(path, 'r')
  try {
    let piece: Buffer = Buffer.allocUnsafe(PIECE_BYTES)
    /** The start of `piece` that holds what was read of a line that has not ended. */
    let begun = 0
    for (;;) {
      if (begun === piece.length) piece = enlarged(piece, reader.nextLine)
      const { bytesRead } = await file.read(piece, begun, piece.length - begun)
      if (bytesRead === 0) break
      const filled = begun + bytesRead
      // Cut at line breaks only, so that no character is split.
      const ended = piece.subarray(begun, filled).lastIndexOf(LINE_BREAK) + 1
      if (ended === 0) {
        begun = filled
        continue
      }
      const text = piece.toString('utf8', 0, begun + ended)
      const rest = piece.subarray(begun + ended, filled)
      begun = rest.length
      if (piece.length > PIECE_BYTES && begun < PIECE_BYTES) {
        const smaller = Buffer.allocUnsafe(PIECE_BYTES)
        smaller.set(rest)
        give(piece)
        piece = smaller
      } else piece.set(rest)
      for (let from = 0; from < text.length; ) {
        const to = text.indexOf('\n', from)
        yield reader.record(text.slice(from, to))
        from = to + 1
      }
    }
    if (begun > 0)
      throw new HistoryFormatError(reader.nextLine, 'is cut off: it does not end with a line break')
    reader.end()
  } finally {
    await file.close()
  }
}

function enlarged(piece: Buffer, line: number): Buffer {
  if (piece.length >= LINE_BYTES_MAX) {
    throw new HistoryFormatError(line, `is longer than ${LINE_BYTES_MAX} bytes`)
  }
  const larger = Buffer.allocUnsafe(piece.length * 2)
  larger.set(piece)
  give(piece)
  return larger
}

/** Gives memory back at once, rather than when the collector next looks: a long line would be there several times. */
function give(piece: Buffer): void {
  if (piece.buffer instanceof ArrayBuffer) piece.buffer.transfer(0)
}
