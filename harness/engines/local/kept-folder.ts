/**
 * A folder in the cache that is created once and used by all later runs. It exists completely or not at all,
 * and it is verified before use. If it was damaged meanwhile (a power cut, a cleaner, a full disk), it is
 * created again.
 */
import { createHash } from 'node:crypto'
import { createReadStream, lstatSync } from 'node:fs'
import { lstat, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { codeOf } from '../engine-error.ts'
import { createAtomically, newRunId } from './run-folder.ts'

export interface KeptFolder {
  readonly path: string
  readonly mode: number
  /** Creates the contents in the given folder. */
  readonly fill: (folder: string) => Promise<void>
  /** Whether the existing folder can be used. An error counts as no. */
  readonly isWhole: () => Promise<boolean>
  /** Called before an existing folder is created again. */
  readonly onDamaged: () => void
}

/** Creates it if it is missing or incomplete. Another process that creates it meanwhile creates the same. */
export async function keepFolder({ path, mode, fill, isWhole, onDamaged }: KeptFolder): Promise<void> {
  const isUsable = (): Promise<boolean> => isWhole().catch(() => false)
  if (isThere(path)) {
    if (await isUsable()) return
    onDamaged()
    await discardFolder(path)
  }
  await createAtomically(path, mode, async (unfinished) => {
    await fill(unfinished)
    await flushFolder(unfinished)
    // If another process left something damaged meanwhile, ours replaces it; a complete folder stays.
    if (isThere(path) && !(await isUsable())) await discardFolder(path)
  })
  await flush(dirname(path))
}

/** Whatever it is. */
function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}

/** It is moved aside first, so that no other run sees it half removed. */
export async function discardFolder(path: string): Promise<void> {
  const aside = join(dirname(path), `.new-discarded-${newRunId()}`)
  try {
    await rename(path, aside)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return
    throw error
  }
  await rm(aside, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined)
}

const MANIFEST = 'manifest.json'
/** How many files are read or flushed at once. */
const FILES_AT_ONCE = 16

/** Records the exact contents of the folder; the last step of filling it. */
export async function writeManifest(folder: string): Promise<void> {
  await writeFile(join(folder, MANIFEST), JSON.stringify(await contentsOf(folder)))
}

/** Whether the folder's contents match the record exactly. */
export async function matchesManifest(folder: string): Promise<boolean> {
  const written: unknown = JSON.parse(await readFile(join(folder, MANIFEST), 'utf8'))
  const found = await contentsOf(folder)
  const names = Object.keys(found)
  return (
    typeof written === 'object' &&
    written !== null &&
    names.length > 0 &&
    names.length === Object.keys(written).length &&
    names.every((name) => Reflect.get(written, name) === found[name])
  )
}

/** By path in the folder: a file's hash, or what it is otherwise. */
async function contentsOf(folder: string): Promise<Readonly<Record<string, string>>> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name !== MANIFEST).sort()
  const told: Record<string, string> = {}
  await inTurns(names, async (name) => {
    const found = await lstat(join(folder, name))
    told[name] = found.isFile() ? await hashOf(join(folder, name)) : found.isDirectory() ? 'folder' : 'other'
  })
  return told
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}

/** After this, a power cut does not change the contents. */
async function flushFolder(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries.flatMap((entry) =>
    entry.isFile() || entry.isDirectory() ? [join(entry.parentPath, entry.name)] : [],
  )
  await inTurns([...paths, folder], flush)
}

async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } catch (error) {
    // Some file systems cannot flush a folder; they do so by themselves, or never.
    if (!['EINVAL', 'ENOTSUP', 'EISDIR', 'EBADF'].includes(codeOf(error) ?? '')) throw error
  } finally {
    await handle.close()
  }
}

async function inTurns<Item>(items: readonly Item[], step: (item: Item) => Promise<void>): Promise<void> {
  const left = items.values()
  const walkers = Array.from({ length: FILES_AT_ONCE }, async () => {
    for (const item of left) await step(item)
  })
  await Promise.all(walkers)
}
