/**
 * Which engines can be used on this machine. Nothing is assumed: every engine is actually started or reached,
 * used for one round trip, and stopped again. Leftovers of killed runs are not touched.
 */
import { monotonicMs } from '../clock.ts'
import type { ProbeFindings } from './ability.ts'
import type { GivenContainers } from './containers/start.ts'
import type { Engine, EngineKind } from './engine.ts'
import { EngineError, reasonOf } from './engine-error.ts'
import { openInPlace } from './open.ts'
import { engineKinds } from './registry.ts'

export type EngineReport =
  | {
      readonly state: 'ready'
      readonly engine: string
      readonly version: string
      /** How it was found: an address, or the copy that comes with this program. */
      readonly source: string
      readonly durability: string
      /** One line for a reader. */
      readonly described: string
      readonly startMs: number
      readonly stopMs: number
      /** If it was asked for, and the engine has something to be found out. */
      readonly probed?: ProbeFindings
    }
  | {
      /** Strategies on this engine are neither shown safe nor unsafe here: they are not proven. */
      readonly state: 'not proven'
      readonly engine: string
      readonly missing: string
      readonly remedy: string
      /** The code that docs/ERRORS.md explains. */
      readonly code: string
    }

export interface InspectionOptions {
  /** Engines in running containers, instead of those from the environment and this machine. */
  readonly from?: GivenContainers
  /** All known kinds; by default the registry's. */
  readonly kinds?: readonly EngineKind[]
  readonly log?: (line: string) => void
  readonly signal?: AbortSignal
  /** Whether to try what strategies rely on, also on a server of our own. */
  readonly probes?: boolean
  /** Called with each engine that is ready, before it is closed. */
  readonly whileOpen?: (engine: Engine) => void
}

/** One after another: on a small machine, starting servers side by side would make each seem slow. */
export async function inspectEngines(
  env: NodeJS.ProcessEnv = process.env,
  options: InspectionOptions = {},
): Promise<readonly EngineReport[]> {
  const reports: EngineReport[] = []
  for (const kind of options.kinds ?? engineKinds) {
    reports.push(await inspectOne(kind, env, options).catch((error: unknown) => notProven(kind.name, error)))
  }
  return reports
}

async function inspectOne(
  kind: EngineKind,
  env: NodeJS.ProcessEnv,
  { from, log = () => undefined, signal, probes = false, whileOpen }: InspectionOptions,
): Promise<EngineReport> {
  const asked = monotonicMs()
  // One server of a kind shows whether it is available.
  const how = {
    durability: 'durable',
    servers: 1,
    env,
    sweeps: false,
    log,
    ...(signal && { signal }),
  } as const
  const engine = await openInPlace(kind, from, how)
  const opened = monotonicMs()
  let probed: ProbeFindings | undefined
  try {
    if (probes) probed = await engine.probe?.()
    const namespace = await engine.openNamespace({ label: 'doctor', poolSize: 1 })
    try {
      await namespace.readClock()
    } finally {
      await namespace[Symbol.asyncDispose]()
    }
    whileOpen?.(engine)
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
    ...(probed !== undefined && { probed }),
  }
}

const UNEXPECTED = {
  remedy: 'report this: the engine failed in a way that was not foreseen',
  code: 'unexpected',
} as const

function notProven(engine: string, error: unknown): EngineReport {
  const { remedy, code } = error instanceof EngineError ? error : UNEXPECTED
  const missing = error instanceof Error ? error.message : reasonOf(error)
  return { state: 'not proven', engine, missing, remedy, code }
}
