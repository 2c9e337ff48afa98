/** Strategies on one row, by 512 callers. */
import type { Engines } from '../../engines/open.ts'
import { medianOf, ratiosOf } from '../in-turn.ts'
import { LoadedStrategy } from '../loaded-strategy.ts'

/** On one row. */
export const HOT = { callers: 512, rows: 1 } as const
const ROUNDS = 5
const TURN_MS = 300

/** What the batched strategy reaches of the same one without batches. */
export async function batchedRatio(single: string, engines: Engines): Promise<number> {
  await using one = await LoadedStrategy.open(single, engines)
  await using batched = await LoadedStrategy.open(`${single}-batched`, engines)
  const sides = [one, batched].map((strategy) => ({ strategy, perSecond: [] as number[] }))
  // The first round compiles and connects, and does not count.
  for (let round = -1; round < ROUNDS; round++) {
    for (const { strategy, perSecond } of round % 2 === 0 ? sides : sides.toReversed()) {
      const { done, elapsedMs } = await strategy.holds(`${round}`, HOT, TURN_MS)
      if (round >= 0) perSecond.push((done / elapsedMs) * 1_000)
    }
  }
  return medianOf(ratiosOf(sides[1]?.perSecond ?? [], sides[0]?.perSecond ?? []))
}
