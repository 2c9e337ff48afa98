/** Writes a run's files completely or not at all; every failure is one line. */
import { randomUUID } from 'node:crypto'
import { access, open, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { makeFolders } from './folders.ts'

/** A file or folder could not be written. The message is one sentence for the user. */
export class SaveError extends Error {
  override readonly name = 'SaveError'
  readonly code = 'not-saved'
}

/** What common system errors mean. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no folder can be made there',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left on the device',
  EDQUOT: 'the disk quota is used up',
  ENOTDIR: 'a part of the path is not a folder',
  EEXIST: 'a file of that name is in the way',
  EISDIR: 'it is a folder',
  ENAMETOOLONG: 'the name is too long',
}

/** Writes `text` to a temporary file that replaces `file`, so that a reader never sees half of it. */
export async function saveWhole(file: string, text: string): Promise<void> {
  const unfinished = `${file}.${randomUUID()}.unfinished`
  try {
    const handle = await open(unfinished, 'wx')
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(unfinished, file)
  } catch (cause) {
    await rm(unfinished, { force: true }).catch(() => undefined) // the first error is the one to report
    throw saveError(file, cause)
  }
}

/** Creates the folder if necessary, and checks by writing that it is writable. */
export async function proveWritable(folder: string): Promise<void> {
  const probe = path.join(folder, `.${randomUUID()}.probe`)
  try {
    makeFolders(folder)
    const handle = await open(probe, 'wx')
    try {
      await handle.writeFile('a line, to see whether there is room for one\n')
    } finally {
      await handle.close()
    }
  } catch (cause) {
    throw saveError(folder, cause)
  } finally {
    await rm(probe, { force: true }).catch(() => undefined)
  }
}

export async function makeFolder(folder: string): Promise<void> {
  try {
    makeFolders(folder)
  } catch (cause) {
    throw saveError(folder, cause)
  }
}

/** A name for this run's files: the time, with a number if a run of the same second has it. */
export async function freeStamp(folder: string, at: Date): Promise<string> {
  const moment = at
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '-')
  for (let number = 1; ; number++) {
    const stamp = number === 1 ? moment : `${moment}-${number}`
    const taken = await access(path.join(folder, `${stamp}.json`)).then(
      () => true,
      () => false,
    )
    if (!taken) return stamp
  }
}

/** `cause`: the system’s error. */
export function saveError(target: string, cause: unknown): SaveError {
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : ''
  const said = cause instanceof Error ? cause.message : String(cause)
  return new SaveError(`cannot write to ${target}: ${REASONS[code] ?? said}`, { cause })
}
