/** Starts the replicas of a TigerBeetle cluster for this run, and makes sure that they end with the run. */
import { randomBytes } from 'node:crypto'
import { statfs } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { EngineError } from '../engine-error.ts'
import { runToEnd } from '../local/bounded-child.ts'
import { type CacheHome, openCacheHome } from '../local/cache-home.ts'
import { perishWithProcess } from '../local/lifetime.ts'
import { reachableProgram } from '../local/program.ts'
import { clearKilledRuns, fileSystemOf } from '../local/run-folder.ts'
import {
  endStaleServers,
  freePort,
  LOCALHOST,
  openRunFolder,
  PORT_ATTEMPTS_MAX,
  ServerGroup,
  type ServerKind,
  ServerProcess,
  type StopSignal,
  throwIfAborted,
} from '../local/server-process.ts'
import { locateTigerbeetleProgram, OTHER_WAY, type TigerbeetleProgram } from './program.ts'
import {
  formatArguments,
  REPLICA_DISK_MIB,
  REPLICA_MEMORY_MIB,
  startArguments,
  type TigerbeetleDurability,
} from './settings.ts'

export interface OwnCluster extends AsyncDisposable {
  readonly program: TigerbeetleProgram
  readonly clusterId: bigint
  readonly addresses: readonly string[]
  readonly replicas: readonly OwnReplica[]
  /** The type of the file system that holds the data. */
  readonly storage: string
}

export interface OwnReplica {
  readonly address: string
  readonly pid: number
  /** Of its data. */
  readonly folder: string
  stop(signal?: StopSignal): Promise<void>
  crash(): Promise<void>
  start(): Promise<void>
  pause(): Promise<void>
  resume(): Promise<void>
}

export const TIGERBEETLE: ServerKind = {
  engine: 'tigerbeetle',
  title: 'TigerBeetle',
  otherWay: OTHER_WAY,
  space: '2 GB for each replica',
  politeSignal: 'SIGTERM',
  endingSignal: 'SIGKILL',
}

const DATA_FILE = 'data.tigerbeetle'
/**
 * It writes little, but reserves a gigabyte: a tenth of a second, or many seconds if the file system cannot
 * reserve.
 */
const FORMAT_DEADLINE_MS = 120_000
const CONNECT_DEADLINE_MS = 2_000
const LOG_SENTENCES = 2
const MIB = 1024 * 1024

export async function startTigerbeetleReplicas(options: {
  readonly replicas: number
  readonly durability: TigerbeetleDurability
  readonly clientVersion: string
  readonly env: NodeJS.ProcessEnv
  readonly log: (line: string) => void
  /** Whether servers of killed runs are ended and their folders removed first. */
  readonly sweeps: boolean
  readonly signal: AbortSignal | undefined
}): Promise<OwnCluster> {
  const { replicas, durability, log, signal } = options
  const home = openCacheHome('tigerbeetle', options.env)
  if (options.sweeps) await clearKilledRuns(home, 'tigerbeetle', endStaleServers, log)
  const program = await locateTigerbeetleProgram({ ...options, home })
  throwIfAborted(TIGERBEETLE, signal)
  await refuseTooSmall(home, replicas, durability)
  const run = await openRunFolder(home, TIGERBEETLE)
  const group = new ServerGroup<Replica>({ engine: 'tigerbeetle', run, log })
  const forget = perishWithProcess(group)
  const end = async (): Promise<void> => {
    await group.stop()
    forget()
  }
  try {
    const cluster = {
      path: await reachableProgram(program.path, home, join(run.path, 'tigerbeetle')),
      // Random, like a password: only this run's cluster answers to it.
      id: randomBytes(8).readBigUInt64LE(),
      durability,
      addresses: [] as readonly string[],
      count: replicas,
    }
    group.servers = Array.from(
      { length: replicas },
      (_, index) => new Replica({ cluster, index, home, folder: join(run.path, `node-${index}`), log }),
    )
    for (const replica of group.servers) await replica.format(signal)
    await startTogether(group.servers, cluster, signal)
    return {
      program,
      clusterId: cluster.id,
      addresses: cluster.addresses,
      replicas: group.servers,
      storage: await fileSystemOf(run.path),
      [Symbol.asyncDispose]: end,
    }
  } catch (error) {
    await end()
    throwIfAborted(TIGERBEETLE, signal)
    throw error
  }
}

interface Cluster {
  readonly path: string
  readonly id: bigint
  readonly durability: TigerbeetleDurability
  readonly count: number
  /** In the order of the replicas. Chosen again if another program takes one before its replica does. */
  addresses: readonly string[]
}

async function startTogether(
  replicas: readonly Replica[],
  cluster: Cluster,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const ports = new Set<number>()
    while (ports.size < cluster.count) ports.add(await freePort(TIGERBEETLE))
    cluster.addresses = [...ports].map((port) => `${LOCALHOST}:${port}`)
    const started = await Promise.allSettled(replicas.map((replica) => replica.startFirst(signal)))
    const failed = started.find((outcome) => outcome.status === 'rejected')
    if (failed === undefined) return
    const isTaken = replicas.some((replica) => replica.foundItsPortTaken())
    if (!isTaken || attempt >= PORT_ATTEMPTS_MAX || signal?.aborted) throw failed.reason
    await Promise.all(replicas.map((replica) => replica.stop('SIGKILL')))
  }
}

class Replica extends ServerProcess implements OwnReplica {
  readonly #cluster: Cluster
  readonly #index: number

  constructor(own: {
    readonly cluster: Cluster
    readonly index: number
    readonly home: CacheHome
    readonly folder: string
    readonly log: (line: string) => void
  }) {
    super({ ...own, kind: TIGERBEETLE })
    this.#cluster = own.cluster
    this.#index = own.index
  }

  get address(): string {
    return this.#cluster.addresses[this.#index] ?? ''
  }

  override get port(): number {
    return Number(this.address.split(':')[1])
  }

  async format(signal: AbortSignal | undefined): Promise<void> {
    this.makeFolder()
    const { path, id, count, durability } = this.#cluster
    const ended = await runToEnd(
      path,
      [
        'format',
        `--cluster=${id}`,
        `--replica=${this.#index}`,
        `--replica-count=${count}`,
        ...formatArguments(durability),
        DATA_FILE,
      ],
      { deadlineMs: FORMAT_DEADLINE_MS, account: this.home.account, cwd: this.folder, signal },
    )
    if (ended.exitCode === 0) return
    throw new EngineError({
      engine: 'tigerbeetle',
      problem: 'storage',
      message: `TigerBeetle could not make its data file in ${this.home.folder}: ${this.complaint(ended.printed)}.`,
      remedy: 'free 2 GB of disk space for each replica, or export XDG_CACHE_HOME=<a folder on another disk>',
    })
  }

  async startFirst(signal: AbortSignal | undefined): Promise<void> {
    await this.startOnce(signal)
  }

  protected override foundPortTaken(said: string): boolean {
    return /AddressInUse|address already in use/i.test(said)
  }

  foundItsPortTaken(): boolean {
    const isTaken = this.foundPortTaken(this.logTail())
    if (isTaken) this.forgetLog()
    return isTaken
  }

  protected override command() {
    const { path, addresses, durability } = this.#cluster
    return {
      path,
      arguments: ['start', `--addresses=${addresses.join(',')}`, ...startArguments(durability), DATA_FILE],
    }
  }

  /**
   * Listening is the last step of its start. A client, which knows the cluster's id, proves that it is the
   * right one.
   */
  protected override answers(): Promise<boolean> {
    return accepts(LOCALHOST, this.port, CONNECT_DEADLINE_MS)
  }

  /** The last lines that say what went wrong, joined into one, without their times. */
  protected override complaint(printed: string): string {
    const lines = printed
      .split('\n')
      .map((line) => line.replace(/^\d{4}-\d\d-\d\dT? ?[\d:.]+Z /, '').trim())
      .filter((line) => line !== '' && !/\((multiversioning|mlock)\)|omit --cluster/.test(line))
    const said = lines.filter((line) => /^error|panic|fatal|fail|unable|killed/i.test(line))
    const chosen = (said.length > 0 ? said : lines).slice(-LOG_SENTENCES).join(' / ')
    return chosen.replace(/[.\s]+$/, '') || 'it said nothing'
  }
}

/** Whether something accepts connections there. */
export function accepts(host: string, port: number, deadlineMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host)
    const settle = (isOpen: boolean): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(isOpen)
    }
    const timer = setTimeout(settle, deadlineMs, false)
    socket.once('connect', () => settle(true))
    socket.on('error', () => settle(false))
  })
}

/**
 * A replica allocates all its memory and disk space at its start: too little of either is better reported
 * before.
 */
async function refuseTooSmall(
  home: CacheHome,
  replicas: number,
  durability: TigerbeetleDurability,
): Promise<void> {
  const { bavail, bsize } = await statfs(home.folder)
  const [diskMib, memoryMib] = [replicas * REPLICA_DISK_MIB, replicas * REPLICA_MEMORY_MIB[durability]]
  const freeMib = Math.floor((bavail * bsize) / MIB)
  const count = `${replicas} TigerBeetle replica${replicas === 1 ? ' needs' : 's need'}`
  if (freeMib < diskMib) {
    throw new EngineError({
      engine: 'tigerbeetle',
      problem: 'storage',
      message: `${count} ${diskMib} MiB of disk, and ${home.folder} has ${freeMib} MiB free.`,
      remedy: `free ${diskMib - freeMib} MiB there, or export XDG_CACHE_HOME=<a folder on another disk>`,
    })
  }
  // Other systems count memory as used that they could reclaim at any time.
  if (process.platform !== 'linux') return
  const availableMib = Math.floor(process.availableMemory() / MIB)
  if (availableMib < memoryMib) {
    throw new EngineError({
      engine: 'tigerbeetle',
      problem: 'too-small',
      message: `${count} ${memoryMib} MiB of memory, and ${availableMib} MiB are available.`,
      remedy: `end other programs, or ${OTHER_WAY}`,
    })
  }
}
