/** What a trial stands on: fresh tables and keys on the engines that the strategy needs, and a clock to compare. */
import { Kysely, PostgresDialect } from 'kysely'
import type pg from 'pg'
import type { Connections, StrategyEntry } from '../../strategies/registry.ts'
import type { Stores } from '../audit/audit.ts'
import { monotonicMs } from '../clock.ts'
import type { Engines } from '../engines/engines.ts'
import type { PoolMeter } from '../engines/metered-pool.ts'
import type { PostgresEngine } from '../engines/postgres.ts'
import type { RedisEngine } from '../engines/redis.ts'
import type { TigerbeetleEngine } from '../engines/tigerbeetle.ts'
import type { EngineClock } from '../history/record.ts'
import type { Percentiles } from '../report/results.ts'

/** What the users of the pool waited, and for how long they kept its connections. */
export interface MeterReading {
  readonly poolWaitMs: Percentiles
  readonly poolWaitSeconds: number
  readonly connectionSeconds: number
}

export interface Ground {
  readonly connections: Connections
  readonly stores: Stores
  readClock(): Promise<EngineClock>
  resetMeter(): void
  readMeter(): MeterReading
  /** Drops what was made, whatever state it is in. */
  dispose(): Promise<void>
}

export async function prepareGround(
  entry: StrategyEntry,
  engines: Engines,
  poolSize: number,
): Promise<Ground> {
  await using undo = new AsyncDisposableStack()
  const parts: Part[] = []
  for (const name of entry.engines) {
    const engine = engines[name]
    if (engine === undefined) throw new Error(`${entry.name} needs ${name}, which is not there`)
    parts.push(undo.adopt(await partOn(engine, entry.name, poolSize), ({ dispose }) => dispose()))
  }
  if (parts.length === 0) return inThisProcess
  const owned = undo.move()
  const clock = parts.find(({ name }) => name === entry.promises.clock) ?? parts[0]
  const metered = parts.find(({ meter }) => meter !== undefined)?.meter ?? noMeter
  return {
    connections: Object.assign({}, ...parts.map((part) => part.connections)),
    stores: Object.assign({}, ...parts.map((part) => part.stores)),
    readClock: clock?.readClock ?? inThisProcess.readClock,
    ...metered,
    dispose: () => owned.disposeAsync(),
  }
}

interface Part {
  readonly name: keyof Engines
  readonly connections: Connections
  readonly stores: Stores
  readonly meter?: Pick<Ground, 'readMeter' | 'resetMeter'>
  readClock(): Promise<EngineClock>
  dispose(): Promise<void>
}

function partOn(engine: NonNullable<Engines[keyof Engines]>, label: string, poolSize: number): Promise<Part> {
  switch (engine.name) {
    case 'postgres':
      return onPostgres(engine, label, poolSize)
    case 'redis':
      return onRedis(engine, label)
    case 'tigerbeetle':
      return onTigerbeetle(engine, label)
    default:
      return engine satisfies never
  }
}

async function onPostgres(engine: PostgresEngine, label: string, poolSize: number): Promise<Part> {
  const namespace = await engine.openNamespace({ poolSize, label })
  const { pool, observer, schema, meter } = namespace
  const { sessionPids, ...metered } = onPool(pool, meter)
  return {
    name: 'postgres',
    // It is never destroyed: that would end the pool, which is the namespace's.
    connections: { postgres: new Kysely({ dialect: new PostgresDialect({ pool }) }) },
    stores: { postgres: { schema, observer, pool, sessionPids } },
    meter: metered,
    readClock: () => namespace.readClock(),
    dispose: () => Promise.resolve(namespace[Symbol.asyncDispose]()),
  }
}

/** What is to be known of a pool whose connections a strategy uses. */
export function onPool(
  pool: pg.Pool,
  meter: PoolMeter,
): Pick<Ground, 'readMeter' | 'resetMeter'> & { sessionPids(): readonly number[] } {
  const pids = new Set<number>()
  pool.on('acquire', (client) => {
    // The server tells a client its process at the start of a session; the library's types leave it out.
    if ('processID' in client && typeof client.processID === 'number') pids.add(client.processID)
  })
  return {
    sessionPids: () => [...pids],
    resetMeter: () => meter.reset(),
    readMeter() {
      const { waitMs, connectionSeconds } = meter.read()
      const { total, ...poolWaitMs } = waitMs
      return { poolWaitMs, poolWaitSeconds: total / 1_000, connectionSeconds }
    },
  }
}

async function onRedis(engine: RedisEngine, label: string): Promise<Part> {
  const namespace = await engine.openNamespace({ label })
  const { clients, observer, prefix } = namespace
  return {
    name: 'redis',
    connections: { redis: clients },
    stores: { redis: { observers: observer, prefix } },
    readClock: () => namespace.readClock(),
    dispose: () => Promise.resolve(namespace[Symbol.asyncDispose]()),
  }
}

async function onTigerbeetle(engine: TigerbeetleEngine, label: string): Promise<Part> {
  const namespace = await engine.openNamespace({ label })
  const { client, observer, ledger } = namespace
  return {
    name: 'tigerbeetle',
    connections: { tigerbeetle: { client, ledger } },
    stores: { tigerbeetle: { observer, ledger } },
    readClock: () => namespace.readClock(),
    dispose: () => Promise.resolve(namespace[Symbol.asyncDispose]()),
  }
}

/** For strategies that use no pool. */
const noMeter: Pick<Ground, 'readMeter' | 'resetMeter'> = {
  resetMeter() {},
  readMeter: () => ({
    poolWaitMs: { count: 0, p50: 0, p95: 0, p99: 0, max: 0 },
    poolWaitSeconds: 0,
    connectionSeconds: 0,
  }),
}

/** `Date.now()` tells whole milliseconds. */
const WALL_CLOCK_ERROR_MS = 1

/** For a strategy that needs no engine: it lives in this process and takes the time from its wall clock. */
const inThisProcess: Ground = {
  connections: {},
  stores: {},
  async readClock() {
    return { offsetMs: Date.now() - monotonicMs(), errorMs: WALL_CLOCK_ERROR_MS }
  },
  ...noMeter,
  async dispose() {},
}
