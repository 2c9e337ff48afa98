/** The engines of one run, found or started together, and which of them are not there. */
import type { EngineName } from '../../strategies/strategy.ts'
import type { EngineResult } from '../report/results.ts'
import { type GivenContainers, openGiven, type Place, startContainers } from './containers.ts'
import { EngineError, reasonOf } from './engine-error.ts'
import { type Durability, openPostgres, type PostgresEngine } from './postgres.ts'
import { addressCount, openRedis, type RedisEngine } from './redis.ts'
import { openTigerbeetle, type TigerbeetleEngine } from './tigerbeetle.ts'

/** Those that are there. */
export interface Engines {
  readonly postgres?: PostgresEngine
  readonly redis?: RedisEngine
  readonly tigerbeetle?: TigerbeetleEngine
}

/** One that is not there, why, and the one command that fixes it. */
export interface MissingEngine {
  readonly name: EngineName
  readonly why: string
  readonly remedy: string
}

export interface OpenedEngines extends AsyncDisposable {
  readonly engines: Engines
  readonly missing: readonly MissingEngine[]
}

export interface OpenEnginesOptions {
  /**
   * `relaxed` lets PostgreSQL and Redis answer before an answer is on disk, and says so in every result. TigerBeetle has no
   * such choice.
   */
  readonly durability: Durability
  /** Redis servers to start where none are given by address. */
  readonly redisNodes?: number
  /** TigerBeetle replicas to start where none are given by address. */
  readonly tigerbeetleReplicas?: 1 | 3
  /** `containers` starts a set of them for this run alone; a set that is already there is given by its addresses. */
  readonly from?: 'local' | 'containers' | GivenContainers
  readonly env?: NodeJS.ProcessEnv
  readonly log?: (line: string) => void
  readonly signal?: AbortSignal
}

/** For Redlock, which asks a majority; the strategies that need one server take the first. */
const REDIS_NODES_DEFAULT = 5

/** As many as were given by address; else as many as are wanted. */
function redisNodes({ env = process.env, redisNodes = REDIS_NODES_DEFAULT }: OpenEnginesOptions): number {
  return addressCount(env) || redisNodes
}

/** Opens what is named, one after another. An engine that is not there is no error here. */
export async function openEngines(
  names: readonly EngineName[],
  options: OpenEnginesOptions,
): Promise<OpenedEngines> {
  await using undo = new AsyncDisposableStack()
  const missing: MissingEngine[] = []
  const given = await givenContainers(names, options, undo)

  /** In its container, or wherever the environment says. */
  function inPlace<Engine>(
    name: EngineName,
    open: (place: OpenEnginesOptions & Partial<Place>) => Promise<Engine>,
  ): Promise<Engine> {
    if (given === undefined) return open(options)
    return openGiven(name, given, options.env ?? process.env, (place) => open({ ...options, ...place }))
  }

  async function opened<Engine extends AsyncDisposable>(
    name: EngineName,
    open: (place: OpenEnginesOptions & Partial<Place>) => Promise<Engine>,
  ): Promise<Engine | undefined> {
    if (!names.includes(name)) return undefined
    try {
      return undo.use(await inPlace(name, open))
    } catch (error) {
      if (!(error instanceof EngineError) && options.signal?.aborted !== true) throw error
      missing.push({ name, why: reasonOf(error), remedy: error instanceof EngineError ? error.remedy : '' })
      return undefined
    }
  }

  const postgres = await opened('postgres', openPostgres)
  const redis = await opened('redis', (place) =>
    openRedis({
      ...place,
      nodes: redisNodes(place),
      durability: options.durability === 'durable' ? 'always' : 'none',
    }),
  )
  const tigerbeetle = await opened('tigerbeetle', (place) =>
    // Its development mode is no relaxed production: it takes smaller requests, and would change what is measured.
    openTigerbeetle({ ...place, durability: 'durable', replicas: options.tigerbeetleReplicas ?? 1 }),
  )
  const owned = undo.move()
  return {
    engines: { ...(postgres && { postgres }), ...(redis && { redis }), ...(tigerbeetle && { tigerbeetle }) },
    missing,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** Undefined where engines are to be found by the ladder. */
async function givenContainers(
  names: readonly EngineName[],
  options: OpenEnginesOptions,
  undo: AsyncDisposableStack,
): Promise<GivenContainers | undefined> {
  const { from = 'local', redisNodes: nodes = REDIS_NODES_DEFAULT } = options
  if (from === 'local') return undefined
  if (from !== 'containers') return from
  const started = await startContainers(names, { ...options, redisNodes: nodes })
  return undo.use(started).given
}

/** Each engine that is there, in one line for a reader. */
export function describeEngines({ postgres, redis, tigerbeetle }: Engines): readonly string[] {
  return [postgres, redis, tigerbeetle].flatMap((engine) => engine?.describe() ?? [])
}

/** What the results say of each engine. */
export function engineResults({ postgres, redis, tigerbeetle }: Engines): readonly EngineResult[] {
  return [
    ...(postgres === undefined
      ? []
      : [resultOf({ ...postgres, version: `PostgreSQL ${postgres.version}` }, postgres.settings)]),
    ...(redis === undefined ? [] : [resultOf(redis, { nodes: String(redis.nodes.length) })]),
    ...(tigerbeetle === undefined
      ? []
      : [resultOf(tigerbeetle, { replicas: String(tigerbeetle.replicas.length) })]),
  ]
}

function resultOf(
  {
    name,
    version,
    source,
    durability,
  }: Pick<PostgresEngine | RedisEngine | TigerbeetleEngine, 'name' | 'version' | 'source' | 'durability'>,
  sizes: Readonly<Record<string, string>>,
): EngineResult {
  const { label, settings, storage } = durability
  return {
    name,
    version,
    source,
    durability: label,
    settings: { ...sizes, ...settings, ...(storage === undefined ? {} : { storage }) },
  }
}
