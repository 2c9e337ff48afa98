/**
 * The buyers of an onsale and the service between them and a strategy, as a model in this process. Buyers
 * come at random times, ask, wait for so long, ask again a few times, and leave. The service carries out so
 * many requests at once, in the order in which they came, and cannot see whether a buyer still waits: as with
 * requests that queue for a pool of connections.
 *
 * Time is given with each call, in milliseconds from the opening, so that a test needs no clock.
 */
import type { Random } from '../harness/workloads/random.ts'
import type { CrowdRecord } from '../harness/workloads/workload.ts'
import { Fenwick } from './fenwick.ts'
import { OnsaleLine } from './onsale-line.ts'

/** How buyers are received. */
export interface Reception {
  /** Requests that may wait; further ones are refused at once. */
  readonly backlogMax: number
  /** Those inside, if there is a waiting room. */
  readonly activeMax?: number
}

export interface OnsaleSettings {
  readonly reception: Reception
  readonly random: Random
  readonly arrivalsPerSecond: number
  /** How long buyers come. */
  readonly arrivingMs: number
  readonly units: number
}

/** A buyer's browser, or the proxy before it, gives a request up after this. */
export const PATIENCE_MS = 500
/** How often one buyer asks, and how soon again. */
export const TRIES = 4
const AGAIN_MS = 200
/** From the call until a visitor is there: the message, and the browser that follows it. */
export const COME_MS = 20

export interface OnsaleRequest {
  readonly buyer: number
  readonly sentMs: number
  /** Whether its buyer still waits for it. */
  isWaitedFor: boolean
}

interface Due<T> {
  readonly atMs: number
  readonly what: T
}

/** What is due in the order in which it was planned: each of these delays is always the same. */
class Planned<T> {
  readonly #all: Due<T>[] = []
  #first = 0

  plan(atMs: number, what: T): void {
    this.#all.push({ atMs, what })
  }

  get nextMs(): number {
    return this.#all[this.#first]?.atMs ?? Number.POSITIVE_INFINITY
  }

  get size(): number {
    return this.#all.length - this.#first
  }

  take(): T | undefined {
    const found = this.#all[this.#first]
    if (found !== undefined) this.#first += 1
    return found?.what
  }
}

export class OnsaleCrowd {
  readonly #settings: OnsaleSettings
  readonly #cameMs: Float64Array
  readonly #tries: Uint8Array
  readonly #line: OnsaleLine | undefined
  readonly #inLine = new Set<number>()
  readonly #backlog = new Planned<OnsaleRequest>()
  readonly #again = new Planned<number>()
  readonly #patience = new Planned<OnsaleRequest>()
  readonly #coming = new Planned<number>()
  readonly #soldTo: Fenwick
  readonly #knownMs: number[] = []
  readonly #servedMs: number[] = []
  #came = 0
  #settled = 0
  #unitsSold = 0
  #sold = 0
  #refused = 0
  #turnedAway = 0
  #inVain = 0
  #pairs = 0
  #inversions = 0
  #lastSaleMs: number | undefined
  #overMs = 0

  constructor(settings: OnsaleSettings) {
    const { random, arrivalsPerSecond, arrivingMs, reception } = settings
    this.#settings = settings
    const buyers = Math.max(1, Math.round((arrivalsPerSecond * arrivingMs) / 1_000))
    this.#cameMs = Float64Array.from({ length: buyers }, () => random.float() * arrivingMs).sort()
    this.#tries = new Uint8Array(buyers)
    this.#soldTo = new Fenwick(buyers)
    if (reception.activeMax !== undefined) this.#line = new OnsaleLine(reception.activeMax)
  }

  /** Everybody knows, or has left. */
  get isOver(): boolean {
    return this.#settled === this.#cameMs.length
  }

  /** Lets everything happen that is due. */
  advance(nowMs: number): void {
    for (;;) {
      const comesMs = this.#cameMs[this.#came] ?? Number.POSITIVE_INFINITY
      const next = [
        { atMs: comesMs, happen: () => this.#come(comesMs) },
        { atMs: this.#again.nextMs, happen: () => this.#ask(this.#again) },
        { atMs: this.#patience.nextMs, happen: () => this.#loseRequest() },
        { atMs: this.#coming.nextMs, happen: () => this.#enter() },
        { atMs: this.#line?.nextTickMs ?? Number.POSITIVE_INFINITY, happen: () => this.#tick() },
      ].reduce((one, other) => (other.atMs < one.atMs ? other : one))
      if (next.atMs > nowMs) return
      next.happen()
    }
  }

  /** The request that the service carries out next. */
  take(): OnsaleRequest | undefined {
    return this.#backlog.take()
  }

  /** @param isBought - whether it was held and confirmed; otherwise nothing was left */
  answer(request: OnsaleRequest, isBought: boolean, nowMs: number): void {
    if (isBought) this.#unitsSold += 1
    if (!request.isWaitedFor) {
      this.#inVain += 1
      return
    }
    request.isWaitedFor = false
    this.#servedMs.push(nowMs - request.sentMs)
    if (isBought) this.#countSale(request.buyer, nowMs)
    else this.#refused += 1
    this.#know(request.buyer, nowMs)
  }

  record(): CrowdRecord {
    return {
      units: this.#settings.units,
      buyers: this.#cameMs.length,
      sold: this.#sold,
      refused: this.#refused,
      ...(this.#lastSaleMs !== undefined && { lastSaleMs: this.#lastSaleMs }),
      overMs: this.#overMs,
      knownMs: this.#knownMs,
      servedMs: this.#servedMs,
      turnedAway: this.#turnedAway,
      inVain: this.#inVain,
      pairs: this.#pairs,
      inversions: this.#inversions,
    }
  }

  #come(nowMs: number): void {
    const buyer = this.#came
    this.#came += 1
    if (this.#line === undefined) {
      this.#send(buyer, nowMs)
      return
    }
    if (this.#line.isGone) {
      this.#refuseInLine(buyer, nowMs)
      return
    }
    this.#inLine.add(buyer)
    this.#line.join(buyer, nowMs)
  }

  #ask(from: Planned<number>): void {
    const nowMs = from.nextMs
    const buyer = from.take()
    if (buyer !== undefined) this.#send(buyer, nowMs)
  }

  #send(buyer: number, nowMs: number): void {
    if (this.#backlog.size >= this.#settings.reception.backlogMax) {
      this.#turnedAway += 1
      this.#tryAgain(buyer, nowMs)
      return
    }
    const request = { buyer, sentMs: nowMs, isWaitedFor: true }
    this.#backlog.plan(nowMs, request)
    this.#patience.plan(nowMs + PATIENCE_MS, request)
  }

  #loseRequest(): void {
    const nowMs = this.#patience.nextMs
    const request = this.#patience.take()
    if (request?.isWaitedFor !== true) return
    request.isWaitedFor = false
    this.#tryAgain(request.buyer, nowMs)
  }

  #tryAgain(buyer: number, nowMs: number): void {
    const tries = (this.#tries[buyer] ?? 0) + 1
    this.#tries[buyer] = tries
    if (tries < TRIES) this.#again.plan(nowMs + AGAIN_MS, buyer)
    else this.#settle(buyer, nowMs)
  }

  #enter(): void {
    const nowMs = this.#coming.nextMs
    const buyer = this.#coming.take()
    if (buyer === undefined) return
    this.#call(this.#line?.enter(buyer, nowMs), nowMs)
    this.#send(buyer, nowMs)
  }

  #tick(): void {
    const line = this.#line
    if (line === undefined) return
    const nowMs = line.nextTickMs
    this.#call(line.tick(nowMs, this.#unitsSold < this.#settings.units), nowMs)
    if (line.isGone) for (const buyer of this.#inLine) this.#refuseInLine(buyer, nowMs)
  }

  #call(called: readonly number[] = [], nowMs: number): void {
    for (const buyer of called) {
      this.#inLine.delete(buyer)
      this.#coming.plan(nowMs + COME_MS, buyer)
    }
  }

  #refuseInLine(buyer: number, nowMs: number): void {
    this.#inLine.delete(buyer)
    this.#refused += 1
    this.#knownMs.push(nowMs - (this.#cameMs[buyer] ?? nowMs))
    this.#settled += 1
    this.#overMs = Math.max(this.#overMs, nowMs)
  }

  #know(buyer: number, nowMs: number): void {
    this.#knownMs.push(nowMs - (this.#cameMs[buyer] ?? nowMs))
    this.#settle(buyer, nowMs)
  }

  #settle(buyer: number, nowMs: number): void {
    this.#settled += 1
    this.#overMs = Math.max(this.#overMs, nowMs)
    this.#call(this.#line?.leave(buyer, nowMs), nowMs)
  }

  /** Those who came earlier and are not sold to yet were overtaken, whatever becomes of them. */
  #countSale(buyer: number, nowMs: number): void {
    this.#sold += 1
    this.#lastSaleMs = nowMs
    this.#pairs += buyer
    this.#inversions += buyer - this.#soldTo.below(buyer)
    this.#soldTo.add(buyer)
  }
}
