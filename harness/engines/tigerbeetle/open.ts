/**
 * The TigerBeetle engine: the cluster at TIGERBEETLE_ADDRESSES, or replicas started for this run.
 *
 *     await using engine = await openTigerbeetle({ replicas: 1, durability: 'durable' })
 *     await using space = await engine.openNamespace({ label: 'pending' })
 *     await space.client.createAccounts([{ ..., ledger: space.ledger }])
 */
import type { Engine, NamespaceOptions, OpenOptions } from '../engine.ts'
import { type StopSignal, throwIfAborted } from '../local/server-process.ts'
import { slowDiskOf } from '../local/slow-disk.ts'
import { addressesIn, type ClusterAddresses, proveSomebodyListens } from './addresses.ts'
import { type Clients, clientVersion, openClients, sessionFailure } from './client.ts'
import { createNamespace, type TigerbeetleNamespace } from './namespace.ts'
import { type OwnReplica, startTigerbeetleReplicas, TIGERBEETLE } from './server.ts'
import { reportedSettings, type TigerbeetleDurability, type TigerbeetleDurabilityLabel } from './settings.ts'

export { EngineError } from '../engine-error.ts'

export interface TigerbeetleEngine extends Engine {
  readonly name: 'tigerbeetle'
  /**
   * As the program reports it. A cluster at an address does not report its version, so there it is only the
   * client's.
   */
  readonly version: string
  readonly source: 'TIGERBEETLE_ADDRESSES' | 'TIGERBEETLE_BIN' | 'PATH' | 'release' | ContainerSource
  /**
   * For a program that connects by itself. There is no password: any program that reaches an address may use
   * it.
   */
  readonly clusterId: bigint
  /** In the order of the replicas. */
  readonly replicas: readonly TigerbeetleReplica[]
  /** A ledger that no other run uses, with clients that are not shared meanwhile. */
  openNamespace(options: Pick<NamespaceOptions, 'label' | 'through'>): Promise<TigerbeetleNamespace>
}

type ContainerSource = NonNullable<OpenOptions['source']>

interface TigerbeetleReplica {
  readonly address: string
  /**
   * Ends the replica: by SIGTERM, or by SIGKILL as in a crash. Like everything below, only if this run
   * started it.
   */
  stop(signal?: StopSignal): Promise<void>
  /**
   * Starts it again at the same address, on its data. It listens when this returns; whether the cluster
   * answers depends on the others too.
   */
  start(): Promise<void>
  /** Pauses it, with its connections open, until it is resumed. */
  pause(): Promise<void>
  resume(): Promise<void>
}

export interface OpenTigerbeetleOptions {
  /** More of them add safety, not throughput. */
  readonly replicas: 1 | 3 | 6
  readonly durability: TigerbeetleDurability
  readonly env?: NodeJS.ProcessEnv
  /** What to call the cluster at the given addresses if it is this run's container. */
  readonly source?: ContainerSource
  /** Whether servers of killed runs are ended and their folders removed first; true by default. */
  readonly sweeps?: boolean
  readonly log?: (line: string) => void
  readonly signal?: AbortSignal
}

export async function openTigerbeetle(options: OpenTigerbeetleOptions): Promise<TigerbeetleEngine> {
  const {
    replicas,
    durability,
    env = process.env,
    source,
    log = () => undefined,
    sweeps = true,
    signal,
  } = options
  if (replicas !== 1 && replicas !== 3 && replicas !== 6) {
    throw new RangeError('replicas must be 1, 3 or 6')
  }
  throwIfAborted(TIGERBEETLE, signal)
  const given = addressesIn(env, replicas)
  return given
    ? await openByAddresses(given, source, log, signal)
    : await openOwn({ replicas, durability, env, log, sweeps, signal })
}

async function openByAddresses(
  given: ClusterAddresses,
  container: ContainerSource | undefined,
  log: (line: string) => void,
  signal: AbortSignal | undefined,
): Promise<TigerbeetleEngine> {
  await proveSomebodyListens(given, signal)
  await using undo = new AsyncDisposableStack()
  const clients = undo.adopt(await openClients(given), (each) => each.destroy())
  await proveSession(clients, given)
  throwIfAborted(TIGERBEETLE, signal)
  // A container of this run is removed with everything written to it.
  if (container === undefined) {
    log(
      'tigerbeetle: what is written to the cluster at TIGERBEETLE_ADDRESSES stays there, on ledgers of its own',
    )
  }
  return engineOf({
    version: `TigerBeetle of unknown version (client ${clientVersion()})`,
    source: container ?? 'TIGERBEETLE_ADDRESSES',
    label: 'as configured',
    settings: {},
    storage: undefined,
    cluster: given,
    own: undefined,
    clients,
    owned: undo.move(),
  })
}

async function openOwn(options: {
  readonly replicas: number
  readonly durability: TigerbeetleDurability
  readonly env: NodeJS.ProcessEnv
  readonly log: (line: string) => void
  readonly sweeps: boolean
  readonly signal: AbortSignal | undefined
}): Promise<TigerbeetleEngine> {
  const { durability, signal } = options
  await using undo = new AsyncDisposableStack()
  const own = undo.use(await startTigerbeetleReplicas({ ...options, clientVersion: clientVersion() }))
  // Closed before the replicas end: a client that lost its cluster keeps retrying and prints every refusal.
  const clients = undo.adopt(await openClients(own), (each) => each.destroy())
  await proveSession(clients, own)
  throwIfAborted(TIGERBEETLE, signal)
  return engineOf({
    version: `TigerBeetle ${own.program.version}`,
    source: own.program.source,
    label: durability === 'durable' ? 'durable' : 'development',
    settings: reportedSettings(durability),
    storage: own.storage,
    cluster: own,
    own: own.replicas,
    clients,
    owned: undo.move(),
  })
}

/** A cluster is ready when it answers, and a client with a session is ready for the first user. */
async function proveSession(clients: Clients, { addresses }: ClusterAddresses): Promise<void> {
  const first = await clients.lend().catch((error: unknown) => {
    throw sessionFailure(addresses.join(', '), error)
  })
  first.giveBack()
}

function engineOf(parts: {
  readonly version: string
  readonly source: TigerbeetleEngine['source']
  readonly label: TigerbeetleDurabilityLabel
  readonly settings: Readonly<Record<string, string>>
  readonly storage: string | undefined
  readonly cluster: ClusterAddresses
  readonly own: readonly OwnReplica[] | undefined
  readonly clients: Clients
  readonly owned: AsyncDisposableStack
}): TigerbeetleEngine {
  const { version, source, label, settings, storage, cluster, own, clients, owned } = parts
  const { clusterId, addresses } = cluster
  return {
    name: 'tigerbeetle',
    version,
    source,
    durability: { label, settings, storage },
    // A cluster tells its clients nothing about itself: the given addresses do not prove the number of
    // replicas.
    settings: own ? { replicas: String(addresses.length) } : { addresses: String(addresses.length) },
    caveats: own ? [] : ['the cluster tells neither its settings nor how many replicas it has'],
    lost: new AbortController().signal,
    clusterId,
    replicas: addresses.map((address, index) => replicaOf(address, own?.[index])),
    ...(own && {
      ownServers: own.map((replica) => ({
        kill: () => replica.crash(),
        start: () => replica.start(),
        slowDisk: slowDiskOf(replica),
      })),
    }),
    describe() {
      const said = Object.entries(settings).map(([name, value]) => `${name}=${value}`)
      const known = said.length === 0 ? 'the cluster does not tell its settings' : said.join(' ')
      const noun = own ? 'replica' : 'address'
      const count =
        addresses.length === 1 ? `1 ${noun}` : `${addresses.length} ${own ? 'replicas' : 'addresses'}`
      const place = storage === undefined ? '' : ` on ${storage}`
      return `${version} (${source}) ${count} at ${addresses.join(', ')}, durability ${label}${place}: ${known}`
    },
    async openNamespace({ label: purpose, through }) {
      return await createNamespace(clients, cluster, through).catch((error: unknown) => {
        throw sessionFailure(`${addresses.join(', ')} for ${purpose}`, error)
      })
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function replicaOf(address: string, replica: OwnReplica | undefined): TigerbeetleReplica {
  const ours = (): OwnReplica => {
    if (replica) return replica
    throw new Error(`the replica at ${address} was not started here, so it is not stopped or paused here`)
  }
  return {
    address,
    stop: async (signal) => await ours().stop(signal),
    start: async () => await ours().start(),
    pause: async () => await ours().pause(),
    resume: async () => await ours().resume(),
  }
}
