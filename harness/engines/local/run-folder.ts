/**
 * A folder for one server of one run, marked with the process that owns it, so that a later run can tell a
 * living server from one whose owner was killed.
 */
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { chmod, mkdtemp, rename, rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolders } from '../../folders.ts'
import type { CacheHome } from './cache-home.ts'
import { fateOf, identityOfThisProcess, isProcessIdentity, type ProcessIdentity } from './process-identity.ts'

export interface RunFolder {
  /** Twelve hexadecimal digits. */
  readonly runId: string
  readonly path: string
  remove(): Promise<void>
  removeNow(): void
}

const OWNER_FILE = 'owner.json'
/** Folders under construction start with this; they are complete when they are renamed. */
const UNFINISHED = '.new-'
/** How long something unfinished is left alone: far longer than any step of creating it takes. */
const UNFINISHED_KEPT_MS = 10 * 60_000
/** When leftovers of another machine or container in a shared cache are removed: no run takes this long. */
const ELSEWHERE_KEPT_MS = 7 * 24 * 60 * 60_000
/** A server that is being stopped may still write while its folder is removed. */
const REMOVAL = { recursive: true, force: true, maxRetries: 5, retryDelay: 50 } as const

export function newRunId(): string {
  return randomBytes(6).toString('hex')
}

export async function createRunFolder(home: CacheHome, engine: string): Promise<RunFolder> {
  const runId = newRunId()
  const runs = runsFolder(home, engine)
  makeFolders(runs, 0o755)
  const unfinished = await mkdtemp(join(runs, UNFINISHED))
  await chmod(unfinished, home.account ? 0o755 : 0o700)
  await writeFile(join(unfinished, OWNER_FILE), JSON.stringify(identityOfThisProcess()))
  const path = join(runs, runId)
  await rename(unfinished, path)
  return {
    runId,
    path,
    remove: () => rm(path, REMOVAL),
    removeNow: () => rmSync(path, REMOVAL),
  }
}

/** Cleans up what killed runs of an engine left in the cache: ends their servers, removes their folders. */
export async function clearKilledRuns(
  home: CacheHome,
  engine: string,
  end: (folder: string) => Promise<boolean>,
  log: (line: string) => void,
): Promise<void> {
  const swept = await sweepRunFolders(home, engine, end)
  if (swept > 0) log(`${engine}: cleared what ${swept} killed run${swept === 1 ? '' : 's'} had left`)
  await sweepUnfinished(home)
}

/**
 * Removes what killed runs left. `end` must end the processes that still run in the folder, and returns
 * whether it is certain that none is left. Several runs may do this at once: each step tolerates that another
 * run has done it.
 */
async function sweepRunFolders(
  home: CacheHome,
  engine: string,
  end: (folder: string) => Promise<boolean>,
): Promise<number> {
  let swept = 0
  await Promise.all(
    entries(runsFolder(home, engine)).map(async (path) => {
      if (path.includes(`/${UNFINISHED}`)) {
        await removeIfOld(path)
        return
      }
      const owner = readOwner(path)
      if (!isOver(path, owner)) return
      if (!(await end(path))) return
      await rm(path, REMOVAL).catch(() => undefined)
      swept += 1
    }),
  )
  return swept
}

/**
 * Creates a folder completely or not at all: `fill` works in a private one, which is then renamed in one
 * step.
 */
export async function createAtomically(path: string, mode: number, fill: (folder: string) => Promise<void>) {
  const unfinished = await mkdtemp(join(path, '..', UNFINISHED))
  try {
    await chmod(unfinished, mode)
    await fill(unfinished)
    try {
      await rename(unfinished, path)
    } catch (error) {
      // Another process was first: its folder is as good as ours.
      if (!isFolder(path)) throw error
    }
  } finally {
    await rm(unfinished, REMOVAL)
  }
}

/** Folders that killed processes left unfinished. */
async function sweepUnfinished(home: CacheHome): Promise<void> {
  await Promise.all(
    entries(home.folder).map(async (path) => {
      if (path.includes(`/${UNFINISHED}`)) await removeIfOld(path)
    }),
  )
}

export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

/** A flush to memory costs nothing, so a report must say which file system held the data. */
export async function fileSystemOf(folder: string): Promise<string> {
  const MAGIC: Readonly<Record<number, string>> = {
    61267: 'ext4',
    1481003842: 'xfs',
    2435016766: 'btrfs',
    801189825: 'zfs',
    16914836: 'tmpfs (memory: flushing is free)',
    2035054128: 'overlayfs',
    26985: 'nfs',
    1702057286: 'fuse',
  }
  if (process.platform === 'darwin') return 'apfs'
  try {
    const { type } = await statfs(folder)
    return MAGIC[type] ?? `file system 0x${type.toString(16)}`
  } catch {
    return 'unknown file system'
  }
}

function runsFolder(home: CacheHome, engine: string): string {
  return join(home.folder, `${engine}-runs`)
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name))
  } catch {
    return []
  }
}

/** An unreadable owner (a power cut emptied the file) counts as an unknown owner. */
function isOver(path: string, owner: ProcessIdentity | undefined): boolean {
  if (owner === undefined) return ageMs(path) > ELSEWHERE_KEPT_MS
  switch (fateOf(owner)) {
    case 'alive':
      return false
    case 'dead':
      return true
    case 'elsewhere':
      return ageMs(join(path, OWNER_FILE)) > ELSEWHERE_KEPT_MS
  }
}

function readOwner(path: string): ProcessIdentity | undefined {
  try {
    const parsed: unknown = JSON.parse(readFileSync(join(path, OWNER_FILE), 'utf8'))
    return isProcessIdentity(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

async function removeIfOld(path: string): Promise<void> {
  // It may fail because another process is removing it.
  if (ageMs(path) > UNFINISHED_KEPT_MS) await rm(path, REMOVAL).catch(() => undefined)
}

function ageMs(path: string): number {
  const found = statSync(path, { throwIfNoEntry: false })
  return found ? Date.now() - found.mtimeMs : 0
}
