/** What else an engine has to keep: other resources, and holds that are past. */
import { registry, type StrategyEntry } from '../../../strategies/registry.ts'
import type { ReservationStrategy } from '../../../strategies/strategy.ts'
import { holdId, resourceId } from '../../../strategies/validation.ts'
import { monotonicMs } from '../../clock.ts'
import { formatCount } from '../../report/format.ts'
import { byCallers } from '../in-turn.ts'
import { callersOf, type FlatSide } from './side.ts'

/** Resources that one call makes. */
const MADE_AT_ONCE = 50_000
const CAPACITY = 1_000
/** Each call of a sweeper. */
const SWEPT_AT_ONCE = 10_000
const PAST_ROWS = 1_000
const PAST_TTL_MS = 1_000
/** More past holds than can be made in this time are not waited for. */
const PAST_MS_MAX = 120_000
const SWEEP_MS_MAX = 180_000

/** Makes the other resources from `from` up to `to`; returns how long it took, in milliseconds. */
export async function makeOthers(strategy: ReservationStrategy, from: number, to: number): Promise<number> {
  const started = monotonicMs()
  for (let at = from; at < to; at += MADE_AT_ONCE) {
    const count = Math.min(MADE_AT_ONCE, to - at)
    await strategy.createResources(
      Array.from({ length: count }, (_, more) => ({ id: resourceId(`other-${at + more}`), capacity: 1 })),
    )
  }
  return monotonicMs() - started
}

export interface PastHolds {
  readonly made: number
  /** How long it took to make and to sweep them: a sentence. */
  readonly note: string
}

/** Lets `count` holds expire, made by the fastest strategy on the same ledger, and sweeps them. */
export async function makePast(entry: StrategyEntry, side: FlatSide, count: number): Promise<PastHolds> {
  const maker = fastestLike(entry)
  const strategy = await side.openBeside(maker)
  const rows = Array.from({ length: PAST_ROWS }, (_, row) => resourceId(`past-${row}`))
  const capacity = Math.max(CAPACITY, Math.ceil((2 * count) / PAST_ROWS))
  await strategy.createResources(rows.map((id) => ({ id, capacity })))
  const started = monotonicMs()
  let begun = 0
  let made = 0
  const next = async (): Promise<boolean> => {
    if (begun >= count || monotonicMs() > started + PAST_MS_MAX) return false
    const number = begun++
    const lines = [{ resourceId: rows[number % PAST_ROWS] ?? resourceId('past-0'), quantity: 1 }]
    const { kind } = await strategy.hold({ holdId: holdId(`past-${number}`), lines, ttlMs: PAST_TTL_MS })
    if (kind === 'held') made++
    return true
  }
  await byCallers(callersOf(maker), next)
  const madeMs = monotonicMs() - started
  await new Promise((resolve) => setTimeout(resolve, 2 * PAST_TTL_MS))
  const sweptMs = await sweep(strategy)
  const note =
    `${formatCount(made)} holds were made by ${maker.name} in ${(madeMs / 1_000).toFixed(1)} s and swept in ` +
    `${(sweptMs / 1_000).toFixed(1)} s`
  return { made, note }
}

async function sweep(strategy: ReservationStrategy): Promise<number> {
  const started = monotonicMs()
  while ((await strategy.expireDue(SWEPT_AT_ONCE)) > 0) {
    if (monotonicMs() > started + SWEEP_MS_MAX) throw new Error(`not swept within ${SWEEP_MS_MAX} ms`)
  }
  return monotonicMs() - started
}

/** A batched one on the same engines and ledger, if there is any. */
export function fastestLike(entry: StrategyEntry): StrategyEntry {
  const engines = entry.engines.join()
  return (
    registry.find(
      (each) => each.promises.batches && each.ledger === entry.ledger && each.engines.join() === engines,
    ) ?? entry
  )
}
