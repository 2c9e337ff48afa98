/** A strategy on servers of its own, with resources that callers contend for. */
import type { StrategyEntry } from '../../../strategies/registry.ts'
import type { ReservationStrategy, ResourceId } from '../../../strategies/strategy.ts'
import { holdId, resourceId } from '../../../strategies/validation.ts'
import type { Engines } from '../../engines/open.ts'
import { type Ground, prepareGround } from '../../ground/ground.ts'
import { inClosedLoop } from '../in-turn.ts'

const ROWS = 200
/** So many that nothing sells out; so few that each may be a row. */
const CAPACITY = 20_000
const POOL_SIZE = 16
/** Longer than the run: nothing of these falls due. */
const TTL_MS = 60 * 60_000
const CALLERS = { single: 32, batched: 512 }
const SETTINGS = { criticalSection: async () => {}, random: Math.random }

export class FlatSide implements AsyncDisposable {
  readonly strategy: ReservationStrategy
  readonly ground: Ground
  readonly callers: number
  readonly #undo: AsyncDisposableStack
  readonly #contended: readonly ResourceId[]
  #turn = 0

  private constructor(
    entry: StrategyEntry,
    ground: Ground,
    of: Pick<FlatSide, 'strategy'>,
    undo: AsyncDisposableStack,
  ) {
    this.strategy = of.strategy
    this.ground = ground
    this.callers = callersOf(entry)
    this.#undo = undo
    this.#contended = Array.from({ length: ROWS }, (_, row) => resourceId(`contended-${row}`))
  }

  static async open(entry: StrategyEntry, engines: Engines): Promise<FlatSide> {
    await using undo = new AsyncDisposableStack()
    const ground = undo.adopt(await prepareGround(entry, engines, POOL_SIZE), (each) => each.dispose())
    const strategy = undo.adopt(await entry.open(ground.connections, SETTINGS), (each) => each.close())
    const side = new FlatSide(entry, ground, { strategy }, undo.move())
    await strategy.createResources(side.#contended.map((id) => ({ id, capacity: CAPACITY })))
    return side
  }

  /** Another strategy on the same connections. */
  async openBeside(entry: StrategyEntry): Promise<ReservationStrategy> {
    return this.#undo.adopt(await entry.open(this.ground.connections, SETTINGS), (each) => each.close())
  }

  /** Holds granted per second, on the contended resources. */
  async goodput(durationMs: number): Promise<number> {
    const turn = this.#turn++
    const once = async (caller: number, number: number): Promise<boolean> => {
      const at = (Math.imul(caller * 65_537 + number + 1, 2_654_435_761) >>> 8) % ROWS
      const id = holdId(`h-${turn}-${caller}-${number}`)
      const lines = [{ resourceId: this.#contended[at] as ResourceId, quantity: 1 }]
      const { kind } = await this.strategy.hold({ holdId: id, lines, ttlMs: TTL_MS })
      if (kind !== 'held' && kind !== 'contended') throw new Error(`a hold that could not fail was ${kind}`)
      return kind === 'held'
    }
    const { done, elapsedMs } = await inClosedLoop(once, this.callers, durationMs)
    return (done / elapsedMs) * 1_000
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#undo[Symbol.asyncDispose]()
  }
}

export function callersOf({ promises }: StrategyEntry): number {
  return promises.batches ? CALLERS.batched : CALLERS.single
}
