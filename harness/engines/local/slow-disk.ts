/**
 * A disk that is slow for one server of this run and for nobody else: a control group (cgroup) of the
 * server's own, with a limit of writes a second on the device that has its data. Linux has two forms of
 * control groups (v1, blkio, and v2, io); the one that is there is used. What a killed run leaves is let go
 * by its watchdog, or by the next run.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { DiskShare, SlowDisk, Unfit } from '../engine.ts'
import { codeOf, reasonOf } from '../engine-error.ts'
import { openCacheHome } from './cache-home.ts'

/** A link beside the server's folder leads to its group: so that later runs find it. */
const SUFFIX = '.group'
const MARKER = /^node-\d+\.group$/
const PREFIX = 'holdfast-'
const PROCESSES = 'cgroup.procs'
const REMOVE_MS_MAX = 5_000
const POLL_MS = 20

/** The files of a group in each form. `limit` undefined: none. */
interface Form {
  /** In a line of /proc/<pid>/cgroup: the controllers between the colons. */
  readonly isOwn: (controllers: readonly string[]) => boolean
  readonly limitFile: string
  limit(device: string, writesPerSecond: number | undefined): string
  readonly countFile: string
  /** `device` as `254:0`. */
  count(device: string): RegExp
  readonly remedy: (root: string) => string
}

const V1: Form = {
  isOwn: (controllers) => controllers.includes('blkio'),
  limitFile: 'blkio.throttle.write_iops_device',
  limit: (device, writesPerSecond = 0) => `${device} ${writesPerSecond}`,
  countFile: 'blkio.throttle.io_serviced',
  count: (device) => new RegExp(`^${device} Write (\\d+)$`, 'm'),
  remedy: () => 'run it as root, where control groups can be written to',
}

const V2: Form = {
  isOwn: (controllers) => controllers.join() === '',
  limitFile: 'io.max',
  limit: (device, writesPerSecond) => `${device} wiops=${writesPerSecond ?? 'max'}`,
  countFile: 'io.stat',
  count: (device) => new RegExp(`^${device} .*\\bwios=(\\d+)`, 'm'),
  remedy: (root) =>
    `run it as root, where control groups can be written to, after: echo +io > ${root}/cgroup.subtree_control`,
}

/** Where groups are made. */
interface Hierarchy {
  readonly form: Form
  readonly root: string
}

/**
 * The hierarchy that limits writes, of the text of /proc/self/mounts. Where both forms are mounted, v1 has
 * the controller.
 */
export function hierarchyIn(mounts: string): Hierarchy | undefined {
  const all = mounts.split('\n').map((line) => line.split(' '))
  const first = (isIt: (type: string, options: readonly string[]) => boolean): string | undefined =>
    all.find(([, , type = '', options = '']) => isIt(type, options.split(',')))?.[1]
  const v1 = first((type, options) => type === 'cgroup' && options.includes('blkio'))
  if (v1 !== undefined) return { form: V1, root: v1 }
  const v2 = first((type) => type === 'cgroup2')
  return v2 === undefined ? undefined : { form: V2, root: v2 }
}

/** Why this process can slow down no disk here; found out with a process that sleeps. */
export async function whyNoSlowDisk(env: NodeJS.ProcessEnv): Promise<Unfit | undefined> {
  if (process.platform !== 'linux')
    return { why: 'only Linux limits the writes of one process', remedy: 'run it on Linux, as root' }
  const hierarchy = hierarchyHere()
  if (hierarchy === undefined)
    return { why: 'no control groups are mounted', remedy: 'run it as root, with /sys/fs/cgroup mounted' }
  const { folder } = openCacheHome('database', env)
  const device = deviceOf(folder)
  if (device === undefined)
    return {
      why: `${folder} is on no disk whose writes could be limited`,
      remedy: 'export XDG_CACHE_HOME=<a folder on a disk, with ext4 or xfs>',
    }
  const path = join(hierarchy.root, `${PREFIX}try-${process.pid}`)
  let sleeper: ChildProcess | undefined
  try {
    sleeper = spawn('sleep', ['60'], { stdio: 'ignore' })
    await new Promise((resolve, reject) => sleeper?.once('spawn', resolve).once('error', reject))
    const group = entered({ hierarchy, path, device, pid: sleeper.pid ?? 0 })
    group.limit(1)
    await group[Symbol.asyncDispose]()
    return undefined
  } catch (error) {
    if (existsSync(path)) rmdirSync(path)
    return {
      why: `the writes of a process cannot be limited here (${reasonOf(error)})`,
      remedy: hierarchy.form.remedy(hierarchy.root),
    }
  } finally {
    sleeper?.kill('SIGKILL')
  }
}

/** What it needs of a server. */
interface ThrottledServer {
  readonly pid: number
  readonly folder: string
}

export function slowDiskOf(server: ThrottledServer): SlowDisk {
  return {
    take() {
      const { pid, folder } = server
      const [hierarchy, device] = [hierarchyHere(), deviceOf(folder)]
      if (hierarchy === undefined || device === undefined || pid === 0)
        throw new Error('the disk of this server cannot be made slow here')
      const marker = `${folder}${SUFFIX}`
      const path = join(hierarchy.root, `${PREFIX}${basename(dirname(folder))}-${basename(folder)}`)
      symlinkSync(path, marker)
      try {
        const group = entered({ hierarchy, path, device, pid })
        return {
          ...group,
          async [Symbol.asyncDispose]() {
            await group[Symbol.asyncDispose]()
            rmSync(marker, { force: true })
          },
        }
      } catch (error) {
        letGo(path)
        rmSync(marker)
        throw error
      }
    },
  }
}

/** A group that has this process, and its former one again on dispose. */
function entered({
  hierarchy: { form, root },
  path,
  device,
  pid,
}: {
  readonly hierarchy: Hierarchy
  readonly path: string
  readonly device: string
  readonly pid: number
}): DiskShare {
  const home = groupOf(readFileSync(`/proc/${pid}/cgroup`, 'utf8'), form)
  if (home === undefined) throw new Error('the system does not tell the group of a process')
  mkdirSync(path)
  writeFileSync(join(path, PROCESSES), String(pid))
  return {
    limit: (writesPerSecond) =>
      writeFileSync(join(path, form.limitFile), form.limit(device, writesPerSecond)),
    writes() {
      const [, counted] = form.count(device).exec(readFileSync(join(path, form.countFile), 'utf8')) ?? []
      return Number(counted ?? 0)
    },
    async [Symbol.asyncDispose]() {
      const endMs = performance.now() + REMOVE_MS_MAX
      while (!letGo(path, join(root, home))) {
        if (performance.now() > endMs) throw new Error(`the control group ${path} could not be removed`)
        await delay(POLL_MS)
      }
    },
  }
}

/** The path of the group below the root, of the text of /proc/<pid>/cgroup. */
export function groupOf(text: string, form: Pick<Form, 'isOwn'>): string | undefined {
  for (const line of text.split('\n')) {
    const [, controllers = '', ...path] = line.split(':')
    if (path.length > 0 && form.isOwn(controllers.split(','))) return path.join(':')
  }
  return undefined
}

/** Of the servers of one run: their disk is as fast as before, and the groups are gone. */
export function letGroupsGoIn(runFolder: string): void {
  for (const name of namesIn(runFolder).filter((each) => MARKER.test(each))) {
    const marker = join(runFolder, name)
    const path = lstatSync(marker).isSymbolicLink() ? readlinkSync(marker) : ''
    if (basename(path).startsWith(PREFIX) && letGo(path)) rmSync(marker, { force: true })
  }
}

/**
 * Lifts the limits of a group, moves what is in it to another one, and removes it. False if something is
 * still in it, such as a process that is about to end. Nothing where there is none.
 */
function letGo(path: string, home = dirname(path)): boolean {
  if (!existsSync(path)) return true
  for (const { limitFile, limit } of [V1, V2]) {
    const file = join(path, limitFile)
    if (!existsSync(file)) continue
    for (const [device] of readFileSync(file, 'utf8').matchAll(/^\d+:\d+/gm))
      writeFileSync(file, limit(device, undefined))
  }
  const inIt = readFileSync(join(path, PROCESSES), 'utf8').split('\n').filter(Boolean)
  for (const pid of inIt) unlessGone('ESRCH', () => writeFileSync(join(home, PROCESSES), pid))
  return unlessGone('EBUSY', () => rmdirSync(path))
}

/** Whether it was done. */
function unlessGone(code: string, step: () => void): boolean {
  try {
    step()
    return true
  } catch (error) {
    if (codeOf(error) !== code) throw error
    return false
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function hierarchyHere(): Hierarchy | undefined {
  return existsSync('/proc/self/mounts') ? hierarchyIn(readFileSync('/proc/self/mounts', 'utf8')) : undefined
}

/** The whole device that has this folder, as `254:0`: a partition has no limit of its own. */
function deviceOf(folder: string): string | undefined {
  const { dev } = statSync(folder, { bigint: true })
  const major = (dev >> 8n) & 0xfffn
  const minor = (dev & 0xffn) | ((dev >> 12n) & 0xfff00n)
  const known = `/sys/dev/block/${major}:${minor}`
  if (!existsSync(known)) return undefined
  const place = realpathSync(known)
  const whole = existsSync(join(place, 'partition')) ? dirname(place) : place
  return readFileSync(join(whole, 'dev'), 'utf8').trim()
}
