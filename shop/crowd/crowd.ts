/**
 * A crowd that buys at the pages of a shop, as browsers do, so that an onsale can be shown live. Everybody
 * wants the best seats that the map shows as free, and half of them come with a rival who clicks on the
 * same seat at the same moment. On loopback only, with a limit on buyers and on time.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Venue } from '../../harness/service/venue.ts'
import { ShopCatalogue, type ShopEvent } from '../catalogue.ts'
import { type CheckedOutAs, CrowdClient } from './crowd-client.ts'
import { FreeSeats } from './free-seats.ts'

/** As long as a lesson shows one thing. */
const CROWD_MS_MAX = 600_000
const SAID_EVERY_MS = 5_000
/** Between one thing that a buyer does and the next. */
const PAUSE_MS = { min: 500, max: 4_000 } as const
const SOLD_OUT_PAUSE_MS = 2_000
const RIVAL_SHARE = 0.5
const SEAT_SHARE = 0.8
/** Everybody looks at so many of the best free seats. */
const WANTED_SEATS = 12
/** The rest never pays. */
const OUTCOMES = [
  ['succeeded', 0.85],
  ['failed', 0.05],
  ['canceled', 0.05],
] as const

export interface CrowdOptions {
  /** Of the shop, on this machine. */
  readonly address: string
  /** At once. */
  readonly buyers: number
  readonly venue: Venue
  readonly say: (line: string) => void
}

/** Begins at once; disposing it ends the crowd, and waits for what its buyers are doing. */
export function startCrowd(options: CrowdOptions): AsyncDisposable {
  const ending = new AbortController()
  const crowd = new Crowd(options, AbortSignal.any([ending.signal, AbortSignal.timeout(CROWD_MS_MAX)]))
  const running = crowd.run()
  return {
    async [Symbol.asyncDispose]() {
      ending.abort()
      await running
    },
  }
}

class Crowd {
  readonly #options: CrowdOptions
  readonly #signal: AbortSignal
  readonly #events: readonly ShopEvent[]
  readonly #client: CrowdClient
  readonly #free = new Map<string, FreeSeats>()
  #count = 0
  readonly #told = { held: 0, refused: 0, paid: 0, unanswered: 0 }

  constructor(options: CrowdOptions, signal: AbortSignal) {
    this.#options = options
    this.#signal = signal
    this.#events = new ShopCatalogue(options.venue).events
    this.#client = new CrowdClient(options.address, signal)
    for (const event of this.#events) {
      if (event.seats.length > 0) this.#free.set(event.id, new FreeSeats(options.address, event, signal))
    }
  }

  /** Never rejects. */
  async run(): Promise<void> {
    const { buyers, say } = this.#options
    say(`a crowd of ${buyers} buyers has come`)
    const watching = [...this.#free.values()].map((each) => each.watch())
    const saying = this.#sayNowAndThen()
    await Promise.all([...Array.from({ length: buyers }, () => this.#buyer()), ...watching, saying])
    say(`the crowd has gone: ${this.#sums()}`)
  }

  async #sayNowAndThen(): Promise<void> {
    while (!this.#signal.aborted) {
      await this.#pause(SAID_EVERY_MS)
      if (!this.#signal.aborted) this.#options.say(this.#sums())
    }
  }

  #sums(): string {
    const { held, refused, paid, unanswered } = this.#told
    return `${held} times tickets were held, ${paid} paid, ${refused} refused, ${unanswered} not answered`
  }

  async #buyer(): Promise<void> {
    await this.#pause(Math.random() * PAUSE_MS.max)
    while (!this.#signal.aborted) {
      const basket = this.#basket()
      if (basket === undefined) await this.#pause(SOLD_OUT_PAUSE_MS)
      else {
        const rivals = Math.random() < RIVAL_SHARE ? 2 : 1
        await Promise.all(Array.from({ length: rivals }, () => this.#buy(basket)))
      }
      await this.#pause(PAUSE_MS.min + Math.random() * (PAUSE_MS.max - PAUSE_MS.min))
    }
  }

  /** Undefined if nothing is left. */
  #basket(): Readonly<Record<string, string>> | undefined {
    const event = this.#events[Math.floor(Math.random() * this.#events.length)]
    if (event === undefined) return undefined
    const free = this.#free.get(event.id)?.first(WANTED_SEATS) ?? []
    const seat = free[Math.floor(Math.random() * free.length)]
    const tier = event.tiers[Math.floor(Math.random() * event.tiers.length)]
    if (seat !== undefined && (tier === undefined || Math.random() < SEAT_SHARE)) {
      return { event: event.id, seats: seat }
    }
    return tier && { event: event.id, [`tier.${tier.id}`]: '1' }
  }

  async #buy(basket: Readonly<Record<string, string>>): Promise<void> {
    const email = `buyer-${++this.#count}@crowd.example`
    const order = await this.#client.checkout({ ...basket, email })
    if (order.kind !== 'held') {
      this.#told[order.kind] += 1
      return
    }
    this.#told.held += 1
    await this.#pay(order)
  }

  async #pay(order: Extract<CheckedOutAs, { kind: 'held' }>): Promise<void> {
    await this.#pause(PAUSE_MS.min + Math.random() * (PAUSE_MS.max - PAUSE_MS.min))
    let draw = Math.random()
    const outcome = OUTCOMES.find(([, share]) => {
      draw -= share
      return draw < 0
    })?.[0]
    if (outcome === undefined) return
    const isTold = await this.#client.pay(order, outcome)
    if (!isTold) this.#told.unanswered += 1
    else if (outcome === 'succeeded') this.#told.paid += 1
  }

  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#signal }).catch(() => undefined)
  }
}
