/** Strategies on one row, by 512 callers. */
import { type Connections, registry, type StrategyEntry } from '../../../strategies/registry.ts'
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

/** A strategy on a ground of its own, and holds on one row of it. */
export class LoadedStrategy implements AsyncDisposable {
  readonly connections: Connections
  readonly #strategy: ReservationStrategy
  readonly #undo: AsyncDisposableStack

  private constructor(connections: Connections, strategy: ReservationStrategy, undo: AsyncDisposableStack) {
    this.connections = connections
    this.#strategy = strategy
    this.#undo = undo
  }

  static async open(name: string, engines: Engines): Promise<LoadedStrategy> {
    await using undo = new AsyncDisposableStack()
    const entry = entryNamed(name)
    const ground = undo.adopt(await prepareGround(entry, engines, POOL_SIZE), (each) => each.dispose())
    const settings = { criticalSection: async () => {}, random: Math.random }
    const strategy = undo.adopt(await entry.open(ground.connections, settings), (each) => each.close())
    return new LoadedStrategy(ground.connections, strategy, undo.move())
  }

  /** Each round has a row of its own. */
  async holdsPerSecond(round: number, durationMs: number): Promise<number> {
    const id = resourceId(`row-${round}`)
    await this.#strategy.createResources([{ id, capacity: UNITS_MAX }])
    const lines = [{ resourceId: id, quantity: 1 }]
    const once = async (caller: number, number: number): Promise<boolean> => {
      const hold = holdId(`h-${round}-${caller}-${number}`)
      const { kind } = await this.#strategy.hold({ holdId: hold, lines, ttlMs: TTL_MS })
      if (kind !== 'held' && kind !== 'contended') throw new Error(`a hold that could not fail was ${kind}`)
      return kind === 'held'
    }
    const { done, elapsedMs } = await inClosedLoop(once, CALLERS, durationMs)
    return (done / elapsedMs) * 1_000
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#undo[Symbol.asyncDispose]()
  }
}

function entryNamed(wanted: string): StrategyEntry {
  const entry = registry.find(({ name }) => name === wanted)
  if (entry === undefined) throw new Error(`there is no strategy ${wanted}`)
  return entry
}

/** What the batched strategy reaches of the same one without batches. */
export async function batchedRatio(single: string, engines: Engines): Promise<number> {
  await using one = await LoadedStrategy.open(single, engines)
  await using batched = await LoadedStrategy.open(`${single}-batched`, engines)
  const sides = [one, batched].map((strategy) => ({ strategy, perSecond: [] as number[] }))
  // The first round compiles and connects, and does not count.
  for (let round = -1; round < ROUNDS; round++) {
    for (const { strategy, perSecond } of round % 2 === 0 ? sides : sides.toReversed()) {
      const figure = await strategy.holdsPerSecond(round, TURN_MS)
      if (round >= 0) perSecond.push(figure)
    }
  }
  return medianOf(ratiosOf(sides[1]?.perSecond ?? [], sides[0]?.perSecond ?? []))
}
