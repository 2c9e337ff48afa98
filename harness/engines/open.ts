/** The engines of one run, found or started together, and which of them are missing. */
import type { EngineName } from '../../strategies/strategy.ts'
import { installCommandOf, missingPart } from '../optional-packages.ts'
import type { EngineResult } from '../results/engines.ts'
import { type GivenContainers, openGiven, startContainers } from './containers/start.ts'
import type { Durability, Engine, EngineKind, OpenOptions } from './engine.ts'
import { EngineError, type EngineProblem, reasonOf } from './engine-error.ts'
import { engineKinds } from './registry.ts'

/** The available engines, by name. */
export type Engines = Readonly<Partial<Record<EngineName, Engine>>>

/** A missing engine, why, and the one command that fixes it. */
export interface MissingEngine {
  readonly name: EngineName
  readonly why: string
  readonly remedy: string
  readonly problem: EngineProblem
}

export interface OpenedEngines extends AsyncDisposable {
  readonly engines: Engines
  readonly missing: readonly MissingEngine[]
  /**
   * Aborted, with the reason, when this run no longer owns what it wrote on a server: nothing may be sold
   * after that.
   */
  readonly lost: AbortSignal
}

export interface OpenEnginesOptions {
  /** `relaxed` lets engines answer before data is on disk, if they have that option; every result says so. */
  readonly durability: Durability
  /** How many servers of an engine to start if no addresses are given; absent: its default. */
  readonly servers?: Readonly<Partial<Record<EngineName, number>>>
  /** `containers` starts a set of them for this run alone; an existing set is given by its addresses. */
  readonly from?: 'local' | 'containers' | GivenContainers
  /** All known kinds; by default the registry's. */
  readonly kinds?: readonly EngineKind[]
  readonly env?: NodeJS.ProcessEnv
  readonly log?: (line: string) => void
  readonly signal?: AbortSignal
}

const ABORTED = { remedy: '', problem: 'aborted' } as const

/**
 * Rejects with an `EngineError` if an address that one of these engines would be found by cannot be used as
 * it is written: its author wants that server, and nothing should be run before they know.
 */
export async function refuseUnreadableAddresses(
  names: readonly EngineName[],
  { kinds, env }: { readonly kinds: readonly EngineKind[]; readonly env: NodeJS.ProcessEnv },
): Promise<void> {
  for (const kind of kinds) {
    if (!names.includes(kind.name)) continue
    await kind.readAddresses?.(env).catch((error: unknown) => {
      // Packages that are missing are told when it is opened.
      if (error instanceof EngineError) throw error
    })
  }
}

/** Opens the named engines, one after another. A missing engine is not an error here. */
export async function openEngines(
  names: readonly EngineName[],
  options: OpenEnginesOptions,
): Promise<OpenedEngines> {
  const { kinds = engineKinds, env = process.env, log = () => undefined, signal } = options
  await using undo = new AsyncDisposableStack()
  const wanted = kinds.filter(({ name }) => names.includes(name))
  const given = await givenContainers(wanted, options, undo)
  const engines: Partial<Record<EngineName, Engine>> = {}
  const missing: MissingEngine[] = []
  for (const kind of wanted) {
    const { name } = kind
    const how: OpenOptions = {
      durability: options.durability,
      ...(options.servers?.[name] !== undefined && { servers: options.servers[name] }),
      env,
      sweeps: true,
      log,
      ...(signal && { signal }),
    }
    try {
      const engine = undo.use(await openInPlace(kind, given, how))
      for (const caveat of engine.caveats) log(`${name}: ${caveat}`)
      engines[name] = engine
    } catch (error) {
      const isKnown = error instanceof EngineError
      if (!isKnown && signal?.aborted !== true) throw error
      const { remedy, problem } = isKnown ? error : ABORTED
      missing.push({ name, why: reasonOf(error), remedy, problem })
    }
  }
  const owned = undo.move()
  return {
    engines,
    missing,
    lost: AbortSignal.any(Object.values(engines).flatMap((engine) => engine?.lost ?? [])),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** In its container, or where the environment says. `EngineError` if its npm packages are missing. */
export async function openInPlace(
  kind: EngineKind,
  given: GivenContainers | undefined,
  how: OpenOptions,
): Promise<Engine> {
  try {
    if (given === undefined) return await kind.open(how)
    return await openGiven(kind, given, how.env, (place) => kind.open({ ...how, ...place }))
  } catch (cause) {
    const part = missingPart(cause)
    if (part === undefined) throw cause
    const message = `The npm packages that ${kind.title} is used through are not installed.`
    throw new EngineError({
      engine: kind.name,
      problem: 'missing',
      message,
      remedy: installCommandOf(part),
      cause,
    })
  }
}

/** Undefined if engines are searched for in the usual order. */
async function givenContainers(
  wanted: readonly EngineKind[],
  options: OpenEnginesOptions,
  undo: AsyncDisposableStack,
): Promise<GivenContainers | undefined> {
  const { from = 'local' } = options
  if (from === 'local') return undefined
  if (from !== 'containers') return from
  return undo.use(await startContainers(wanted, options)).given
}

/** Each available engine, in one line for a reader. */
export function describeEngines(engines: Engines): readonly string[] {
  return Object.values(engines).flatMap((engine) => engine?.describe() ?? [])
}

/** What the results say about each engine. */
export function engineResults(engines: Engines): readonly EngineResult[] {
  return Object.values(engines).flatMap((engine) => {
    if (engine === undefined) return []
    const { name, version, source, settings: sizes, caveats } = engine
    const { label, settings, storage } = engine.durability
    return [
      {
        name,
        version,
        source,
        durability: label,
        settings: { ...sizes, ...settings, ...(storage === undefined ? {} : { storage }) },
        ...(caveats.length > 0 && { caveats }),
      },
    ]
  })
}
