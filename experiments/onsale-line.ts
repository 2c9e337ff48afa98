/** The line of a waiting room before a sale: its real core, moved on as the waiting room's process does. */
import { Queue } from '../shop/waiting-room/queue/queue.ts'
import type { MoveAnswer } from '../shop/waiting-room/queue/room.ts'

/** Of the waiting room's process: how often it moves the queue, and how often it reads what is left. */
const TICK_MS = 200
const STOCK_EVERY_MS = 1_000
/** Longer than a trial: everybody comes, and nobody stays. */
const LONG_MS = 600_000

/** Visitors are numbers; those who are called are returned. Times are milliseconds from the opening. */
export class OnsaleLine {
  readonly #queue: Queue
  #nextTickMs = TICK_MS
  #stockReadMs = 0
  #isGone: boolean = false

  constructor(activeMax: number) {
    this.#queue = new Queue(
      {
        order: 'fifo',
        seed: '',
        opensInMs: 0,
        comeMs: LONG_MS,
        insideMs: LONG_MS,
        awayMs: 0,
        waitingMax: Number.MAX_SAFE_INTEGER,
      },
      { activeMax, perMinute: 0 },
      0,
    )
  }

  /** When the process moves the queue the next time. */
  get nextTickMs(): number {
    return this.#nextTickMs
  }

  /** Whether those who wait have been told that nothing is left. */
  get isGone(): boolean {
    return this.#isGone
  }

  join(visitor: number, nowMs: number): void {
    const place = String(visitor)
    this.#queue.join({ place, identity: place, binding: place, draw: '' }, nowMs)
  }

  /** @param isLeft - whether anything is not sold yet */
  tick(nowMs: number, isLeft: boolean): readonly number[] {
    this.#nextTickMs = nowMs + TICK_MS
    if (nowMs - this.#stockReadMs >= STOCK_EVERY_MS) {
      this.#stockReadMs = nowMs
      this.#isGone = !isLeft
      if (this.#isGone) this.#queue.set({ stock: 'gone' }, nowMs)
    }
    return visitorsIn(this.#queue.move({ kind: 'step' }, nowMs))
  }

  enter(visitor: number, nowMs: number): readonly number[] {
    return visitorsIn(this.#queue.move({ kind: 'enter', place: String(visitor) }, nowMs))
  }

  leave(visitor: number, nowMs: number): readonly number[] {
    return visitorsIn(this.#queue.move({ kind: 'leave', place: String(visitor) }, nowMs))
  }
}

function visitorsIn({ called }: MoveAnswer): readonly number[] {
  return called.map(({ place }) => Number(place))
}
