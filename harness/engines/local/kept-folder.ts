/**
 * What the cache keeps: a folder that is made once and used by every run after. It is there whole or not at
 * all, it is looked at before it is used, and what has become of it meanwhile (a power cut, a cleaner, a full
 * disk) is healed by making it again.
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
  /** Makes it in the folder that it is given. */
  readonly fill: (folder: string) => Promise<void>
  /** Whether the folder that is there can be used. What it throws counts as no. */
  readonly isWhole: () => Promise<boolean>
  /** Told before one that is there is made again. */
  readonly onDamaged: () => void
}

/** Makes it where it is not there or not whole. Whoever else makes it meanwhile makes the same. */
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
    // Where another has left something damaged meanwhile, ours takes its place; what is whole stays.
    if (isThere(path) && !(await isUsable())) await discardFolder(path)
  })
  await flush(dirname(path))
}

/** Whatever it is. */
function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}

/** Moved aside first, so that no other run sees it half removed. */
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
/** Files that are read or flushed at once. */
const FILES_AT_ONCE = 16

/** Writes down what the folder holds, byte for byte; the last step of filling it. */
export async function writeManifest(folder: string): Promise<void> {
  await writeFile(join(folder, MANIFEST), JSON.stringify(await contentsOf(folder)))
}

/** Whether the folder holds just what was written down. */
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

/** By its path in the folder: a file's hash, or what else it is. */
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

/** A power cut after this leaves what is there now. */
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
    // A file system that cannot flush a folder does so by itself, or never.
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
