/** Parses the options of `holdfast load`. Throws a `UsageError` before anything is started. */
import type { Durability } from '../../harness/engines/engine.ts'
import { unknownName } from '../../harness/entries/did-you-mean.ts'
import { strategyNamed } from '../../harness/entries/strategy-named.ts'
import { UsageError } from '../../harness/entries/usage-error.ts'
import { type PlannedLoad, PROFILES, type ProfileFacts, plannedLoad } from '../../harness/load/profiles.ts'
import { registry, type StrategyEntry } from '../../strategies/registry.ts'
import type { EngineName } from '../../strategies/strategy.ts'
import { type Bounds, parseList, parseWhole, parseWholeList, WORKERS } from '../arguments.ts'
import {
  criticalSectionMsOf,
  durabilityOf,
  mapAgeMsOf,
  networkLatencyMsOf,
  poolSizeOf,
  wholeOr,
} from '../options.ts'
import type { LoadOptions } from './options.ts'

/** The same bounds as in the k6 scripts. */
const RATE: Bounds = { min: 1, max: 20_000 }
const SECONDS: Bounds = { min: 1, max: 600 }
/** On one machine more only compete; each needs its share of rivals. */
const GENERATORS: Bounds = { min: 1, max: 16 }
const VUS: Bounds = { min: 1, max: 10_000 }

export interface LoadOrder {
  readonly entries: readonly StrategyEntry[]
  readonly plan: PlannedLoad
  /** Numbers of service processes, loaded one after another. */
  readonly workers: readonly number[]
  /** Processes of k6 that share one load. */
  readonly generators: number
  readonly poolSize: number
  readonly criticalSectionMs: number
  readonly networkLatencyMs?: number
  readonly mapAgeMsMax: number
  readonly durability: Durability
}

/** `engines`: the names that a strategy in a file may use. */
export async function orderOf(options: LoadOptions, engines: readonly EngineName[]): Promise<LoadOrder> {
  const networkLatencyMs = networkLatencyMsOf(options.networkLatency)
  return {
    ...(networkLatencyMs !== undefined && { networkLatencyMs }),
    entries: await entriesFor(options, engines),
    plan: planOf(options),
    workers: options.workers === undefined ? [1] : parseWholeList(options.workers, '--workers', WORKERS),
    generators: wholeOr(1, options.generators, '--generators', GENERATORS),
    poolSize: poolSizeOf(options.pool),
    criticalSectionMs: criticalSectionMsOf(options.criticalSection),
    mapAgeMsMax: mapAgeMsOf(options.mapCache),
    durability: durabilityOf(options.durability),
  }
}

async function entriesFor(
  options: LoadOptions,
  engines: readonly EngineName[],
): Promise<readonly StrategyEntry[]> {
  if ((options.strategy === undefined) === (options.all === undefined)) {
    throw new UsageError('load needs either --strategy or --all')
  }
  if (options.strategy === undefined) return registry
  return Promise.all(parseList(options.strategy, '--strategy').map((given) => strategyNamed(given, engines)))
}

function planOf(options: LoadOptions): PlannedLoad {
  const profile = profileFor(options)
  const rates = options.rate === undefined ? [] : parseWholeList(options.rate, '--rate', RATE)
  if (rates.length > 0 && profile.isClosedLoop)
    throw new UsageError(`--rate cannot be used with ${profile.name}, which is a closed loop`)
  if (rates.length > 1 && profile.ratesPerSecond === undefined) {
    throw new UsageError(`--rate takes one rate with ${profile.name}; ramp takes several`)
  }
  const [rate] = rates
  return plannedLoad(profile, {
    ...(rate !== undefined &&
      (profile.ratesPerSecond === undefined ? { ratePerSecond: rate } : { ratesPerSecond: rates })),
    ...(options.seconds !== undefined && { seconds: parseWhole(options.seconds, '--seconds', SECONDS) }),
    ...(options.vus !== undefined && { vus: parseWhole(options.vus, '--vus', VUS) }),
    ...(options.viewersRate !== undefined && {
      viewersPerSecond: parseWhole(options.viewersRate, '--viewers-rate', RATE),
    }),
  })
}

function profileFor(options: LoadOptions): ProfileFacts {
  const asked = options.profile ?? (options.all ? 'ramp' : 'smoke')
  const profile = PROFILES.find(({ name }) => name === asked)
  if (profile === undefined) {
    const known = PROFILES.map(({ name }) => name)
    throw new UsageError(unknownName('profile', asked, known))
  }
  return profile
}
