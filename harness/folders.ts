/** Creates folders, on every file system. */
import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Creates a folder and its parents, unless they exist. Throws the system's own error.
 *
 * Node's recursive `mkdir` never returns if an existing folder refuses new ones with ENOENT, as /proc does:
 * it retries without end.
 */
export function makeFolders(folder: string, mode = 0o777): void {
  try {
    mkdirSync(folder, mode)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EEXIST' && statSync(folder).isDirectory()) return
    const parent = dirname(folder)
    if (code !== 'ENOENT' || parent === folder) throw error
    makeFolders(parent, mode)
    mkdirSync(folder, mode)
  }
}
