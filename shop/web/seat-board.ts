/**
 * Which seats of one event are available, held or booked, for everybody who looks: the strategy is read once
 * per interval, however many look, and not at all while nobody does. What changed is sent as a delta.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { monotonicMs } from '../../harness/clock.ts'
import { resourceOf } from '../../harness/service/venue.ts'
import type { ReservationStrategy } from '../../strategies/strategy.ts'
import type { ShopEvent } from '../catalogue.ts'

export const AVAILABLE = 0
const HELD = 1
const BOOKED = 2
/** Two orders were paid for it. */
const SOLD_TWICE = 3

const EVERY_MS = 500
/** A read that takes long is repeated less often: seat maps may take a fifth of the strategy's time. */
const SHARE = 5
/** One read that took long must not leave an old map for minutes. */
const EVERY_MS_MAX = 10_000
const TWICE_TOLD = 3
/** Beyond it, the whole map is shorter than the delta. */
const DELTA_SHARE_MAX = 0.05

/** One message of the stream, as it is sent: made once, however many listen. */
export interface BoardMessage {
  readonly event: 'all' | 'delta' | 'tiers' | 'twice'
  readonly frame: Buffer
}

function messageOf(event: BoardMessage['event'], data: string): BoardMessage {
  return { event, frame: Buffer.from(`event: ${event}\ndata: ${data}\n\n`) }
}

export interface SoldTwice {
  readonly seat: string
  readonly orders: readonly string[]
}

export type BoardListener = (message: BoardMessage) => void

export class SeatBoard implements AsyncDisposable {
  readonly #event: ShopEvent
  readonly #strategy: Pick<ReservationStrategy, 'availability'>
  readonly #warn: (error: unknown) => void
  readonly #states: Uint8Array
  /** The order that was paid first, by seat. */
  readonly #booked = new Map<number, string>()
  /** By seat: every order that was paid for it, where there are several. */
  readonly #twice = new Map<number, string[]>()
  #twiceTold = '[]'
  readonly #listeners = new Set<BoardListener>()
  readonly #ending = new AbortController()
  /** The whole map as it is now, if somebody asked for it. */
  #whole: BoardMessage | undefined
  #tiers = '{}'
  #readMs = Number.NEGATIVE_INFINITY
  #everyMs = EVERY_MS
  #reading: Promise<void> | undefined
  #loop: Promise<void> | undefined

  constructor(
    event: ShopEvent,
    strategy: Pick<ReservationStrategy, 'availability'>,
    warn: (error: unknown) => void,
  ) {
    this.#event = event
    this.#strategy = strategy
    this.#warn = warn
    this.#states = new Uint8Array(event.seats.length)
  }

  /** This order was paid for these seats. */
  book(names: Iterable<string>, orderId: string): void {
    for (const name of names) {
      const at = this.#event.indexOf(name)
      if (at === undefined) continue
      const first = this.#booked.get(at)
      if (first === undefined) this.#booked.set(at, orderId)
      else if (first !== orderId) {
        const all = this.#twice.get(at) ?? [first]
        if (!all.includes(orderId)) this.#twice.set(at, [...all, orderId])
      }
    }
  }

  /** The seats that were sold to several orders. Only the beginning of an order's id: the whole is a key. */
  soldTwice(): readonly SoldTwice[] {
    return [...this.#twice].map(([at, orders]) => ({
      seat: this.#event.seats[at] ?? '',
      orders: orders.map((id) => `${id.slice(0, 8)}…`),
    }))
  }

  /**
   * By seat, no older than an interval, which is longer where a read takes long. Throws if the strategy does
   * not answer.
   */
  async states(): Promise<Uint8Array> {
    if (monotonicMs() - this.#readMs > this.#everyMs) await this.#read()
    return this.#states
  }

  /** Two bits a seat, as in `all`; no older than an interval. Throws if the strategy does not answer. */
  async bitmap(): Promise<Buffer> {
    await this.states()
    return this.#packed()
  }

  /** By tier, without reading the seats. Throws if the strategy does not answer. */
  async tiers(): Promise<Readonly<Record<string, number>>> {
    const { id, tiers } = this.#event
    if (tiers.length === 0) return {}
    const answers = await this.#strategy.availability(tiers.map((tier) => resourceOf(id, tier.id)))
    return Object.fromEntries(tiers.map((tier, at) => [tier.id, answers[at]?.available ?? 0]))
  }

  /** Sends the whole map first, and then what changes. */
  async listen(listener: BoardListener): Promise<Disposable> {
    await this.states()
    this.#whole ??= messageOf('all', this.#packed().toString('base64'))
    listener(this.#whole)
    listener(messageOf('tiers', this.#tiers))
    listener(messageOf('twice', this.#twiceTold))
    this.#listeners.add(listener)
    this.#loop ??= this.#run().finally(() => {
      this.#loop = undefined
    })
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listeners.clear()
    this.#ending.abort()
    await this.#loop
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    const { signal } = this.#ending
    while (this.#listeners.size > 0) {
      await delay(this.#everyMs, undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return
      await this.#read().catch(this.#warn)
    }
  }

  /** Callers at the same time share one read. */
  #read(): Promise<void> {
    this.#reading ??= this.#fresh().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  async #fresh(): Promise<void> {
    const { id, seats, tiers } = this.#event
    const startedMs = monotonicMs()
    const names = [...seats, ...tiers.map((tier) => tier.id)]
    const answers = await this.#strategy.availability(names.map((name) => resourceOf(id, name)))
    const changed: number[] = []
    for (let at = 0; at < seats.length; at++) {
      const isFree = (answers[at]?.available ?? 0) > 0
      const state = this.#twice.has(at)
        ? SOLD_TWICE
        : this.#booked.has(at)
          ? BOOKED
          : isFree
            ? AVAILABLE
            : HELD
      if (this.#states[at] !== state) changed.push(at, state)
      this.#states[at] = state
    }
    this.#readMs = monotonicMs()
    this.#everyMs = Math.min(EVERY_MS_MAX, Math.max(EVERY_MS, (this.#readMs - startedMs) * (SHARE - 1)))
    if (changed.length > 0) this.#whole = undefined
    if (changed.length > 2 * DELTA_SHARE_MAX * seats.length + 2) {
      this.#whole = messageOf('all', this.#packed().toString('base64'))
      this.#send(this.#whole)
    } else if (changed.length > 0) this.#send(messageOf('delta', JSON.stringify(changed)))
    const counts = tiers.map((tier, at) => [tier.id, answers[seats.length + at]?.available ?? 0])
    const told = JSON.stringify(Object.fromEntries(counts))
    if (told !== this.#tiers) this.#send(messageOf('tiers', told))
    this.#tiers = told
    this.#tellTwice()
  }

  /** The last ones: a page has no room for more, and one is enough. */
  #tellTwice(): void {
    const all = this.soldTwice()
    const told = all.length === 0 ? '[]' : JSON.stringify([all.length, ...all.slice(-TWICE_TOLD)])
    if (told !== this.#twiceTold) this.#send(messageOf('twice', told))
    this.#twiceTold = told
  }

  #send(message: BoardMessage): void {
    for (const listener of this.#listeners) listener(message)
  }

  /** Two bits a seat, the first seat in the lowest bits: 20 KB for 80,000 seats. */
  #packed(): Buffer {
    const packed = new Uint8Array(Math.ceil(this.#states.length / 4))
    this.#states.forEach((state, at) => {
      packed[at >> 2] = (packed[at >> 2] ?? 0) | (state << ((at & 3) * 2))
    })
    return Buffer.from(packed.buffer)
  }
}
