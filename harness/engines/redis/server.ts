/** Starts Redis servers for this run, and makes sure that they end with the run. */
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Address } from '../../network/conditions.ts'
import type { Follower } from '../engine.ts'
import type { CacheHome } from '../local/cache-home.ts'
import { perishWithProcess } from '../local/lifetime.ts'
import { reachableProgram } from '../local/program.ts'
import { clearKilledRuns, fileSystemOf } from '../local/run-folder.ts'
import {
  endStaleServers,
  LOCALHOST,
  openRunFolder,
  ServerGroup,
  ServerProcess,
  type StopSignal,
  throwIfAborted,
} from '../local/server-process.ts'
import type { RedisTarget } from './connection.ts'
import { following } from './follower.ts'
import { locateRedisProgram, type RedisProgram } from './program.ts'
import { REDIS } from './server-kind.ts'
import { type RedisDurability, serverConfiguration } from './settings.ts'

export interface OwnServers extends AsyncDisposable {
  readonly runId: string
  readonly source: RedisProgram['source']
  readonly servers: readonly OwnServer[]
  readonly home: CacheHome
  /** Starts one more server, which follows this one by an address that leads to it. */
  follow(server: OwnServer, from: Address): Promise<Follower>
  /** The type of the file system that holds the data. */
  readonly storage: string
}

export interface OwnServer {
  readonly target: RedisTarget
  readonly pid: number
  readonly folder: string
  /** Variables that it is started with, beside the usual ones. */
  environment: NodeJS.ProcessEnv
  readonly saidBytes: number
  saidSince(bytes: number): string
  stop(signal?: StopSignal): Promise<void>
  crash(): Promise<void>
  start(): Promise<void>
  pause(): Promise<void>
  resume(): Promise<void>
}

/** Time limit for one request to a server that may still be starting. */
const PING_DEADLINE_MS = 2_000
const LOG_SENTENCES = 3

export async function startRedisServers(options: {
  readonly nodes: number
  /** Whether they are to become one cluster, of one password. */
  readonly isCluster?: boolean
  readonly durability: RedisDurability
  readonly home: CacheHome
  readonly env: NodeJS.ProcessEnv
  readonly log: (line: string) => void
  /** Whether servers of killed runs are ended and their folders removed first. */
  readonly sweeps: boolean
  readonly signal: AbortSignal | undefined
}): Promise<OwnServers> {
  const { nodes, isCluster = false, durability, home, log, signal } = options
  if (options.sweeps) await clearKilledRuns(home, 'redis', endStaleServers, log)
  const program = await locateRedisProgram(home, options.env, log, signal)
  throwIfAborted(REDIS, signal)
  const run = await openRunFolder(home, REDIS)
  const group = new ServerGroup<RunningServer>({ engine: 'redis', run, log })
  const forget = perishWithProcess(group)
  const end = async (): Promise<void> => {
    await group.stop()
    forget()
  }
  try {
    const path = await reachableProgram(program.path, home, join(run.path, 'redis-server'))
    const of = { path, durability, home, log, ...(isCluster && { isCluster, password: newPassword() }) }
    group.servers = Array.from(
      { length: nodes },
      (_, node) => new RunningServer({ ...of, folder: join(run.path, `node-${node}`) }),
    )
    const started = await Promise.allSettled(group.servers.map((server) => server.startFirst(signal)))
    for (const outcome of started) if (outcome.status === 'rejected') throw outcome.reason
    return {
      runId: run.runId,
      source: program.source,
      servers: group.servers,
      async follow(server, from) {
        // Of the same password: clients reach it by the address of the other one.
        const { password } = server.target
        const copy = new RunningServer({ path, durability, home, folder: group.nextFolder(), log, password })
        group.servers = [...group.servers, copy]
        await copy.startFirst(signal)
        const follower = await following({ server, copy }, from)
        return { ...follower, [Symbol.asyncDispose]: () => group.discard(copy) }
      },
      home,
      storage: await fileSystemOf(run.path),
      [Symbol.asyncDispose]: end,
    }
  } catch (error) {
    await end()
    throwIfAborted(REDIS, signal)
    throw error
  }
}

function newPassword(): string {
  return randomBytes(24).toString('hex')
}

class RunningServer extends ServerProcess implements OwnServer {
  readonly #path: string
  readonly #durability: RedisDurability
  readonly #password: string
  readonly #isOfCluster: boolean

  constructor(own: {
    readonly path: string
    readonly durability: RedisDurability
    readonly home: CacheHome
    readonly folder: string
    readonly log: (line: string) => void
    readonly password?: string | undefined
    readonly isCluster?: boolean
  }) {
    super({ ...own, kind: REDIS })
    this.#password = own.password ?? newPassword()
    this.#isOfCluster = own.isCluster ?? false
    this.#path = own.path
    this.#durability = own.durability
  }

  get target(): RedisTarget {
    return {
      host: LOCALHOST,
      port: this.port,
      username: undefined,
      password: this.#password,
      db: 0,
      tls: false,
    }
  }

  async startFirst(signal: AbortSignal | undefined): Promise<void> {
    this.makeFolder()
    await this.startOnFreePort(signal)
  }

  protected override command() {
    return {
      path: this.#path,
      arguments: ['-'],
      // The password goes neither into a file nor into the list of processes, where others could read it.
      input: serverConfiguration({
        durability: this.#durability,
        port: this.port,
        password: this.#password,
        isOfCluster: this.#isOfCluster,
      }),
    }
  }

  /**
   * The password shows that this server answers and no other; a server that is still loading its file says
   * so.
   */
  protected override answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.port, LOCALHOST, () => {
        socket.write(`AUTH ${this.#password}\r\nPING\r\n`)
      })
      let heard = ''
      const settle = (answers: boolean): void => {
        clearTimeout(timer)
        socket.destroy()
        resolve(answers)
      }
      const timer = setTimeout(settle, PING_DEADLINE_MS, false)
      socket.on('data', (chunk: Buffer) => {
        heard += chunk.toString('latin1')
        if (heard.split('\r\n').length > 2) settle(heard === '+OK\r\n+PONG\r\n')
      })
      socket.on('error', () => settle(false))
      socket.on('close', () => settle(false))
    })
  }

  protected override foundPortTaken(said: string): boolean {
    return /Address already in use|Failed listening/i.test(said)
  }

  /** The last lines that say what went wrong, joined into one, without their time and process id. */
  protected override complaint(printed: string): string {
    const lines = printed
      .split('\n')
      .map((line) => line.replace(/^\d+:[A-Z] .*? [.*#-] /, '').trim())
      .filter((line) => line !== '' && !/overcommit/.test(line))
    const said = lines.filter((line) => /error|fatal|fail|could not|can't|bad|killed/i.test(line))
    const chosen = (said.length > 0 ? said : lines).slice(-LOG_SENTENCES).join(' / ')
    // A complaint about the configuration repeats the line.
    return chosen.replaceAll(this.#password, '***').replace(/[.\s]+$/, '') || 'it said nothing'
  }
}
