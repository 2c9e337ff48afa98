/** Making folders, on any file system there is. */
import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a folder and those above it; one that is there is left as it is. Throws the system's own
 * error where that cannot be.
 *
 * Node's recursive `mkdir` never comes back where a folder that is there refuses new ones with ENOENT, as
 * /proc does: it makes sure of the parent and tries again, without end.
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
