/**
 * The processor time of the servers that this run started: every process below this one that is not a Node of
 * its own. Only Linux tells it; a server that was there before the run cannot be told from others.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import path from 'node:path'

/** The unit of /proc: a hundredth of a second on every Linux that Node runs on. */
const MS_PER_TICK = 10
/** Places in /proc/PID/stat after the name, which is in brackets and may contain spaces. */
const FIELD = { parent: 1, user: 11, system: 12, childrenUser: 13, childrenSystem: 14 } as const

/**
 * Milliseconds since they were started, by the id of the process; undefined where it is not told. `except`: a
 * program that is no server, by its path.
 */
export function serversCpuMs(except?: string): ReadonlyMap<number, number> | undefined {
  if (process.platform !== 'linux') return undefined
  const all = new Map<number, { readonly parent: number; readonly ms: number }>()
  for (const name of readdirSync('/proc')) {
    const id = Number(name)
    if (!Number.isInteger(id)) continue
    const stat = statOf(id)
    if (stat !== undefined) all.set(id, stat)
  }
  const servers = new Map<number, number>()
  for (const [id, { ms }] of all) {
    if (id !== process.pid && isBelow(id, all) && !isRunning(id, [process.execPath, except]))
      servers.set(id, ms)
  }
  return servers
}

/** Milliseconds of one process, with its children that have ended; undefined where it is not told. */
export function processCpuMs(id: number): number | undefined {
  return process.platform === 'linux' ? statOf(id)?.ms : undefined
}

/** Processor time since an earlier reading; undefined without servers to observe. */
export function cpuSince(before: ReadonlyMap<number, number> | undefined): number | undefined {
  const programs = programsCpuSince(before)
  return programs && [...programs.values()].reduce((sum, ms) => sum + ms, 0)
}

/** The same by the name of the program, such as `postgres`: all its processes together. */
export function programsCpuSince(
  before: ReadonlyMap<number, number> | undefined,
): ReadonlyMap<string, number> | undefined {
  const after = serversCpuMs()
  if (before === undefined || after === undefined || after.size === 0) return undefined
  // One that has ended meanwhile is counted by its parent, which had waited for it.
  const programs = new Map<string, number>()
  for (const [id, total] of after) {
    const name = path.basename(programOf(id) ?? 'another')
    programs.set(name, (programs.get(name) ?? 0) + total - (before.get(id) ?? 0))
  }
  for (const [name, ms] of programs) programs.set(name, Math.max(0, ms))
  return programs
}

function statOf(id: number): { readonly parent: number; readonly ms: number } | undefined {
  try {
    const text = readFileSync(`/proc/${id}/stat`, 'utf8')
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    const ticks = [FIELD.user, FIELD.system, FIELD.childrenUser, FIELD.childrenSystem]
    const ms = ticks.reduce((sum, at) => sum + (fields[at] ?? 0), 0) * MS_PER_TICK
    return { parent: fields[FIELD.parent] ?? 0, ms }
  } catch {
    // It has ended.
    return undefined
  }
}

function isBelow(id: number, all: ReadonlyMap<number, { readonly parent: number }>): boolean {
  let parent = all.get(id)?.parent
  // As deep as a tree of this many processes can be.
  for (let depth = 0; parent !== undefined && depth < all.size; depth++) {
    if (parent === process.pid) return true
    parent = all.get(parent)?.parent
  }
  return false
}

function isRunning(id: number, programs: readonly (string | undefined)[]): boolean {
  const program = programOf(id)
  return program !== undefined && programs.includes(program)
}

/** By its path; undefined if it has ended. */
function programOf(id: number): string | undefined {
  try {
    return readlinkSync(`/proc/${id}/exe`)
  } catch {
    return undefined
  }
}
