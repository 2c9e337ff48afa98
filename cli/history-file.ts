/** A saved history that is given to a command. */
import type { Stats } from 'node:fs'
import { access, constants, stat } from 'node:fs/promises'
import { UsageError } from '../harness/entries/usage-error.ts'

/** Throws a `UsageError` unless this is a file that can be read. */
export async function requireReadable(file: string): Promise<Stats> {
  const found = await stat(file).catch(() => undefined)
  if (found === undefined) throw new UsageError(`the file ${file} does not exist`)
  if (found.isDirectory()) throw new UsageError(`${file} is a folder: name the file of a history`)
  if (!found.isFile()) throw new UsageError(`${file} is not a file`)
  if (found.size === 0) throw new UsageError(`${file} is empty: there is no history in it`)
  await access(file, constants.R_OK).catch((cause: unknown) => {
    throw new UsageError(`${file} cannot be read: permission denied`, { cause })
  })
  return found
}
