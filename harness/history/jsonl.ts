/**
 * Histories on disk: JSONL, one record a line, the header first and the audit, if any, last. Every line
 * ends with a line break, so that a file cut off in the middle of a line is noticed.
 */
import { randomUUID } from 'node:crypto'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import type { HistoryRecord } from './record.ts'
import { HistoryFormatError, RecordReader } from './validation.ts'

export { HistoryFormatError } from './validation.ts'

/**
 * The longest line that is read or written. The header names every resource and the audit every hold, each
 * in one line, so lines are long; a line of more than this is a mistake.
 */
export const LINE_BYTES_MAX = 256 * 1024 * 1024

/**
 * How much is read and written at a time: enough that system calls do not count, little of a whole history.
 */
const CHUNK_BYTES = 256 * 1024

const LINE_BREAK = 0x0a

/** A history could not be written. The message is one sentence; `cause` is what the system said. */
export class HistoryWriteError extends Error {
  override readonly name = 'HistoryWriteError'
  readonly code = 'history-not-written'
}

/**
 * Writes a history to `path`: all of it, or nothing. The records go to a file of another name in the same
 * folder, which replaces `path` once it is safely on disk. They are taken no faster than they are written.
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
  for await (const record of records) {
    const line = `${JSON.stringify(record)}\n`
    if (line.length > LINE_BYTES_MAX) {
      throw new HistoryWriteError(
        `The history has a record of ${line.length} characters, more than a line may have.`,
      )
    }
    chunk += line
    if (chunk.length < CHUNK_BYTES) continue
    const full = chunk
    chunk = ''
    await onDisk(path, () => file.appendFile(full))
  }
  await onDisk(path, () => file.appendFile(chunk))
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
      const text = lines.filled(bytesRead)
      for (let from = 0; from < text.length; ) {
        const to = text.indexOf('\n', from)
        yield reader.record(text.slice(from, to))
        from = to + 1
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

/** Collects the bytes of a file until a line is complete. It grows for a long line, and shrinks after it. */
class LineBuffer {
  #bytes: Buffer = Buffer.allocUnsafe(CHUNK_BYTES)
  /** How many bytes at the start belong to a line that has not ended. */
  #restBytes = 0

  /** Whether there are bytes of a line that has not ended. */
  get hasRest(): boolean {
    return this.#restBytes > 0
  }

  /**
   * Where the next bytes go; never empty. `line` is the number of the line that has not ended, for the
   * error.
   */
  free(line: number): Buffer {
    if (this.#restBytes === this.#bytes.length) {
      if (this.#bytes.length >= LINE_BYTES_MAX) {
        throw new HistoryFormatError(line, `is longer than ${LINE_BYTES_MAX} bytes`)
      }
      this.#replace(this.#bytes.length * 2, this.#bytes)
    }
    return this.#bytes.subarray(this.#restBytes)
  }

  /**
   * Takes the bytes that were written to `free`. Returns the lines that are complete now, with line breaks.
   */
  filled(byteCount: number): string {
    const end = this.#restBytes + byteCount
    // Cut at line breaks only, so that no character is split.
    const complete = this.#bytes.subarray(this.#restBytes, end).lastIndexOf(LINE_BREAK) + 1
    if (complete === 0) {
      this.#restBytes = end
      return ''
    }
    const text = this.#bytes.toString('utf8', 0, this.#restBytes + complete)
    const rest = this.#bytes.subarray(this.#restBytes + complete, end)
    this.#restBytes = rest.length
    if (this.#bytes.length > CHUNK_BYTES && rest.length < CHUNK_BYTES) this.#replace(CHUNK_BYTES, rest)
    else this.#bytes.set(rest)
    return text
  }

  /**
   * The memory is released at once: the garbage collector would keep a long line several times for a while.
   */
  #replace(size: number, content: Buffer): void {
    const old = this.#bytes
    this.#bytes = Buffer.allocUnsafe(size)
    this.#bytes.set(content)
    if (old.buffer instanceof ArrayBuffer) old.buffer.transfer(0)
  }
}
