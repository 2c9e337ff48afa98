/**
 * What every engine needs to start servers for this run: a free port, a process that is watched from start to
 * end, a record that tells a later run its owner, and one shutdown for all servers of a run.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import {
  chownSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { EngineError, reasonOf } from '../engine-error.ts'
import { asAccount, childEnvironment } from './bounded-child.ts'
import type { CacheHome } from './cache-home.ts'
import type { Perishable } from './lifetime.ts'
import {
  exists,
  fateOf,
  identityOf,
  isGoneWithin,
  isProcessIdentity,
  killWithChildren,
  type ProcessIdentity,
  signalProcess,
  worksIn,
} from './process-identity.ts'
import { createRunFolder, type RunFolder } from './run-folder.ts'
import { letGroupsGoIn } from './slow-disk.ts'
import { unmountAllIn } from './small-disk.ts'
import { forgetSharedClock } from './stepped-clock.ts'

/** SIGTERM lets the server shut down in its own way; SIGKILL is a crash. */
export type StopSignal = 'SIGTERM' | 'SIGKILL'

/** The kind of server, as messages name it. */
export interface ServerKind {
  readonly engine: string
  /** Its name in a sentence. */
  readonly title: string
  /** What a reader can do if it cannot be started here. */
  readonly otherWay: string
  /** What to do if it runs out. */
  readonly space: string
  /** What asks it to finish within a few seconds. */
  readonly politeSignal: 'SIGTERM' | 'SIGINT'
  /** What ends it at once, when its data is thrown away. */
  readonly endingSignal: 'SIGKILL' | 'SIGQUIT'
}

/** The folder of a run's servers. Throws an `EngineError` if it cannot be created. */
export async function openRunFolder(home: CacheHome, { engine, space }: ServerKind): Promise<RunFolder> {
  return await createRunFolder(home, engine).catch((cause: unknown) => {
    throw new EngineError({
      engine,
      problem: 'storage',
      message: `No folder for this run could be made in ${home.folder}: ${reasonOf(cause)}.`,
      remedy: `export XDG_CACHE_HOME=<a folder of yours on a disk with ${space} free>`,
      cause,
    })
  })
}

export const LOCALHOST = '127.0.0.1'
/**
 * From spawning a server to its answer. Usually 50 ms; more on a loaded machine, or with a large file to
 * read.
 */
const START_DEADLINE_MS = 60_000
const START_POLL_MS = 5
/**
 * Below the ports that Linux (from 32768) and macOS (from 49152) use for outgoing connections. In that range,
 * any program could take a port while its server is stopped, even our own client: a client that keeps
 * connecting to a closed local port is eventually assigned that same port as its source, and is then
 * connected to itself.
 */
const PORTS = { first: 16_384, count: 16_384 } as const
export const PORT_ATTEMPTS_MAX = 16
/** Time limits for a server to end after SIGTERM, which it notices within 100 ms, and after SIGKILL. */
const STOP_DEADLINE_MS = 5_000
const KILL_DEADLINE_MS = 5_000
/** Time limit at the exit of this process, when nothing can be awaited. */
const STOP_NOW_DEADLINE_MS = 2_000
/** A server that fails in a loop must not fill the disk: beyond this, its log begins again. */
const LOG_BYTES_MAX = 4 * 1024 * 1024
const LOG_CHECK_MS = 5_000
const LOG_TAIL_CHARACTERS = 4_096

/** All servers of one run: one folder, one watchdog, one shutdown. */
export class ServerGroup<Server extends ServerProcess> implements Perishable {
  servers: readonly Server[] = []
  readonly #engine: string
  readonly #run: RunFolder
  readonly #log: (line: string) => void
  readonly #watchdog: ChildProcess
  readonly #logCheck: NodeJS.Timeout
  #stopping: Promise<void> | undefined

  constructor(own: {
    readonly engine: string
    readonly run: RunFolder
    readonly log: (line: string) => void
  }) {
    this.#engine = own.engine
    this.#run = own.run
    this.#log = own.log
    this.#watchdog = spawnWatchdog(own.run.path)
    this.#logCheck = setInterval(() => {
      for (const server of this.servers) server.boundLog()
    }, LOG_CHECK_MS).unref()
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stopOnce()
    return this.#stopping
  }

  /** The name of the folder of one more server; the watchdog knows those of one digit. */
  nextFolder(): string {
    const taken = new Set(this.servers.map((server) => server.folder))
    for (let node = 0; ; node++) {
      const folder = join(this.#run.path, `node-${node}`)
      if (!taken.has(folder)) return folder
    }
  }

  /** Ends one server before the others, and removes its data. */
  async discard(server: Server): Promise<void> {
    await server.close()
    this.servers = this.servers.filter((each) => each !== server)
    await rm(server.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
  }

  stopNow(): void {
    // A slow disk would let them end slowly.
    letGroupsGoIn(this.#run.path)
    const pids = this.servers.map((server) => server.killNow())
    const deadline = performance.now() + STOP_NOW_DEADLINE_MS
    const pause = new Int32Array(new SharedArrayBuffer(4))
    while (pids.some((pid) => pid !== 0 && exists(pid)) && performance.now() < deadline) {
      Atomics.wait(pause, 0, 0, START_POLL_MS)
    }
    for (const pid of pids) if (pid !== 0 && exists(pid)) killWithChildren(pid)
    for (const pid of pids) if (pid !== 0) forgetSharedClock(pid)
    unmountAllIn(this.#run.path)
    this.#run.removeNow()
  }

  async #stopOnce(): Promise<void> {
    clearInterval(this.#logCheck)
    letGroupsGoIn(this.#run.path)
    await Promise.all(this.servers.map((server) => server.close()))
    unmountAllIn(this.#run.path)
    // A line, not only the end of the pipe, tells the watchdog that nothing is left to do.
    this.#watchdog.stdin?.end('stopped\n')
    await this.#run.remove().catch((error: unknown) => {
      this.#log(
        `${this.#engine}: ${this.#run.path} could not be removed and is left to the next run: ${reasonOf(error)}`,
      )
    })
  }
}

/** One server: started, stopped, killed, paused, started again. */
export abstract class ServerProcess {
  protected readonly kind: ServerKind
  protected readonly home: CacheHome
  /** Its working folder. */
  readonly folder: string
  /** Variables that it is started with, beside the usual ones. */
  environment: NodeJS.ProcessEnv = {}
  readonly #logFile: string
  /** Beside the folder and not in it: inside, the server's account could write another process's id. */
  readonly #record: string
  readonly #log: (line: string) => void
  #child: ChildProcess | undefined
  #spawnFailure: string | undefined
  #isPaused: boolean = false
  #isEnding: boolean = false
  #isClosed: boolean = false
  #port = 0
  /** Stopping and starting never overlap. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(own: {
    readonly kind: ServerKind
    readonly home: CacheHome
    readonly folder: string
    readonly log: (line: string) => void
  }) {
    this.kind = own.kind
    this.home = own.home
    this.folder = own.folder
    this.#logFile = `${own.folder}.log`
    this.#record = `${own.folder}.pid`
    this.#log = own.log
  }

  get port(): number {
    return this.#port
  }

  /**
   * The command to start in its folder. The input is for secrets that neither a file nor the list of
   * processes may show.
   */
  protected abstract command(): {
    readonly path: string
    readonly arguments: readonly string[]
    readonly input?: string
  }
  /** Whether it is ready, with its own deadline. */
  protected abstract answers(): Promise<boolean>
  /** Whether its output says that another program has its port. */
  protected abstract foundPortTaken(printed: string): boolean
  /** The last part of its output that says what went wrong, as one clause. */
  protected abstract complaint(printed: string): string

  get pid(): number {
    return this.#isRunning() ? (this.#child?.pid ?? 0) : 0
  }

  start(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#isClosed) throw new Error('the engine is closed, and its servers with it')
      if (!this.#isRunning()) await this.startOnce(undefined)
    })
  }

  stop(signal: StopSignal = 'SIGTERM'): Promise<void> {
    return this.#inTurn(() => this.#end(signal))
  }

  /** Kills it with its processes, as a crash of all of them at once: none is left that could still write. */
  crash(): Promise<void> {
    return this.#inTurn(async () => {
      const { pid } = this
      if (pid === 0) return
      this.#isEnding = true
      try {
        for (const each of killWithChildren(pid)) await isGoneWithin(each, KILL_DEADLINE_MS)
        rmSync(this.#record, { force: true })
        this.#child = undefined
      } finally {
        this.#isEnding = false
      }
    })
  }

  pause(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.pid === 0) throw new Error('a stopped server cannot be paused')
      this.#isPaused = true
      signalProcess(this.pid, 'SIGSTOP')
    })
  }

  resume(): Promise<void> {
    return this.#inTurn(async () => this.#continue())
  }

  /** Ends it permanently. Its data is discarded, so nothing is lost by killing it. */
  close(): Promise<void> {
    this.#isClosed = true
    return this.#inTurn(() => this.#end(this.kind.endingSignal))
  }

  killNow(): number {
    const { pid } = this
    this.#isClosed = true
    if (pid !== 0) signalProcess(pid, this.kind.endingSignal)
    return pid
  }

  boundLog(): void {
    if ((statSync(this.#logFile, { throwIfNoEntry: false })?.size ?? 0) > LOG_BYTES_MAX) this.forgetLog()
  }

  /** How much it has said until now, for `saidSince`. */
  get saidBytes(): number {
    return statSync(this.#logFile, { throwIfNoEntry: false })?.size ?? 0
  }

  /** What it has said since then; all that is left where its log began again. */
  saidSince(bytes: number): string {
    const all = readFileSync(this.#logFile)
    return all.subarray(all.length < bytes ? 0 : bytes).toString('utf8')
  }

  protected makeFolder(): void {
    mkdirSync(this.folder, { mode: 0o700 })
    const { account } = this.home
    if (account) chownSync(this.folder, account.uid, account.gid)
  }

  protected forgetLog(): void {
    truncateSync(this.#logFile)
  }

  protected logTail(): string {
    if (this.#spawnFailure !== undefined) return this.#spawnFailure
    try {
      return readFileSync(this.#logFile, 'utf8').slice(-LOG_TAIL_CHARACTERS)
    } catch {
      return ''
    }
  }

  /** Starts it on a free port; on another one where a program takes that port before the server does. */
  protected async startOnFreePort(signal: AbortSignal | undefined): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      this.#port = await freePort(this.kind)
      try {
        await this.startOnce(signal)
        return
      } catch (error) {
        const isTaken = this.foundPortTaken(this.logTail())
        if (!isTaken || attempt >= PORT_ATTEMPTS_MAX || signal?.aborted) throw error
        this.forgetLog()
      }
    }
  }

  protected async startOnce(signal: AbortSignal | undefined): Promise<void> {
    this.#spawn()
    const outcome = await this.#becomesReady(signal)
    if (outcome === 'ready') return
    const said = this.logTail()
    await this.#end(this.kind.endingSignal)
    const { engine, title, otherWay, space } = this.kind
    const isFull = /No space left|NoSpaceLeft/i.test(said)
    throw new EngineError({
      engine,
      problem: isFull ? 'storage' : 'start-failed',
      message:
        outcome === 'ended'
          ? `The ${title} server ended while starting: ${this.complaint(said)}.`
          : `The ${title} server was not ready after ${START_DEADLINE_MS / 1000} s: ${this.complaint(said)}.`,
      remedy: isFull
        ? `free ${space} of disk space, or export XDG_CACHE_HOME=<a folder on another disk>`
        : `fix what it names, or ${otherWay}`,
    })
  }

  #inTurn<T>(step: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(step)
    this.#turn = result.catch(() => undefined)
    return result
  }

  #spawn(): void {
    const { path, arguments: given, input } = this.command()
    // Directly into a file: with a pipe, the server would wait whenever this process is too busy to read.
    const log = openSync(this.#logFile, 'a', 0o600)
    let child: ChildProcess
    try {
      child = spawn(path, given, {
        // Its data goes into its working folder.
        cwd: this.folder,
        env: { ...childEnvironment(), ...this.environment },
        stdio: ['pipe', log, log],
        // Detached from the terminal: this process handles interrupts.
        detached: true,
        ...asAccount(this.home.account),
      })
    } finally {
      closeSync(log)
    }
    this.#child = child
    this.#spawnFailure = undefined
    this.#isPaused = false
    child.on('error', (error) => {
      this.#spawnFailure = reasonOf(error)
    })
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
    if (child.pid !== undefined) writeRecord(this.#record, child.pid, this.kind.endingSignal)
    child.unref()
    const isReclocked = this.environment.LD_PRELOAD !== undefined
    child.once('exit', (code, signal) => {
      if (isReclocked && child.pid !== undefined) forgetSharedClock(child.pid)
      if (this.#child !== child || this.#isClosed) return
      rmSync(this.#record, { force: true })
      if (this.#isEnding) return
      this.#log(
        `${this.kind.engine}: the server on port ${this.port} ended by itself (${signal ?? `exit ${code}`}): ${this.complaint(this.logTail())}`,
      )
    })
  }

  async #becomesReady(signal: AbortSignal | undefined): Promise<'ready' | 'ended' | 'late'> {
    const deadline = performance.now() + START_DEADLINE_MS
    while (performance.now() < deadline) {
      throwIfAborted(this.kind, signal)
      await delay(START_POLL_MS)
      if (this.#isClosed || this.#spawnFailure !== undefined || !this.#isRunning()) return 'ended'
      if (await this.answers()) return 'ready'
    }
    return 'late'
  }

  async #end(signal: StopSignal | ServerKind['endingSignal']): Promise<void> {
    const { pid } = this
    if (pid === 0) return
    this.#isEnding = true
    try {
      signalProcess(pid, signal === 'SIGTERM' ? this.kind.politeSignal : signal)
      // A paused process reacts only to SIGKILL.
      if (signal !== 'SIGKILL') this.#continue()
      if (!(await isGoneWithin(pid, signal === 'SIGTERM' ? STOP_DEADLINE_MS : KILL_DEADLINE_MS))) {
        killWithChildren(pid)
        await isGoneWithin(pid, KILL_DEADLINE_MS)
      }
      rmSync(this.#record, { force: true })
      this.#child = undefined
    } finally {
      this.#isEnding = false
    }
  }

  #continue(): void {
    if (!this.#isPaused || this.pid === 0) return
    this.#isPaused = false
    signalProcess(this.pid, 'SIGCONT')
  }

  #isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }
}

export function throwIfAborted(
  kind: Pick<ServerKind, 'engine' | 'title'>,
  signal: AbortSignal | undefined,
): void {
  if (signal?.aborted !== true) return
  throw new EngineError({
    engine: kind.engine,
    problem: 'aborted',
    message: `Opening ${kind.title} was given up on request.`,
    remedy: 'start it again',
    cause: signal.reason,
  })
}

/** For the cleanup: ends the servers of a killed run, if it is certain which processes they are. */
export async function endStaleServers(runFolder: string): Promise<boolean> {
  const isEnded = await staleServersEnded(runFolder)
  if (isEnded) {
    letGroupsGoIn(runFolder)
    unmountAllIn(runFolder)
  }
  return isEnded
}

async function staleServersEnded(runFolder: string): Promise<boolean> {
  const records = readdirSync(runFolder).filter((name) => /^node-\d+\.pid$/.test(name))
  const ended = await Promise.all(
    records.map(async (name) => {
      const identity = readRecord(join(runFolder, name))
      // Not written by this program: the process is unknown, so nothing is touched.
      if (identity === undefined) return false
      if (fateOf(identity) !== 'alive') return true
      // The same id and start time mean the same process. If the system does not tell the start time, the
      // working folder must be enough.
      const isOurs = worksIn(identity.pid, join(runFolder, name.replace(/\.pid$/, '')))
      if (process.platform === 'linux' && isOurs !== true) return isOurs === false
      // With its children, since a paused one would not notice that its parent is gone.
      killWithChildren(identity.pid)
      return await isGoneWithin(identity.pid, KILL_DEADLINE_MS)
    }),
  )
  return ended.every(Boolean)
}

/**
 * Written completely or not at all. The watchdog uses the id on the first line and the signal on the fourth;
 * the lines between make it certain which process has the id.
 */
function writeRecord(path: string, pid: number, signal: ServerKind['endingSignal']): void {
  const { started, machine } = identityOf(pid)
  const unfinished = `${path}.new`
  writeFileSync(unfinished, `${pid}\n${started}\n${machine}\n${signal.slice('SIG'.length)}\n`)
  renameSync(unfinished, path)
}

function readRecord(path: string): ProcessIdentity | undefined {
  const [pid, started, machine] = readFileSync(path, 'utf8').split('\n')
  const identity = { pid: Number(pid), started, machine }
  return isProcessIdentity(identity) && identity.pid > 1 ? identity : undefined
}

/**
 * Ends the servers if this process is killed without a chance to clean up. It waits on a pipe from this
 * process: a line means that everything is done; the end of the pipe without one means that the owner is
 * gone. If the watchdog is killed too, the next run cleans up.
 */
function spawnWatchdog(runFolder: string): ChildProcess {
  const script = [
    'read -r line && exit 0',
    'for folder in "$1"/node-?; do',
    '  pid=$(head -n 1 "$folder.pid" 2>/dev/null)',
    '  [ -n "$pid" ] || continue',
    // If the system tells it: the id must belong to a process with this working folder.
    '  if [ -e /proc/self/cwd ] && [ "$(readlink "/proc/$pid/cwd")" != "$folder" ]; then continue; fi',
    '  kill "-$(sed -n 4p "$folder.pid")" "$pid" 2>/dev/null',
    // A process that does not end within eight seconds is killed.
    '  left=80; while kill -0 "$pid" 2>/dev/null && [ $left -gt 0 ]; do sleep 0.1; left=$((left - 1)); done',
    '  kill -KILL "$pid" 2>/dev/null',
    'done',
    // A small disk, where one was mounted for a server.
    'for disk in "$1"/node-?.disk; do [ -d "$disk" ] && umount -l "$disk" 2>/dev/null; done',
    // A control group, where the disk of a server was slow; it is empty when what was in it is gone.
    'for group in "$1"/node-?.group; do',
    '  [ -L "$group" ] || continue',
    '  left=50; while [ -d "$(readlink "$group")" ] && ! rmdir "$(readlink "$group")" 2>/dev/null && [ $left -gt 0 ]; do sleep 0.1; left=$((left - 1)); done',
    'done',
    // A process that is being killed may still write.
    'left=20; until rm -rf -- "$1" 2>/dev/null || [ $left -eq 0 ]; do sleep 0.1; left=$((left - 1)); done',
  ].join('\n')
  const watchdog = spawn('/bin/sh', ['-c', script, 'holdfast-watchdog', runFolder], {
    cwd: '/',
    env: childEnvironment(),
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  watchdog.on('error', () => undefined)
  watchdog.stdin?.on('error', () => undefined)
  watchdog.unref()
  return watchdog
}

export async function freePort(kind: ServerKind): Promise<number> {
  for (let attempt = 1; attempt <= PORT_ATTEMPTS_MAX; attempt += 1) {
    const port = PORTS.first + randomInt(PORTS.count)
    if (await isFree(port)) return port
  }
  throw new EngineError({
    engine: kind.engine,
    problem: 'start-failed',
    message: `No free port was found on ${LOCALHOST} in ${PORT_ATTEMPTS_MAX} attempts.`,
    remedy: kind.otherWay,
  })
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, LOCALHOST, () => {
      probe.close(() => resolve(true))
    })
  })
}
