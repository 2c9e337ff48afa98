/**
 * Which engines can be put to the test on this machine. Nothing is assumed: every engine is really started or reached,
 * used for one round trip, and stopped again. What killed runs have left is not touched.
 */

import type { KnownEngine as EngineName } from '../../strategies/registry.ts'
import { monotonicMs } from '../clock.ts'
import { type ContainerSource, type GivenContainers, openGiven } from './containers/start.ts'
import { EngineError, reasonOf } from './engine-error.ts'
import { openPostgres, type PostgresEngine } from './postgres/open.ts'
import { addressCount, openRedis, type RedisEngine } from './redis/open.ts'
import { openTigerbeetle, type TigerbeetleEngine } from './tigerbeetle/open.ts'

export type EngineReport =
  | {
      readonly state: 'ready'
      readonly engine: string
      readonly version: string
      /** The rung of the ladder that gave it: an address, or the copy that comes with this program. */
      readonly source: string
      readonly durability: string
      /** One line for a reader. */
      readonly described: string
      readonly startMs: number
      readonly stopMs: number
    }
  | {
      /** Strategies on this engine are neither safe nor unsafe here: they are not proven. */
      readonly state: 'not proven'
      readonly engine: string
      readonly missing: string
      readonly remedy: string
    }

export interface InspectionOptions {
  /** Engines in containers that are there already, instead of what the environment and this machine give. */
  readonly from?: GivenContainers
  readonly log?: (line: string) => void
  readonly signal?: AbortSignal
}

type Inspection = (
  env: NodeJS.ProcessEnv,
  options: Pick<InspectionOptions, 'log' | 'signal'> & { readonly source?: ContainerSource },
) => Promise<EngineReport>

/** One entry an engine, in the order in which they are shown. */
const INSPECTIONS: Readonly<Record<EngineName, Inspection>> = {
  postgres: inspectPostgres,
  redis: inspectRedis,
  tigerbeetle: inspectTigerbeetle,
}

/** One after another: on a small machine, starting servers side by side would make each seem slow. */
export async function inspectEngines(
  env: NodeJS.ProcessEnv = process.env,
  options: InspectionOptions = {},
): Promise<readonly EngineReport[]> {
  const reports: EngineReport[] = []
  for (const engine of ['postgres', 'redis', 'tigerbeetle'] as const) {
    reports.push(await inspectOne(engine, env, options).catch((error: unknown) => notProven(engine, error)))
  }
  return reports
}

async function inspectOne(
  engine: EngineName,
  env: NodeJS.ProcessEnv,
  { from, ...options }: InspectionOptions,
): Promise<EngineReport> {
  if (from === undefined) return await INSPECTIONS[engine](env, options)
  return await openGiven(engine, from, env, ({ env: placed, source }) =>
    INSPECTIONS[engine](placed, { ...options, source }),
  )
}

async function inspectPostgres(...[env, options]: Parameters<Inspection>): Promise<EngineReport> {
  return await inspect(
    () => openPostgres({ durability: 'durable', env, sweeps: false, ...options }),
    async (engine) => {
      const namespace = await engine.openNamespace({ poolSize: 1, label: 'doctor' })
      try {
        await namespace.pool.query('create table proof (x int)')
      } finally {
        await namespace[Symbol.asyncDispose]()
      }
    },
  )
}

async function inspectRedis(...[env, options]: Parameters<Inspection>): Promise<EngineReport> {
  return await inspect(
    () => openRedis({ nodes: addressCount(env) || 1, durability: 'always', env, sweeps: false, ...options }),
    async (engine) => {
      const namespace = await engine.openNamespace({ label: 'doctor' })
      try {
        await namespace.clients[0].set('proof', 'x')
      } finally {
        await namespace[Symbol.asyncDispose]()
      }
    },
  )
}

async function inspectTigerbeetle(...[env, options]: Parameters<Inspection>): Promise<EngineReport> {
  return await inspect(
    () => openTigerbeetle({ replicas: 1, durability: 'durable', env, sweeps: false, ...options }),
    async (engine) => {
      const namespace = await engine.openNamespace({ label: 'doctor' })
      try {
        await namespace.readClock()
      } finally {
        await namespace[Symbol.asyncDispose]()
      }
    },
  )
}

async function inspect<Engine extends PostgresEngine | RedisEngine | TigerbeetleEngine>(
  open: () => Promise<Engine>,
  use: (engine: Engine) => Promise<void>,
): Promise<EngineReport> {
  const asked = monotonicMs()
  const engine = await open()
  const opened = monotonicMs()
  try {
    await use(engine)
  } catch (error) {
    await engine[Symbol.asyncDispose]()
    throw error
  }
  const used = monotonicMs()
  await engine[Symbol.asyncDispose]()
  return {
    state: 'ready',
    engine: engine.name,
    version: engine.version,
    source: engine.source,
    durability: engine.durability.label,
    described: engine.describe(),
    startMs: opened - asked,
    stopMs: monotonicMs() - used,
  }
}

function notProven(engine: string, error: unknown): EngineReport {
  return {
    state: 'not proven',
    engine,
    missing: error instanceof Error ? error.message : reasonOf(error),
    remedy:
      error instanceof EngineError
        ? error.remedy
        : 'report this: the engine failed in a way that was not foreseen',
  }
}
