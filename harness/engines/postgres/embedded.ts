/** Starts a PostgreSQL server of this run's own, and makes sure that it ends with the run. */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, statSync, truncateSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Durability } from '../engine.ts'
import { EngineError, reasonOf } from '../engine-error.ts'
import { asAccount, childEnvironment } from '../local/bounded-child.ts'
import { type CacheHome, openCacheHome } from '../local/cache-home.ts'
import { perishWithProcess } from '../local/lifetime.ts'
import { exists, isGoneWithin, killWithChildren, signalProcess, worksIn } from '../local/process-identity.ts'
import { clearKilledRuns, createRunFolder, fileSystemOf, type RunFolder } from '../local/run-folder.ts'
import { locatePostgresBinaries, type PostgresBinaries, runnableBinaries } from './binaries.ts'
import { serverArguments } from './settings.ts'
import {
  copyTemplate,
  discardTemplate,
  lastSentences,
  openTemplate,
  SERVER_DATABASE,
  SERVER_ROLE,
} from './template.ts'

export interface EmbeddedPostgres extends AsyncDisposable {
  readonly runId: string
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
  /** The template's: to be replaced by one of the run's own. */
  readonly firstPassword: string
  /** The kind of file system the data is on. */
  readonly storage: string
  readonly pid: number
}

const HOST = '127.0.0.1'
/** From spawning the server to its being ready. Usually a tenth of a second; a loaded machine gets its time. */
const START_DEADLINE_MS = 60_000
const START_POLL_MS = 5
/** Another program can take a port between our finding it free and the server's taking it. */
const PORT_ATTEMPTS_MAX = 8
/**
 * The ways of ending a server, the politest first, and how long each may take. After the second the server itself
 * kills what does not react within 5 s, such as a paused session.
 */
const STOP_STEPS = [
  { signal: 'SIGINT', deadlineMs: 5_000 },
  { signal: 'SIGQUIT', deadlineMs: 8_000 },
  { signal: 'SIGKILL', deadlineMs: 5_000 },
] as const
/** At the exit of this process, when nothing can be awaited. */
const STOP_NOW_DEADLINE_MS = 2_000
/** A server that fails in a loop must not fill the disk: beyond this, its log begins again. */
const LOG_BYTES_MAX = 4 * 1024 * 1024
const LOG_CHECK_MS = 5_000
const LOG_TAIL_CHARACTERS = 4_096

export async function startEmbeddedPostgres(options: {
  readonly durability: Durability
  readonly env: NodeJS.ProcessEnv
  readonly log: (line: string) => void
  /** Whether the servers and folders of killed runs are ended and removed first. */
  readonly sweeps: boolean
  readonly signal: AbortSignal | undefined
}): Promise<EmbeddedPostgres> {
  const { signal } = options
  const installed = locatePostgresBinaries()
  const home = openCacheHome('postgres', options.env)
  if (options.sweeps) await clearKilledRuns(home, 'postgres', endStaleServer, options.log)
  const binaries = await runnableBinaries(installed, home)
  throwIfAborted(signal)
  try {
    return await startFromTemplate(binaries, home, options)
  } catch (error) {
    // A template that was damaged after it was made fails to start however often it is copied.
    if (!(error instanceof EngineError) || error.problem !== 'start-failed' || signal?.aborted) throw error
    options.log(`postgres: making the template again, because: ${error.message}`)
    const template = await openTemplate(binaries, home)
    await discardTemplate(template.folder)
    return await startFromTemplate(binaries, home, options)
  }
}

async function startFromTemplate(
  binaries: PostgresBinaries,
  home: CacheHome,
  options: {
    readonly durability: Durability
    readonly log: (line: string) => void
    readonly signal: AbortSignal | undefined
  },
): Promise<EmbeddedPostgres> {
  const template = await openTemplate(binaries, home)
  const run = await createRunFolder(home, 'postgres').catch((cause: unknown) => {
    throw new EngineError({
      engine: 'postgres',
      problem: 'storage',
      message: `No folder for this run could be made in ${home.folder}: ${reasonOf(cause)}.`,
      remedy: 'export XDG_CACHE_HOME=<a folder of yours on a disk with 1 GB free>',
      cause,
    })
  })
  const server = new RunningServer(run, options.log)
  const forget = perishWithProcess(server)
  try {
    throwIfAborted(options.signal)
    await copyTemplate(template, server.dataFolder, home)
    const port = await server.start(binaries, home, options.durability, options.signal)
    return {
      runId: run.runId,
      host: HOST,
      port,
      user: SERVER_ROLE,
      database: SERVER_DATABASE,
      firstPassword: template.password,
      storage: await fileSystemOf(run.path),
      pid: server.pid,
      async [Symbol.asyncDispose]() {
        await server.stop()
        forget()
      },
    }
  } catch (error) {
    await server.stop()
    forget()
    throw error
  }
}

class RunningServer {
  readonly dataFolder: string
  readonly #run: RunFolder
  readonly #log: (line: string) => void
  readonly #logFile: string
  #child: ChildProcess | undefined
  #watchdog: ChildProcess | undefined
  #logCheck: NodeJS.Timeout | undefined
  #stopping: Promise<void> | undefined
  #spawnFailure: string | undefined

  constructor(run: RunFolder, log: (line: string) => void) {
    this.#run = run
    this.#log = log
    this.dataFolder = join(run.path, 'data')
    this.#logFile = join(run.path, 'server.log')
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  async start(
    binaries: PostgresBinaries,
    home: CacheHome,
    durability: Durability,
    signal: AbortSignal | undefined,
  ): Promise<number> {
    for (let attempt = 1; ; attempt += 1) {
      const port = await freePort()
      this.#spawn(binaries, home, durability, port)
      const outcome = await this.#becomesReady(signal)
      if (outcome === 'ready') {
        this.#watch()
        return port
      }
      const said = this.#logTail()
      if (isPortTaken(said) && attempt < PORT_ATTEMPTS_MAX) {
        truncateSync(this.#logFile)
        continue
      }
      const isFull = /No space left/i.test(said)
      throw new EngineError({
        engine: 'postgres',
        problem: isFull ? 'storage' : 'start-failed',
        message:
          outcome === 'ended'
            ? `The PostgreSQL server ended while starting: ${lastSentences(said)}.`
            : `The PostgreSQL server was not ready after ${START_DEADLINE_MS / 1000} s: ${lastSentences(said)}.`,
        remedy: isFull
          ? 'free 1 GB of disk space, or export XDG_CACHE_HOME=<a folder on another disk>'
          : 'fix what it names, or export POSTGRES_URL=postgres://user:password@host:5432/database',
      })
    }
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stopOnce()
    return this.#stopping
  }

  stopNow(): void {
    const { pid } = this
    if (pid !== 0 && !this.#hasEnded()) {
      signalProcess(pid, 'SIGQUIT')
      // The ended child stays a zombie until the event loop reaps it, so its own lock file tells that it is gone.
      const lockFile = join(this.dataFolder, 'postmaster.pid')
      if (!blockUntil(() => !existsSync(lockFile), STOP_NOW_DEADLINE_MS)) killWithChildren(pid)
    }
    this.#run.removeNow()
  }

  async #stopOnce(): Promise<void> {
    clearInterval(this.#logCheck)
    const child = this.#child
    if (child && !this.#hasEnded()) {
      child.ref()
      for (const { signal, deadlineMs } of STOP_STEPS) {
        end(this.pid, signal)
        if (await endsWithin(child, deadlineMs)) break
      }
    }
    // A line, not just the end of the pipe: the watchdog then knows that nothing is left to do.
    this.#watchdog?.stdin?.end('stopped\n')
    await this.#run.remove().catch((error: unknown) => {
      this.#log(
        `postgres: ${this.#run.path} could not be removed and is left to the next run: ${reasonOf(error)}`,
      )
    })
  }

  #spawn(binaries: PostgresBinaries, home: CacheHome, durability: Durability, port: number): void {
    // Straight into a file: a pipe that this process is too busy to empty would make the server wait.
    const log = openSync(this.#logFile, 'a', 0o600)
    try {
      this.#child = spawn(
        join(binaries.folder, 'bin', 'postgres'),
        [
          '-D',
          this.dataFolder,
          '-p',
          String(port),
          '-c',
          `cluster_name=holdfast-${this.#run.runId}`,
          ...serverArguments(durability),
        ],
        {
          cwd: this.#run.path,
          env: childEnvironment(),
          stdio: ['ignore', log, log],
          // Out of the terminal's reach: an interrupt is ours to handle, and the server must see our disconnects first.
          detached: true,
          ...asAccount(home.account),
        },
      )
    } finally {
      closeSync(log)
    }
    this.#child.on('error', (error) => {
      this.#spawnFailure = reasonOf(error)
    })
    this.#child.unref()
  }

  async #becomesReady(signal: AbortSignal | undefined): Promise<'ready' | 'ended' | 'late'> {
    const deadline = performance.now() + START_DEADLINE_MS
    while (performance.now() < deadline) {
      throwIfAborted(signal)
      await delay(START_POLL_MS)
      if (this.pid === 0 || this.#hasEnded()) return 'ended'
      if (readLockFile(this.dataFolder)?.status === 'ready') return 'ready'
    }
    return 'late'
  }

  #watch(): void {
    this.#watchdog = spawnWatchdog(this.pid, this.#run.path)
    this.#logCheck = setInterval(() => {
      if ((statSync(this.#logFile, { throwIfNoEntry: false })?.size ?? 0) > LOG_BYTES_MAX)
        truncateSync(this.#logFile)
    }, LOG_CHECK_MS).unref()
    this.#child?.once('exit', (code, signal) => {
      if (this.#stopping !== undefined) return
      this.#log(
        `postgres: the server ended by itself (${signal ?? `exit ${code}`}): ${lastSentences(this.#logTail())}`,
      )
    })
  }

  #hasEnded(): boolean {
    return this.#child === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  #logTail(): string {
    if (this.#spawnFailure !== undefined) return this.#spawnFailure
    try {
      return readFileSync(this.#logFile, 'utf8').slice(-LOG_TAIL_CHARACTERS)
    } catch {
      return ''
    }
  }
}

/**
 * Ends the server when this process is killed in a way that it cannot see. It waits on a pipe from here: a line means
 * that all is done, the mere end of the pipe that the owner is gone. Should it be killed too, the next run sweeps.
 */
function spawnWatchdog(serverPid: number, runFolder: string): ChildProcess {
  const script = [
    'read -r line && exit 0',
    // Only what the data folder itself names as its server, and only if that is the one we were told of.
    'ours() { [ "$(head -n 1 "$2/data/postmaster.pid" 2>/dev/null)" = "$1" ]; }',
    'ours "$1" "$2" && kill -QUIT "$1" 2>/dev/null',
    'left=80; while ours "$1" "$2" && kill -0 "$1" 2>/dev/null && [ $left -gt 0 ]; do sleep 0.1; left=$((left - 1)); done',
    'ours "$1" "$2" && kill -KILL "$1" 2>/dev/null',
    'rm -rf -- "$2"',
  ].join('\n')
  const watchdog = spawn('/bin/sh', ['-c', script, 'holdfast-watchdog', String(serverPid), runFolder], {
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

/** For the sweep: ends the server of a killed run, if it is certain which process that is. */
async function endStaleServer(runFolder: string): Promise<boolean> {
  const dataFolder = join(runFolder, 'data')
  const lock = readLockFile(dataFolder)
  if (lock === undefined || !exists(lock.pid)) return true
  const isOurs = lock.dataFolder === dataFolder ? worksIn(lock.pid, dataFolder) : undefined
  // Another process has the number now, so the server is gone. Without any proof nothing is touched.
  if (isOurs !== true) return isOurs === false
  for (const { signal, deadlineMs } of STOP_STEPS) {
    end(lock.pid, signal)
    if (await isGoneWithin(lock.pid, deadlineMs)) return true
  }
  return false
}

function end(pid: number, signal: (typeof STOP_STEPS)[number]['signal']): void {
  if (signal === 'SIGKILL') killWithChildren(pid)
  else signalProcess(pid, signal)
}

/** postmaster.pid: the id, the data folder, the start, the port, ..., and on its eighth line the status. */
function readLockFile(dataFolder: string) {
  try {
    const lines = readFileSync(join(dataFolder, 'postmaster.pid'), 'utf8').split('\n')
    const pid = Number(lines[0])
    if (!Number.isSafeInteger(pid) || pid <= 1) return undefined
    return { pid, dataFolder: lines[1] ?? '', status: (lines[7] ?? '').trim() }
  } catch {
    return undefined
  }
}

function isPortTaken(said: string): boolean {
  return /could not bind|could not create any TCP\/IP sockets/i.test(said)
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', (cause) => {
      reject(
        new EngineError({
          engine: 'postgres',
          problem: 'start-failed',
          message: `No free port was found on ${HOST}: ${reasonOf(cause)}.`,
          remedy: 'export POSTGRES_URL=postgres://user:password@host:5432/database',
          cause,
        }),
      )
    })
    probe.listen(0, HOST, () => {
      const address = probe.address()
      probe.close(() => {
        if (typeof address === 'object' && address !== null) resolve(address.port)
        else reject(new Error('a listening socket has no port'))
      })
    })
  })
}

async function endsWithin(child: ChildProcess, deadlineMs: number): Promise<boolean> {
  if (child.exitCode !== null || child.signalCode !== null) return true
  return await new Promise((resolve) => {
    const ended = (): void => {
      clearTimeout(timer)
      resolve(true)
    }
    const timer = setTimeout(() => {
      child.off('exit', ended)
      resolve(false)
    }, deadlineMs)
    child.once('exit', ended)
  })
}

function blockUntil(isDone: () => boolean, deadlineMs: number): boolean {
  const pause = new Int32Array(new SharedArrayBuffer(4))
  const deadline = performance.now() + deadlineMs
  while (!isDone()) {
    if (performance.now() >= deadline) return false
    Atomics.wait(pause, 0, 0, START_POLL_MS)
  }
  return true
}

export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return
  throw new EngineError({
    engine: 'postgres',
    problem: 'aborted',
    message: 'Opening PostgreSQL was given up on request.',
    remedy: 'start it again',
    cause: signal.reason,
  })
}
