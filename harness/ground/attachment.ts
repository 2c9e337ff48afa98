/**
 * What another process needs to play on the same ground: addresses, and the names under which everything there is kept. It
 * holds passwords, so it travels from process to process and is never printed.
 */
import { Kysely, PostgresDialect } from 'kysely'
import type { Connections, StrategyEntry } from '../../strategies/registry.ts'
import type { Stores } from '../audit/audit.ts'
import type { Engines } from '../engines/engines.ts'
import { openPool } from '../engines/postgres-namespace.ts'
import { parsePostgresUrl } from '../engines/postgres-url.ts'
import { COMMAND_DEADLINE_MS, closeClient, onEach, openClient } from '../engines/redis-connection.ts'
import { addressesIn } from '../engines/redis-url.ts'
import { openClients } from '../engines/tigerbeetle-client.ts'
import type { Ground } from './ground.ts'
import { onPool } from './ground.ts'

export interface Attachment {
  readonly postgres?: { readonly url: string; readonly schema: string; readonly poolSize: number }
  readonly redis?: { readonly urls: readonly string[]; readonly prefix: string }
  readonly tigerbeetle?: {
    /** A whole number as text: messages between processes have no number so large. */
    readonly clusterId: string
    readonly addresses: readonly string[]
    readonly ledger: number
  }
}

/** `poolSize`: connections of each process that attaches. */
export function attachmentOf(
  entry: StrategyEntry,
  engines: Engines,
  stores: Stores,
  poolSize: number,
): Attachment {
  const { postgres, redis, tigerbeetle } = engines
  const uses = (name: StrategyEntry['engines'][number]): boolean => entry.engines.includes(name)
  return {
    ...(uses('postgres') &&
      postgres &&
      stores.postgres && {
        postgres: { url: postgres.connectionString(), schema: stores.postgres.schema, poolSize },
      }),
    ...(uses('redis') &&
      redis &&
      stores.redis && {
        redis: {
          urls: redis.nodes.map((node) => node.connectionString()),
          prefix: stores.redis.prefix,
        },
      }),
    ...(uses('tigerbeetle') &&
      tigerbeetle &&
      stores.tigerbeetle && {
        tigerbeetle: {
          clusterId: String(tigerbeetle.clusterId),
          addresses: tigerbeetle.replicas.map((replica) => replica.address),
          ledger: stores.tigerbeetle.ledger,
        },
      }),
  }
}

/** A place on a ground that another process has prepared and will clear. */
export interface Attached extends AsyncDisposable, Pick<Ground, 'resetMeter' | 'readMeter'> {
  readonly connections: Connections
  sessionPids(): readonly number[]
}

export async function attach(attachment: Attachment): Promise<Attached> {
  const { postgres, redis, tigerbeetle } = attachment
  await using undo = new AsyncDisposableStack()
  const pool = postgres && undo.adopt(await openPool(parsePostgresUrl(postgres.url), postgres), endPool)
  const session = pool && onPool(pool, pool)
  const clients = redis && (await redisClients(redis, undo))
  const client = tigerbeetle && (await tigerbeetleClient(tigerbeetle, undo))
  const owned = undo.move()
  return {
    connections: {
      ...(pool && { postgres: new Kysely({ dialect: new PostgresDialect({ pool }) }) }),
      ...(clients && { redis: clients }),
      ...(client && { tigerbeetle: { client, ledger: tigerbeetle.ledger } }),
    },
    sessionPids: () => session?.sessionPids() ?? [],
    resetMeter: () => session?.resetMeter(),
    readMeter: () => session?.readMeter() ?? NOT_METERED,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

type OpenPool = Awaited<ReturnType<typeof openPool>>

/** For engines without a pool. */
const NOT_METERED = {
  poolWaitMs: { count: 0, p50: 0, p95: 0, p99: 0, max: 0 },
  poolWaitSeconds: 0,
  connectionSeconds: 0,
}

async function endPool(pool: OpenPool): Promise<void> {
  await pool.endOrCut()
}

async function redisClients(
  { urls, prefix }: NonNullable<Attachment['redis']>,
  undo: AsyncDisposableStack,
): Promise<NonNullable<Connections['redis']>> {
  const addresses = addressesIn({ REDIS_URLS: urls.join(',') }, urls.length)
  if (addresses === undefined) throw new RangeError('there is no node')
  const session = {
    name: `${prefix.replaceAll(':', '-')}process-${process.pid}`,
    commandDeadlineMs: COMMAND_DEADLINE_MS,
    keyPrefix: prefix,
  }
  return await onEach(addresses.targets, async (target) =>
    undo.adopt(await openClient(target, session), closeClient),
  )
}

async function tigerbeetleClient(
  { clusterId, addresses }: NonNullable<Attachment['tigerbeetle']>,
  undo: AsyncDisposableStack,
): Promise<NonNullable<Connections['tigerbeetle']>['client']> {
  const clients = await openClients({ clusterId: BigInt(clusterId), addresses })
  undo.defer(() => clients.destroy())
  const lent = await clients.lend()
  return lent.client
}
