/** The parameters of one generated history: resources, clocks, and the callers' behaviour. */
import type { ResourceId } from '../../../strategies/strategy.ts'
import type { HistoryHeader } from '../../history/record.ts'
import type { SeededRandom } from './random.ts'

/**
 * The calls that a caller may make, with weights. `replay` and `otherLines` send an id that was sent before.
 */
export interface Mix {
  readonly hold: number
  readonly replay: number
  readonly otherLines: number
  readonly confirm: number
  readonly release: number
  readonly read: number
}

/** What a class of defects requires of the run, so that the defect can have an effect. */
export interface Bias {
  readonly mix?: Partial<Mix>
  /** `short`: deadlines pass during the run. `long`: none does. */
  readonly ttl?: 'short' | 'long'
  readonly resources?: number
  readonly exact?: boolean
  /** Every hold has one resource only. */
  readonly singleLines?: boolean
  /** Whether the callers confirm, at the end, every hold that they have. */
  readonly drain?: boolean
}

export interface World {
  readonly seed: number
  readonly resources: readonly { readonly id: ResourceId; readonly capacity: number }[]
  readonly offsetMs: number
  /** ε: how far the engine's clock may be from the offset in the header. */
  readonly errorUs: number
  /** Its actual distance at the beginning, and the drift per microsecond. */
  readonly skewUs: number
  readonly driftPerUs: number
  /** λ: how late units of a due hold may be freed. */
  readonly freesLateUs: number
  readonly refusals: 'exact' | 'spurious'
  readonly refusedIds: 'retryable' | 'final'
  readonly ttlsMs: readonly number[]
  readonly mix: Mix
  readonly calls: number
  readonly processes: number
  /** The share of calls with an unknown outcome. */
  readonly unknownRate: number
  /** Times are multiples of this, so that some of them coincide. */
  readonly gridUs: number
  readonly drain: boolean
  readonly singleLines: boolean
}

const MIX: Mix = { hold: 45, replay: 8, otherLines: 4, confirm: 20, release: 13, read: 10 }
const LONG_TTL_MS = 3_600_000
const SHORT_TTLS_MS = [1_000, 1_000, 2_000]
/** Longer than every history; the clock's drift is distributed over it. */
const SPAN_US = 10_000_000

export function drawWorld(random: SeededRandom, seed: number, bias: Bias): World {
  const errorUs = random.pick([0, 1_000, 1_000, 20_000, 100_000])
  const skewUs = Math.round((random.next() * 2 - 1) * errorUs)
  const skewLaterUs = Math.round((random.next() * 2 - 1) * errorUs)
  const ttl = bias.ttl ?? random.pick(['short', 'short', 'long', 'mixed'])
  const resources = bias.resources ?? random.pick([1, 1, 2, 2, 3])
  return {
    seed,
    resources: Array.from({ length: resources }, (_, at) => ({
      id: `resource-${at}` as ResourceId,
      capacity: random.pick([1, 1, 1, 2, 2, 3]),
    })),
    offsetMs: random.pick([0, 1_750_000_000_000, 1_750_000_000_000.5]),
    errorUs,
    skewUs,
    driftPerUs: (skewLaterUs - skewUs) / SPAN_US,
    freesLateUs: random.pick([0, 0, 0, 50_000, 400_000]),
    refusals: bias.exact !== true && random.chance(0.1) ? 'spurious' : 'exact',
    refusedIds: random.chance(0.3) ? 'final' : 'retryable',
    ttlsMs:
      ttl === 'short' ? SHORT_TTLS_MS : ttl === 'long' ? [LONG_TTL_MS] : [...SHORT_TTLS_MS, LONG_TTL_MS],
    mix: { ...MIX, ...bias.mix },
    calls: random.between(3, 8),
    processes: random.between(1, 4),
    unknownRate: random.pick([0, 0, 0, 0.15, 0.4]),
    gridUs: random.pick([1, 1, 1, 20_000, 100_000]),
    drain: bias.drain ?? random.chance(0.1),
    singleLines: bias.singleLines ?? false,
  }
}

/** The engine's clock at a moment, in microseconds, without the offset that the header states. */
export function engineUs(world: World, atUs: number): number {
  // The history may be longer than the span that the drift was drawn for; the promise about ε holds anyway.
  const off = world.skewUs + world.driftPerUs * atUs
  return atUs + Math.round(Math.max(-world.errorUs, Math.min(world.errorUs, off)))
}

export function headerOf(world: World): HistoryHeader {
  return {
    type: 'history',
    format: 2,
    strategy: 'generated',
    workload: 'misses',
    seed: world.seed,
    startedAt: '2025-01-01T00:00:00.000Z',
    resources: world.resources,
    clock: { offsetMs: world.offsetMs, errorMs: world.errorUs / 1_000 },
    freesLateMs: world.freesLateUs / 1_000,
    refusals: world.refusals,
  }
}
