/** The ground of a trial: a namespace on each engine that the strategy needs, and a clock to compare with. */
import type { Stores } from '../../strategies/ledgers/ledger.ts'
import type { Connections, StrategyEntry } from '../../strategies/registry.ts'
import type { EngineName } from '../../strategies/strategy.ts'
import { monotonicMs } from '../clock.ts'
import type { Keeping, Lent, MeterReading, Namespace } from '../engines/engine.ts'
import { EngineError } from '../engines/engine-error.ts'
import type { Engines } from '../engines/open.ts'
import type { EngineClock } from '../history/record.ts'
import type { Conditions } from '../network/conditions.ts'
import { whyUnfit } from './fit.ts'
import { type GroundNetwork, networkWith } from './network.ts'

/**
 * What each engine's namespace passes to another process, by the engine's name. It may contain passwords, and
 * is never printed.
 */
export type Attachment = Readonly<Partial<Record<EngineName, unknown>>>

export interface Ground {
  readonly connections: Connections
  readonly stores: Stores
  /** By engine. */
  readonly namespaces: ReadonlyMap<EngineName, Namespace>
  readClock(): Promise<EngineClock>
  resetMeter(): void
  readMeter(): MeterReading
  /**
   * What was left open and will never be released. `sessions`: those of other processes, besides this one's.
   */
  leftOpen(sessions?: readonly number[]): Promise<readonly string[]>
  /** Whether anything stored expires. */
  isAnythingExpiring(): Promise<boolean>
  /** Whether the engines report that they have kept everything they acknowledged. */
  keeping(): Promise<readonly Keeping[]>
  /**
   * Removes data that the strategy wrote outside its namespaces, and throws an `EngineError` if there was
   * any.
   */
  refuseStrays(): Promise<void>
  /** What another process needs to run on it; each attaching process opens `poolSize` connections. */
  attachment(poolSize: number): Attachment
  /** Present if the ground was prepared with conditions of a network. */
  readonly network?: GroundNetwork
  /** Drops everything that was created, whatever its state. */
  dispose(): Promise<void>
}

/**
 * `conditions`: of a network between the strategy and its engines; without them there is none. Throws an
 * `EngineError` if this strategy cannot be tested on an engine with its current settings.
 */
export async function prepareGround(
  entry: StrategyEntry,
  engines: Engines,
  poolSize: number,
  conditions?: Conditions,
): Promise<Ground> {
  const unfit = whyUnfit(entry, engines)
  if (unfit !== undefined) throw refused(unfit, entry.name)
  await using undo = new AsyncDisposableStack()
  // Closed after the namespaces, whose connections pass through it.
  const network = conditions && undo.use(await networkWith(conditions))
  const namespaces = new Map<EngineName, Namespace>()
  for (const name of entry.engines) {
    const engine = engines[name]
    if (engine === undefined) throw new Error(`${entry.name} needs ${name}, which is missing`)
    const through = network && { through: network.routeTo(name) }
    namespaces.set(name, undo.use(await engine.openNamespace({ label: entry.name, poolSize, ...through })))
  }
  const owned = undo.move()
  const all = [...namespaces]
  const clock = namespaces.get(entry.promises.clock) ?? all[0]?.[1]
  return {
    connections: Object.fromEntries(all.map(([name, { connections }]) => [name, connections])),
    stores: Object.fromEntries(all.map(([name, { store }]) => [name, store])),
    namespaces,
    readClock: () => clock?.readClock() ?? wallClock(),
    ...meterOf(all.map(([, namespace]) => namespace)),
    leftOpen: async (sessions = []) =>
      (await Promise.all(all.map(([, namespace]) => namespace.leftOpen(sessions)))).flat(),
    async isAnythingExpiring() {
      const perEngine = await Promise.allSettled(all.map(([, { explorable }]) => explorable.locksHeld('')))
      // An engine that does not answer may hold anything.
      return perEngine.some((held) => held.status === 'rejected' || held.value.length > 0)
    },
    keeping: async () =>
      await Promise.all(all.map(async ([, namespace]) => (await namespace.keeping?.()) ?? KEPT)),
    async refuseStrays() {
      for (const [name, namespace] of all) {
        const strays = (await namespace.removeStrays?.()) ?? []
        if (strays.length > 0) throw outside(name, entry.name, strays)
      }
    },
    attachment: (size) =>
      Object.fromEntries(all.map(([name, namespace]) => [name, namespace.attachment(size)])),
    ...(network && { network }),
    dispose: () => owned.disposeAsync(),
  }
}

function refused({ engine, why, remedy }: NonNullable<ReturnType<typeof whyUnfit>>, strategy: string) {
  const message = `${strategy} cannot be tested here: ${why}.`
  return new EngineError({ engine, problem: 'too-small', message, remedy })
}

function outside(engine: EngineName, strategy: string, strays: readonly string[]): EngineError {
  return new EngineError({
    engine,
    problem: 'strays',
    message: `${strategy} has written keys outside the prefix of its trial: ${strays.map((key) => JSON.stringify(key)).join(', ')}.`,
    remedy: 'name every key of a script in KEYS, so that the prefix is added',
  })
}

/** The meter of the engine that is reached through a pool, if any. */
export function meterOf(all: readonly Lent[]): Pick<Ground, 'resetMeter' | 'readMeter'> {
  const meter = all.find((each) => each.meter !== undefined)?.meter
  return {
    resetMeter: () => meter?.reset(),
    readMeter: () => meter?.read() ?? NOT_METERED,
  }
}

const KEPT: Keeping = { kind: 'kept' }

const NOT_METERED: MeterReading = {
  poolWaitMs: { count: 0, p50: 0, p95: 0, p99: 0, max: 0 },
  poolWaitSeconds: 0,
  connectionSeconds: 0,
}

/** `Date.now()` gives whole milliseconds. */
const WALL_CLOCK_ERROR_MS = 1

/** For a strategy without an engine: it uses the wall clock of this process. */
async function wallClock(): Promise<EngineClock> {
  return { offsetMs: Date.now() - monotonicMs(), errorMs: WALL_CLOCK_ERROR_MS }
}
