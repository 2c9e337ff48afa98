/** Files that appear whole, or not at all. */
import { randomUUID } from 'node:crypto'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'

/** A history could not be written. The message is one sentence; `cause` is the system's error. */
export class HistoryWriteError extends Error {
  override readonly name = 'HistoryWriteError'
  readonly code = 'history-not-written'
}

/**
 * Writes what `write` appends to `path`: all of it, or nothing. The bytes go to a file of another name in the
 * same folder, which replaces `path` once it is safely on disk. Throws `HistoryWriteError`, or what `write`
 * throws.
 */
export async function writeWhole(
  path: string,
  write: (append: (bytes: string | Uint8Array) => Promise<void>) => Promise<void>,
): Promise<void> {
  const unfinished = `${path}.${randomUUID()}.unfinished`
  let file: FileHandle | undefined
  try {
    const opened = await onDisk(path, () => open(unfinished, 'wx'))
    file = opened
    await write((bytes) => onDisk(path, () => opened.appendFile(bytes)))
    file = undefined
    await onDisk(path, async () => {
      try {
        await opened.sync()
      } finally {
        await opened.close()
      }
      await rename(unfinished, path)
    })
  } catch (error) {
    await file?.close().catch(() => {}) // the first error is the one to report
    await rm(unfinished, { force: true }).catch(() => {})
    throw error
  }
}

async function onDisk<T>(path: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new HistoryWriteError(`The history could not be written to ${path}: ${why}.`, { cause })
  }
}
