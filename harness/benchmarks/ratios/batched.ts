/** What a batched strategy reaches of the same one without batches, on one row, by 512 callers. */
import { registry, type StrategyEntry } from '../../../strategies/registry.ts'
import type { ReservationStrategy } from '../../../strategies/strategy.ts'
import { holdId, resourceId, UNITS_MAX } from '../../../strategies/validation.ts'
import type { Engines } from '../../engines/open.ts'
import { prepareGround } from '../../ground/ground.ts'
import { inClosedLoop, medianOf, ratiosOf } from '../in-turn.ts'

const CALLERS = 512
const ROUNDS = 5
const TURN_MS = 300
const POOL_SIZE = 16
/** Longer than the run: nothing falls due. */
const TTL_MS = 10 * 60_000

export async function batchedRatio(single: string, engines: Engines): Promise<number> {
  await using undo = new AsyncDisposableStack()
  const reached: { readonly strategy: ReservationStrategy; readonly perSecond: number[] }[] = []
  for (const name of [single, `${single}-batched`]) {
    const entry = entryNamed(name)
    const ground = undo.adopt(await prepareGround(entry, engines, POOL_SIZE), (each) => each.dispose())
    const settings = { criticalSection: async () => {}, random: Math.random }
    const strategy = undo.adopt(await entry.open(ground.connections, settings), (each) => each.close())
    reached.push({ strategy, perSecond: [] })
  }
  // The first round compiles and connects, and does not count.
  for (let round = -1; round < ROUNDS; round++) {
    for (const { strategy, perSecond } of round % 2 === 0 ? reached : reached.toReversed()) {
      const figure = await holdsPerSecond(strategy, round)
      if (round >= 0) perSecond.push(figure)
    }
  }
  const [one, batched] = reached
  return medianOf(ratiosOf(batched?.perSecond ?? [], one?.perSecond ?? []))
}

function entryNamed(wanted: string): StrategyEntry {
  const entry = registry.find(({ name }) => name === wanted)
  if (entry === undefined) throw new Error(`there is no strategy ${wanted}`)
  return entry
}

async function holdsPerSecond(strategy: ReservationStrategy, round: number): Promise<number> {
  const id = resourceId(`row-${round}`)
  await strategy.createResources([{ id, capacity: UNITS_MAX }])
  const lines = [{ resourceId: id, quantity: 1 }]
  const once = async (caller: number, number: number): Promise<boolean> => {
    const hold = holdId(`h-${round}-${caller}-${number}`)
    const { kind } = await strategy.hold({ holdId: hold, lines, ttlMs: TTL_MS })
    if (kind !== 'held' && kind !== 'contended') throw new Error(`a hold that could not fail was ${kind}`)
    return kind === 'held'
  }
  const { done, elapsedMs } = await inClosedLoop(once, CALLERS, TURN_MS)
  return (done / elapsedMs) * 1_000
}
