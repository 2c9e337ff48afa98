/**
 * Identifies processes. A process id alone proves nothing: ids are reused, and in containers that share a
 * folder the same id names different processes. So an identity is the id, the moment its process started, and
 * the machine (or the process namespace of a container) in which the id means anything.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { codeOf } from '../engine-error.ts'

export interface ProcessIdentity {
  readonly pid: number
  readonly started: string
  readonly machine: string
}

const PS_DEADLINE_MS = 5_000
const POLL_MS = 10

export function identityOfThisProcess(): ProcessIdentity {
  return identityOf(process.pid)
}

export function identityOf(pid: number): ProcessIdentity {
  return { pid, started: startOf(pid) ?? 'unknown', machine: machineName() }
}

export function isProcessIdentity(value: unknown): value is ProcessIdentity {
  if (typeof value !== 'object' || value === null) return false
  if (!('pid' in value && 'started' in value && 'machine' in value)) return false
  return (
    Number.isSafeInteger(value.pid) && typeof value.started === 'string' && typeof value.machine === 'string'
  )
}

/** `elsewhere`: the id belongs to another machine or container, so its state is unknown here. */
export function fateOf(identity: ProcessIdentity): 'alive' | 'dead' | 'elsewhere' {
  if (identity.machine !== machineName()) return 'elsewhere'
  if (!exists(identity.pid)) return 'dead'
  const started = startOf(identity.pid)
  // Alive but unreadable, as under hidepid: without proof that it has ended it counts as running.
  if (started === undefined) return exists(identity.pid) ? 'alive' : 'dead'
  return started === identity.started || identity.started === 'unknown' ? 'alive' : 'dead'
}

/** Whether the process exists; a zombie, which only waits to be reaped, does not count. */
export function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (codeOf(error) !== 'EPERM') return false
  }
  return statFields(pid)?.[0] !== 'Z'
}

/** Whether this is the process's working folder; undefined if the system does not tell. */
export function worksIn(pid: number, folder: string): boolean | undefined {
  if (process.platform === 'linux') {
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === folder
    } catch {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(folder)
      } catch {
        return undefined
      }
    }
  }
  return ps(pid, 'command')?.includes(folder)
}

/** Sends a signal, tolerating that the process is already gone. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error
  }
}

/**
 * The last resort. The children are killed too: a paused one (a test of faults may have left it) would not
 * notice that its parent is gone. They are listed while the parent is alive, so that they are certainly its
 * children. Returns what was killed.
 */
export function killWithChildren(pid: number): readonly number[] {
  const all = [pid, ...childrenOf(pid)]
  for (const each of all) signalProcess(each, 'SIGKILL')
  return all
}

export async function isGoneWithin(pid: number, deadlineMs: number): Promise<boolean> {
  const deadline = performance.now() + deadlineMs
  while (exists(pid)) {
    if (performance.now() >= deadline) return false
    await delay(POLL_MS)
  }
  return true
}

function startOf(pid: number): string | undefined {
  if (process.platform === 'linux') {
    const ticks = statFields(pid)?.[19]
    return ticks === undefined ? undefined : `${systemBootId() ?? 'unknown-boot'}/${ticks}`
  }
  return ps(pid, 'lstart')
}

/** Fields of /proc/<pid>/stat from the third on: the second, a name in brackets, may contain spaces. */
function statFields(pid: number): string[] | undefined {
  if (process.platform !== 'linux') return undefined
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}

/** Changes with every boot of the machine; if the system has no such id, a text unique to this process. */
export function bootId(): string {
  return systemBootId() ?? `unknown-boot-of-${process.pid}-${performance.timeOrigin}`
}

let known: { readonly bootId: string | undefined } | undefined
function systemBootId(): string | undefined {
  known ??= { bootId: readBootId() }
  return known.bootId
}

function readBootId(): string | undefined {
  if (process.platform === 'darwin') return run('sysctl', ['-n', 'kern.bootsessionuuid'])
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return undefined
  }
}

function machineName(): string {
  try {
    return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return hostname()
  }
}

/** At once where the system has a list of them; otherwise `ps` is asked, which takes its time. */
function childrenOf(pid: number): number[] {
  try {
    const listed = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
    return listed === '' ? [] : listed.split(/\s+/).map(Number)
  } catch {
    return childrenByPs(pid)
  }
}

function childrenByPs(pid: number): number[] {
  return (runPs(['-A', '-o', 'pid=,ppid=']) ?? '').split('\n').flatMap((line) => {
    const [child, parent] = line.trim().split(/\s+/).map(Number)
    return child !== undefined && parent === pid ? [child] : []
  })
}

function ps(pid: number, column: 'lstart' | 'command'): string | undefined {
  return runPs(['-ww', '-o', `${column}=`, '-p', String(pid)])
}

function runPs(psArguments: readonly string[]): string | undefined {
  return run('ps', psArguments)
}

function run(program: string, programArguments: readonly string[]): string | undefined {
  try {
    const printed = execFileSync(program, programArguments, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { PATH: '/bin:/usr/bin:/usr/sbin', LC_ALL: 'C' },
      timeout: PS_DEADLINE_MS,
    }).trim()
    return printed === '' ? undefined : printed
  } catch {
    return undefined
  }
}
