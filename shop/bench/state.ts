/** What a bench knows so far: its table and its page are rendered from this. */
import type { ShopLevel } from '../stores/levels.ts'
import { type Amdahl, amdahl } from './amdahl.ts'
import type { SideMeasured } from './side.ts'

export interface BenchSide {
  readonly strategy: string
  readonly level: ShopLevel
  readonly workers: number
  state: 'waiting' | 'running' | 'measured' | 'failed'
  /** Tickets so far, while it runs. */
  paid: number
  engines: readonly string[]
  /** One for each repeat. */
  runs: readonly SideMeasured[]
  /** That of the runs which is their median by tickets per processor second. */
  measured?: SideMeasured
  /** Why it failed. */
  why?: string
}

export interface BenchState {
  readonly seconds: number
  readonly buyers: number
  readonly generator: string
  readonly pay: string
  readonly sides: readonly BenchSide[]
  isOver: boolean
}

/** Adds a run to those of a side. */
export function addRun(side: BenchSide, run: SideMeasured): void {
  side.runs = [...side.runs, run]
  const sorted = side.runs.toSorted((one, other) => one.ticketsPerCpuSecond - other.ticketsPerCpuSecond)
  side.measured = sorted[Math.floor((sorted.length - 1) / 2)] ?? run
}

/** The sides compared as in the talk: level 1 against level 3, one process each, by Amdahl's law. */
export function breakdowns({ sides }: BenchState): readonly (Amdahl & { readonly of: string })[] {
  const single = sides.filter(({ workers, measured }) => workers === 1 && measured !== undefined)
  const before = single.find(({ level }) => level === 1)
  if (before === undefined) return []
  return single
    .filter(({ level }) => level === 3)
    .map((side) => ({ of: side.strategy, ...amdahl(timesOf(before), timesOf(side)) }))
}

function timesOf({ measured }: BenchSide): { readonly reserveMs: number; readonly sessionMs: number } {
  const mean = (name: string): number =>
    measured?.parts.find(({ part }) => part === name)?.meanMs ?? Number.NaN
  return { reserveMs: mean('reserve'), sessionMs: mean('session') }
}

/**
 * What others have published, for machines of their own: tickets or bookings per second, and per processor
 * second.
 */
export interface Yardstick {
  readonly name: string
  readonly perSecond?: number
  readonly perCpuSecond?: number
}

export const OASIS_PER_SECOND = 65
export const YARDSTICKS: readonly Yardstick[] = [
  { name: 'the Oasis sale: 1.4 million tickets in 6 hours', perSecond: OASIS_PER_SECOND },
  { name: 'the peak of 12306 in 2015', perSecond: 1_032 },
  { name: 'TigerFans, level 3', perSecond: 977, perCpuSecond: 179 },
  { name: 'a shop on Kafka Streams, 320 vCPUs', perCpuSecond: 265 },
  { name: 'a shop on Kafka Streams, 16 vCPUs', perCpuSecond: 473 },
]
