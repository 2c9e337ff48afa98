/**
 * The engines of test files: those of this machine, or the containers that the run's global set-up has
 * started. What is not there is not proven: its tests are skipped, and the last lines of the run say so.
 */
import { afterAll, inject } from 'vitest'
import type { GivenContainers } from '../harness/engines/containers/start.ts'
import { type Engines, type MissingEngine, type OpenedEngines, openEngines } from '../harness/engines/open.ts'
import type { PostgresEngine } from '../harness/engines/postgres/open.ts'
import type { RedisEngine } from '../harness/engines/redis/engine.ts'
import type { TigerbeetleEngine } from '../harness/engines/tigerbeetle/open.ts'
import { whyUnfit } from '../harness/ground/fit.ts'
import type { StrategyEntry } from '../strategies/registry.ts'
import type { EngineName } from '../strategies/strategy.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** One set for the whole run. Absent where engines are those of this machine. */
    readonly containers?: GivenContainers
  }
}

/** With what only one of them can do: tests of faults know whom they strike. */
type KnownEngines = Engines & {
  readonly postgres?: PostgresEngine
  readonly redis?: RedisEngine
  readonly tigerbeetle?: TigerbeetleEngine
}

export interface TestEngines {
  readonly engines: KnownEngines
  readonly missing: readonly MissingEngine[]
  /**
   * Whether one of these is not there. PostgreSQL comes with the program: only tests in containers do without
   * it.
   */
  lacks(names: readonly EngineName[]): boolean
  /**
   * Whether an engine that it needs is not there, or cannot do what it needs: an older Redis has no HSETEX. What
   * is there and cannot is said as not proven, once.
   */
  cannotTest(entry: StrategyEntry): boolean
}

type Opened = Pick<OpenedEngines, 'engines' | 'missing'>
type Servers = Readonly<Partial<Record<EngineName, number>>>

/** A replica takes two gigabytes of memory, which a worker must not keep for files that do not need it. */
const NEVER_SHARED: readonly EngineName[] = ['tigerbeetle']

/** Each engine of this worker process, by its name and number of servers. They end with the process. */
const shared = new Map<string, Promise<OpenedEngines>>()

async function sharedEngines(names: readonly EngineName[], servers: Servers): Promise<Opened> {
  const all = await Promise.all(
    names.map((name): Promise<Opened> => {
      if (NEVER_SHARED.includes(name)) return ownEngines([name], process.env, servers)
      const key = `${name} ${servers[name] ?? ''}`
      const opened = shared.get(key) ?? open([name], process.env, servers)
      shared.set(key, opened)
      return opened
    }),
  )
  return {
    engines: Object.assign({}, ...all.map(({ engines }) => engines)),
    missing: all.flatMap(({ missing }) => missing),
  }
}

async function ownEngines(
  names: readonly EngineName[],
  env: NodeJS.ProcessEnv,
  servers: Servers,
): Promise<Opened> {
  const opened = await open(names, env, servers)
  afterAll(() => opened[Symbol.asyncDispose]())
  return opened
}

function open(
  names: readonly EngineName[],
  env: NodeJS.ProcessEnv,
  servers: Servers,
): Promise<OpenedEngines> {
  const from = inject('containers') ?? 'local'
  return openEngines(names, { durability: 'relaxed', env, from, servers })
}

/**
 * Called at the top of a file, since what is to be skipped is decided before anything runs. With an environment
 * of its own a file gets engines of its own, which are closed when it is through; it may do to them what it
 * likes. All others share those of their worker process, except large ones, and leave them as they were.
 */
export async function withEngines(
  names: readonly EngineName[],
  env: NodeJS.ProcessEnv = process.env,
  servers: Servers = {},
): Promise<TestEngines> {
  const containers = inject('containers')
  const opened =
    env === process.env ? await sharedEngines(names, servers) : await ownEngines(names, env, servers)
  const { engines, missing } = opened
  for (const { name, why } of missing) {
    if (name === 'postgres' && containers === undefined) throw new Error(why)
  }
  const said = new Set<StrategyEntry>()
  return {
    engines: engines as KnownEngines,
    missing,
    lacks: (wanted) => missing.some(({ name }) => wanted.includes(name)),
    cannotTest(entry) {
      if (missing.some(({ name }) => entry.engines.includes(name))) return true
      const unfit = whyUnfit(entry, engines)
      if (unfit === undefined) return false
      if (!said.has(entry))
        console.log(`NOT PROVEN: ${entry.name}, as ${unfit.why}. To fix it: ${unfit.remedy}`)
      said.add(entry)
      return true
    },
  }
}
