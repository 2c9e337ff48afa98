/** Finds programs on this machine. */
import { accessSync, constants, statSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { delimiter, isAbsolute, join } from 'node:path'
import { runToEnd } from './bounded-child.ts'
import { type CacheHome, isReachableFor } from './cache-home.ts'

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/** All programs with these names on the PATH, or in a further folder; the first name first. */
export function programsOnPath(
  env: NodeJS.ProcessEnv,
  names: readonly string[],
  further: readonly string[] = [],
): readonly string[] {
  const folders = [...new Set([...(env.PATH ?? '').split(delimiter), ...further])].filter(isAbsolute)
  return names.flatMap((name) => folders.map((folder) => join(folder, name)).filter(isExecutable))
}

/**
 * What a program prints about its version; undefined if it fails. Throws if it cannot be run or does not end
 * in time.
 */
export async function versionText(
  path: string,
  programArguments: readonly string[],
  deadlineMs: number,
): Promise<string | undefined> {
  const options = { deadlineMs, account: undefined, cwd: '/' }
  const { printed, exitCode } = await runToEnd(path, programArguments, options)
  return exitCode === 0 ? printed : undefined
}

/**
 * A path at which the account that owns the server can run the program: the program is copied if necessary.
 */
export async function reachableProgram(path: string, home: CacheHome, copy: string): Promise<string> {
  if (!home.account || isReachableFor(home.account, path)) return path
  await copyFile(path, copy, constants.COPYFILE_FICLONE)
  return copy
}
