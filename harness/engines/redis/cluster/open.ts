/** Opens the cluster at REDIS_URL=redis+cluster://…, or starts one for this run. */
import { EngineError, reasonOf } from '../../engine-error.ts'
import { openCacheHome } from '../../local/cache-home.ts'
import { disposedOnSignal } from '../../local/lifetime.ts'
import { newRunId } from '../../local/run-folder.ts'
import { throwIfAborted } from '../../local/server-process.ts'
import { ADMIN_COMMAND_DEADLINE_MS, atLeastOne, type PerNode, type RedisTarget } from '../connection.ts'
import { connectFailure, failure } from '../failures.ts'
import type { OpenRedisOptions } from '../open.ts'
import { keepRunRecord, proveRights, sweepStaleKeys } from '../run-record.ts'
import { startRedisServers } from '../server.ts'
import { commonDurability, type RedisServer, readFacts } from '../server-facts.ts'
import { REDIS } from '../server-kind.ts'
import { NODE_TIMEOUT_MS, type RedisDurability } from '../settings.ts'
import { proveRedisSpeaks } from '../url.ts'
import type { ClusterWanted } from './address.ts'
import { type ClusterEngine, clusterEngineOf } from './engine.ts'
import { formCluster } from './form.ts'
import { ClusterNodes } from './nodes.ts'
import { RoutedClient } from './routed-client.ts'
import { SLOTS } from './slots.ts'

type OpenHow = Omit<OpenRedisOptions, 'nodes'>

/** Throws an `EngineError` with the step that helps. */
export async function openCluster(wanted: ClusterWanted, how: OpenHow): Promise<ClusterEngine> {
  throwIfAborted(REDIS, how.signal)
  return wanted.kind === 'at' ? await openByUrl(wanted.seeds, how) : await openOwn(wanted.masters, how)
}

async function openByUrl(seeds: PerNode<RedisTarget>, how: OpenHow): Promise<ClusterEngine> {
  const { durability, sweeps = true, log = () => undefined, signal } = how
  const runId = newRunId()
  await using undo = new AsyncDisposableStack()
  const { admins, servers } = await connected(seeds, { runId, signal }, undo)
  throwIfAborted(REDIS, signal)
  // One record, where its key is; the keys of the run are on every master.
  const recorder = new RoutedClient(admins, {})
  const keepers = () => admins.masters()
  const cannotBeUsed = (error: unknown): never => {
    throw connectFailure(seeds[0], error)
  }
  await proveRights(recorder, runId, admins.masters()).catch(cannotBeUsed)
  const record = await keepRunRecord([recorder], runId, log, undefined, keepers).catch(cannotBeUsed)
  const { lost } = undo.use(record)
  if (sweeps) await sweepStaleKeys(recorder, runId, log, keepers).catch(cannotBeUsed)
  told(servers, durability, log)
  const source = how.source ?? 'REDIS_URL'
  return disposedOnSignal(clusterEngineOf({ source, servers, admins, seeds, runId, lost, log }, undo))
}

async function openOwn(masters: number, how: OpenHow): Promise<ClusterEngine> {
  const { durability, env = process.env, sweeps = true, log = () => undefined, signal } = how
  await using undo = new AsyncDisposableStack()
  const own = undo.use(
    await startRedisServers({
      nodes: 2 * masters,
      isCluster: true,
      durability,
      env,
      log,
      sweeps,
      signal,
      home: openCacheHome('redis', env),
    }),
  )
  const targets = atLeastOne(own.servers.map(({ target }) => target))
  await formCluster(targets, masters, signal).catch((error: unknown) => {
    if (error instanceof EngineError) throw error
    throw failure(
      'start-failed',
      `The servers were started, but did not become a cluster: ${reasonOf(error)}.`,
      'unset HOLDFAST_REDIS, to run on single servers',
    )
  })
  const seeds = atLeastOne(targets.slice(0, masters))
  const { runId, source } = own
  const { admins, servers } = await connected(seeds, { runId, signal }, undo)
  told(servers, durability, log)
  log(`redis: a replica takes the place of a master that is silent for ${NODE_TIMEOUT_MS} ms`)
  const lost = new AbortController().signal
  return clusterEngineOf({ source, servers, admins, seeds, runId, lost, own, log }, undo)
}

/** Connections for the engine itself, and what every master says of itself. */
async function connected(
  seeds: PerNode<RedisTarget>,
  { runId, signal }: { readonly runId: string; readonly signal: AbortSignal | undefined },
  undo: AsyncDisposableStack,
): Promise<{ readonly admins: ClusterNodes; readonly servers: readonly RedisServer[] }> {
  const first = await answering(seeds, signal)
  const session = { name: `holdfast-${runId}-admin`, commandDeadlineMs: ADMIN_COMMAND_DEADLINE_MS }
  const opened = ClusterNodes.open({ seeds: [first, ...seeds.filter((each) => each !== first)], session })
  const admins = undo.use(await opened.catch((error: unknown) => refuseUnfit(first, error)))
  const unserved = SLOTS - admins.ranges.reduce((sum, { from, to }) => sum + to - from + 1, 0)
  if (unserved > 0) {
    throw failure(
      'unreachable',
      `The cluster is not whole: ${unserved} of its ${SLOTS} slots have no server.`,
      'repair it (redis-cli --cluster fix), or name another one',
    )
  }
  const servers: RedisServer[] = []
  const seen = new Set<string>()
  for (const { master } of admins.ranges) {
    const target = { ...first, ...master }
    if (seen.has(`${master.host}:${master.port}`)) continue
    seen.add(`${master.host}:${master.port}`)
    const admin = await admins.at(master).catch((error: unknown) => {
      throw connectFailure(target, error)
    })
    servers.push(await readFacts({ admin, target }, 'of-cluster'))
  }
  return { admins, servers }
}

/** The first that answers as a server of Redis does; why the last does not, if none does. */
async function answering(seeds: PerNode<RedisTarget>, signal: AbortSignal | undefined): Promise<RedisTarget> {
  let reason: unknown
  for (const seed of seeds) {
    try {
      await proveRedisSpeaks(seed, signal)
      return seed
    } catch (error) {
      reason = error
    }
  }
  throw reason
}

function refuseUnfit(target: RedisTarget, error: unknown): never {
  if (/cluster support disabled/i.test(reasonOf(error))) {
    throw failure(
      'wrong-server',
      `The server at ${target.host}:${target.port} is not a node of a cluster, and REDIS_URL asks for one.`,
      `write ${target.tls ? 'rediss' : 'redis'}:// into REDIS_URL, for one server`,
    )
  }
  if (/^CLUSTERDOWN/.test(reasonOf(error))) {
    throw failure(
      'unreachable',
      `The cluster at ${target.host}:${target.port} is down: none of its servers has a slot.`,
      'repair it (redis-cli --cluster fix), or name another one',
    )
  }
  throw connectFailure(target, error)
}

function told(
  servers: readonly RedisServer[],
  durability: RedisDurability,
  log: (line: string) => void,
): void {
  const label = commonDurability(servers)
  if (label !== durability) {
    log(`redis: durability "${durability}" was requested, but the servers of the cluster are "${label}"`)
  }
}
