/**
 * Opens the servers at REDIS_URL or REDIS_URLS, or starts servers for this run (Redis or Valkey).
 *
 *     await using engine = await openRedis({ nodes: 1, durability: 'everysec' })
 *     await using space = await engine.openNamespace({ label: 'lease' })
 *     await space.clients[0].set('seat', 'taken', 'PX', 5_000, 'NX')
 */
import { EngineError } from '../engine-error.ts'
import { openCacheHome } from '../local/cache-home.ts'
import { disposedOnSignal } from '../local/lifetime.ts'
import { newRunId } from '../local/run-folder.ts'
import { throwIfAborted } from '../local/server-process.ts'
import {
  ADMIN_COMMAND_DEADLINE_MS,
  atLeastOne,
  closeClient,
  onEach,
  openClient,
  type PerNode,
  type RedisTarget,
} from './connection.ts'
import { type ContainerSource, engineOf, type RedisEngine } from './engine.ts'
import { type AddressVariable, connectFailure } from './failures.ts'
import { keepRunRecord, proveRights, sweepStaleKeys } from './run-record.ts'
import { startRedisServers } from './server.ts'
import { commonDurability, type RedisAdmin, readFacts, refuseSameServer } from './server-facts.ts'
import { REDIS } from './server-kind.ts'
import type { RedisDurability } from './settings.ts'
import { addressesIn, proveRedisSpeaks } from './url.ts'

/** Redlock's authors recommend five; beyond nine, a small machine would measure its own scheduler. */
const NODES_MAX = 9

export interface OpenRedisOptions {
  readonly nodes: number
  readonly durability: RedisDurability
  readonly env?: NodeJS.ProcessEnv
  /** What to call the servers at the given addresses if they are this run's containers. */
  readonly source?: ContainerSource
  /** Whether leftovers of killed runs are deleted; true by default. */
  readonly sweeps?: boolean
  readonly log?: (line: string) => void
  readonly signal?: AbortSignal
}

type OpenHow = Pick<OpenRedisOptions, 'nodes' | 'durability'> &
  Required<Pick<OpenRedisOptions, 'env' | 'log' | 'sweeps'>> & { readonly signal: AbortSignal | undefined }

/** Throws a `RangeError` for an impossible number of nodes, and otherwise an `EngineError`. */
export async function openRedis(options: OpenRedisOptions): Promise<RedisEngine> {
  const { nodes, env = process.env, log = () => undefined, sweeps = true, signal } = options
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > NODES_MAX) {
    throw new RangeError(`nodes must be a whole number from 1 to ${NODES_MAX}`)
  }
  throwIfAborted(REDIS, signal)
  const addresses = addressesIn(env, nodes)
  const how = { ...options, env, log, sweeps, signal }
  return addresses
    ? await openByUrl({ ...addresses, source: options.source ?? addresses.variable }, how)
    : await openOwn(how)
}

async function openByUrl(
  {
    source,
    targets,
  }: {
    readonly source: AddressVariable | ContainerSource
    readonly targets: PerNode<RedisTarget>
  },
  { durability, env, log, sweeps, signal }: OpenHow,
): Promise<RedisEngine> {
  await onEach(targets, (target) => proveRedisSpeaks(target, signal))
  const runId = newRunId()
  await using undo = new AsyncDisposableStack()
  const connected = await connectAdmins(targets, runId, undo)
  throwIfAborted(REDIS, signal)
  const servers = await onEach(connected, (each) => readFacts(each))
  refuseSameServer(servers)
  await onEach(servers, async ({ admin, target }) => {
    await proveRights(admin, runId).catch((error: unknown) => {
      throw connectFailure(target, error)
    })
  })
  // Another user's keys have our names, or the server is full: either way it cannot be used.
  const cannotBeUsed = (error: unknown): never => {
    throw connectFailure(targets[0], error)
  }
  const admins = servers.map(({ admin }) => admin)
  const { lost } = undo.use(await keepRunRecord(admins, runId, log).catch(cannotBeUsed))
  if (sweeps) for (const admin of admins) await sweepStaleKeys(admin, runId, log).catch(cannotBeUsed)
  const label = commonDurability(servers)
  if (label !== durability) {
    log(`redis: durability "${durability}" was requested, but the server at ${source} is "${label}"`)
  }
  return disposedOnSignal(engineOf({ source, servers, runId, lost, env, log }, undo))
}

async function openOwn(options: OpenHow): Promise<RedisEngine> {
  const { durability, env, log } = options
  await using undo = new AsyncDisposableStack()
  const own = undo.use(await startRedisServers({ ...options, home: openCacheHome('redis', env) }))
  const { runId, source } = own
  const targets = atLeastOne(own.servers.map(({ target }) => target))
  const servers = await onEach(await connectAdmins(targets, runId, undo), (each) => readFacts(each))
  const label = commonDurability(servers)
  if (label !== durability) {
    throw new EngineError({
      engine: 'redis',
      problem: 'start-failed',
      message: `The Redis server was started with durability "${durability}", but reports "${label}".`,
      remedy: 'export REDIS_URL=redis://:password@host:6379',
    })
  }
  return engineOf({ source, servers, runId, lost: new AbortController().signal, own, env, log }, undo)
}

/** One connection per node, for the engine itself: the run's record, inspection, cleanup. */
async function connectAdmins(
  targets: PerNode<RedisTarget>,
  runId: string,
  undo: AsyncDisposableStack,
): Promise<PerNode<RedisAdmin>> {
  const session = { name: `holdfast-${runId}-admin`, commandDeadlineMs: ADMIN_COMMAND_DEADLINE_MS }
  return await onEach(targets, async (target) => {
    const admin = await openClient(target, session).catch((error: unknown) => {
      throw connectFailure(target, error)
    })
    return { target, admin: undo.adopt(admin, closeClient) }
  })
}
