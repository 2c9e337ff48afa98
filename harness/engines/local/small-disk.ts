/**
 * A disk of a few megabytes for one folder of a server that this run has started: the journal, which it
 * writes before it answers. It is a tmpfs beside the server's folder, which takes the place of the journal
 * by a link. Only root can mount one, on Linux. What a killed run leaves mounted is unmounted by the next.
 */
import { execFileSync } from 'node:child_process'
import {
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Unfit } from '../engine.ts'
import { runToEnd } from './bounded-child.ts'
import type { CacheHome } from './cache-home.ts'

/** The folder that it is mounted on: the name of the server's folder, and this. */
const SUFFIX = '.disk'
const MOUNTPOINT = /^node-\d+\.disk$/
/** What is free at first: more than one file of a journal that is written ahead. */
const ROOM_BYTES = 24 * 1024 * 1024
/** What is added to make room: more than any fault needs. It is memory only where it is used. */
const MORE_BYTES = 1024 * 1024 * 1024
const DEADLINE_MS = 30_000
const UNMOUNT_DEADLINE_MS = 5_000

const UNMOUNT = 'umount'

let known: { readonly why: Unfit | undefined } | undefined

/** Why this machine lets this process mount none; found out by mounting one. */
export async function whyNoSmallDisk(): Promise<Unfit | undefined> {
  known ??= { why: await tried() }
  return known.why
}

async function tried(): Promise<Unfit | undefined> {
  const remedy = 'run it as root on Linux, in a container with CAP_SYS_ADMIN'
  if (process.platform !== 'linux') return { why: 'a small disk can only be mounted on Linux', remedy }
  if (process.geteuid?.() !== 0) return { why: 'a small disk can only be mounted by root', remedy }
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-disk-'))
  try {
    await mount(['-t', 'tmpfs', '-o', 'size=64k', 'holdfast', folder])
    unmountNow(folder)
    return undefined
  } catch (error) {
    return { why: `a small disk cannot be mounted here (${String(error)})`, remedy }
  } finally {
    rmdirSync(folder)
  }
}

/** The journal of one server, on a disk of its own. The server must be stopped for both ways. */
export interface JournalDisk {
  /** Where it is mounted. */
  readonly path: string
  grow(): Promise<void>
  /** The journal is in its old place when this settles, and the disk is gone. */
  takeBack(): Promise<void>
}

/** Moves the folder `journal` of the stopped server. */
export async function moveToSmallDisk({
  folder,
  journal,
  home,
}: {
  readonly folder: string
  readonly journal: string
  readonly home: CacheHome
}): Promise<JournalDisk> {
  const { account } = home
  const [place, path] = [join(folder, journal), `${folder}${SUFFIX}`]
  const owner = account ?? { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 }
  const bytes = bytesIn(place) + ROOM_BYTES
  const copied = async (from: string, to: string): Promise<void> => {
    const { exitCode, printed } = await runToEnd('cp', ['-R', `${from}/.`, to], {
      deadlineMs: DEADLINE_MS,
      account,
      cwd: '/',
    })
    if (exitCode !== 0) throw new Error(`a journal could not be moved: ${printed.trim()}`)
  }
  mkdirSync(path, { mode: 0o700 })
  try {
    await mount([
      ...['-t', 'tmpfs', '-o', `size=${bytes},mode=0700,uid=${owner.uid},gid=${owner.gid}`],
      ...['holdfast', path],
    ])
    await copied(place, path)
  } catch (error) {
    unmountNow(path)
    rmdirSync(path)
    throw error
  }
  rmSync(place, { recursive: true })
  symlinkSync(path, place)
  return {
    path,
    grow: () => mount(['-o', `remount,size=${bytes + MORE_BYTES}`, path]),
    async takeBack() {
      const back = `${place}.back`
      mkdirSync(back, { mode: 0o700 })
      chownSync(back, owner.uid, owner.gid)
      await copied(path, back)
      rmSync(place)
      renameSync(back, place)
      unmountNow(path)
      rmdirSync(path)
    },
  }
}

/** Of the servers of one run, which have ended. */
export function unmountAllIn(runFolder: string): void {
  let names: readonly string[] = []
  try {
    names = readdirSync(runFolder).filter((name) => MOUNTPOINT.test(name))
  } catch {
    // Gone already.
  }
  for (const name of names) unmountNow(join(runFolder, name))
}

/** Nothing where nothing is mounted. A disk that is still in use goes with its last user. */
function unmountNow(path: string): void {
  if (statSync(path).dev === statSync(dirname(path)).dev) return
  execFileSync(UNMOUNT, ['-l', path], { stdio: 'ignore', timeout: UNMOUNT_DEADLINE_MS })
}

async function mount(given: readonly string[]): Promise<void> {
  const { exitCode, printed } = await runToEnd('mount', given, {
    deadlineMs: DEADLINE_MS,
    account: undefined,
    cwd: '/',
  })
  if (exitCode !== 0) throw new Error(`mount: ${printed.trim()}`)
}

function bytesIn(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).reduce(
    (sum, name) => sum + statSync(join(folder, name)).size,
    0,
  )
}
