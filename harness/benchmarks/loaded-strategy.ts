/** A strategy on a ground of its own, and callers who hold units that never sell out. */
import { type Connections, registry, type StrategyEntry } from '../../strategies/registry.ts'
import type { ReservationStrategy } from '../../strategies/strategy.ts'
import { holdId, resourceId, UNITS_MAX } from '../../strategies/validation.ts'
import type { Engines } from '../engines/open.ts'
import { prepareGround } from '../ground/ground.ts'
import { inClosedLoop, type Reached } from './in-turn.ts'

const POOL_SIZE = 16
/** Longer than a run: nothing falls due. */
const TTL_MS = 10 * 60_000

export interface StrategyLoad {
  readonly callers: number
  /** Each hold is of one unit of one row, row after row. */
  readonly rows: number
}

export class LoadedStrategy implements AsyncDisposable {
  readonly connections: Connections
  readonly #name: string
  readonly #strategy: ReservationStrategy
  readonly #undo: AsyncDisposableStack

  private constructor(
    entry: StrategyEntry,
    opened: {
      readonly connections: Connections
      readonly strategy: ReservationStrategy
      readonly undo: AsyncDisposableStack
    },
  ) {
    this.#name = entry.name
    this.connections = opened.connections
    this.#strategy = opened.strategy
    this.#undo = opened.undo
  }

  static async open(name: string, engines: Engines): Promise<LoadedStrategy> {
    await using undo = new AsyncDisposableStack()
    const entry = entryNamed(name)
    const ground = undo.adopt(await prepareGround(entry, engines, POOL_SIZE), (each) => each.dispose())
    const settings = { criticalSection: async () => {}, random: Math.random }
    const strategy = undo.adopt(await entry.open(ground.connections, settings), (each) => each.close())
    return new LoadedStrategy(entry, { connections: ground.connections, strategy, undo: undo.move() })
  }

  /** Counts the holds that were granted. Each `label` has rows of its own. */
  async holds(label: string, { callers, rows }: StrategyLoad, durationMs: number): Promise<Reached> {
    const ids = Array.from({ length: rows }, (_, row) => resourceId(`row-${label}-${row}`))
    await this.#strategy.createResources(ids.map((id) => ({ id, capacity: UNITS_MAX })))
    const linesOf = ids.map((id) => [{ resourceId: id, quantity: 1 }])
    let next = 0
    const once = async (caller: number, number: number): Promise<boolean> => {
      const hold = holdId(`h-${label}-${caller}-${number}`)
      const lines = linesOf[next++ % rows] ?? []
      const { kind } = await this.#strategy.hold({ holdId: hold, lines, ttlMs: TTL_MS })
      if (kind !== 'held' && kind !== 'contended') throw new Error(`a hold that could not fail was ${kind}`)
      return kind === 'held'
    }
    const reached = await inClosedLoop(once, callers, durationMs)
    // A hold that was counted but not made would be the fastest.
    const left = await this.#strategy.availability(ids)
    const taken = left.reduce((sum, { available }) => sum + UNITS_MAX - available, 0)
    if (taken !== reached.done) {
      throw new Error(`${this.#name} answered ${reached.done} times held, and ${taken} units are gone`)
    }
    return reached
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
