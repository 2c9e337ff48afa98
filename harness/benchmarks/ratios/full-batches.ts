/**
 * What the batched strategy on TigerBeetle reaches of the client alone, which sends full requests of the
 * same.
 */
import type { Engines } from '../../engines/open.ts'
import { FullBatches } from '../batching/full-batches.ts'
import { medianOf, ratiosOf } from '../in-turn.ts'
import { LoadedStrategy } from '../loaded-strategy.ts'
import { HOT } from './batched.ts'

const STRATEGY = 'tigerbeetle-pending-transfer-batched'
const ROUNDS = 5
const TURN_MS = 400

export async function fullBatchesRatio(engines: Engines): Promise<number> {
  await using batched = await LoadedStrategy.open(STRATEGY, engines)
  const { tigerbeetle } = batched.connections
  if (tigerbeetle === undefined) throw new Error(`${STRATEGY} has no client`)
  const alone = await FullBatches.open(tigerbeetle.client, tigerbeetle.ledger)
  const [ours, beside]: [number[], number[]] = [[], []]
  // The first round warms up, and does not count.
  for (let round = -1; round < ROUNDS; round++) {
    const turns = [
      async () => {
        const { done, elapsedMs } = await batched.holds(`${round}`, HOT, TURN_MS)
        ours.push(done / elapsedMs)
      },
      async () => {
        const { done, elapsedMs } = await alone.transfers(TURN_MS)
        beside.push(done / elapsedMs)
      },
    ]
    for (const turn of round % 2 === 0 ? turns : turns.toReversed()) await turn()
  }
  return medianOf(ratiosOf(ours.slice(1), beside.slice(1)))
}
