/**
 * The requests of one step, until they are answered. PostgreSQL itself reports which sessions wait. A
 * statement that was let through has either been answered, or the server says that its session waits for
 * another; until one of the two is true, both are checked again.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { EngineName } from '../../strategies/strategy.ts'
import { monotonicMs } from '../clock.ts'
import type { Waits } from '../engines/engine.ts'
import { StandstillError } from './client.ts'
import type { Announced } from './gate.ts'
import type { ScheduledClient } from './scheduled-client.ts'

/**
 * A statement that is neither answered nor waiting for a client within this time is stuck for another reason.
 */
const ANSWER_MS_MAX = 15_000
/** Most statements are answered sooner, and then the server need not be asked whether they wait. */
const ASK_AFTER_MS = 1

type WaitsOf = (store: EngineName) => Waits | undefined

export class StepInFlight {
  readonly client: ScheduledClient
  readonly requests: readonly Announced[]
  /** Whether a call began with this step. */
  readonly begins: boolean
  readonly outcomes: Promise<readonly PromiseSettledResult<unknown>[]>
  /** In the order of the requests, once all have arrived. */
  settled: readonly PromiseSettledResult<unknown>[] | undefined
  readonly #waitsOf: WaitsOf

  /** Sends the client's announced requests as the schedule's n-th step. */
  constructor(client: ScheduledClient, step: number, waitsOf: WaitsOf) {
    const { requests, begins } = client.take(step)
    this.client = client
    this.requests = requests
    this.begins = begins
    this.#waitsOf = waitsOf
    this.outcomes = Promise.allSettled(requests.map((request) => request.send()))
    this.outcomes.then((settled) => {
      this.settled = settled
    }, undefined)
  }

  /** Whether it was answered; otherwise it waits for another session. */
  async isAnswered(): Promise<boolean> {
    await Promise.race([this.outcomes, delay(ASK_AFTER_MS)])
    const endMs = monotonicMs() + ANSWER_MS_MAX
    while (this.settled === undefined) {
      const served = this.#served()
      for (const { waits, session } of served) {
        if ((await waits.isWaiting(session)) && this.settled === undefined) return false
      }
      if (served.length === 0) await Promise.race([this.outcomes, delay(ASK_AFTER_MS)])
      if (monotonicMs() > endMs) throw new StandstillError(this.#standstill())
    }
    return true
  }

  /** The sessions that it waits for. */
  async blockers(): Promise<readonly number[]> {
    const [first] = this.#served()
    return first === undefined ? [] : await first.waits.blockersOf(first.session)
  }

  /** Delivers the answers without recording them, once they have arrived. */
  async handOver(): Promise<void> {
    for (const [at, outcome] of (await this.outcomes).entries()) {
      if (outcome.status === 'fulfilled') this.requests[at]?.answered(outcome.value)
      else this.requests[at]?.failed(outcome.reason)
    }
  }

  /** The sessions that serve it, with the engine that reports what they wait for. */
  #served(): readonly { readonly waits: Waits; readonly session: number }[] {
    return this.requests.flatMap(({ store, session }) => {
      const waits = this.#waitsOf(store)
      const number = session?.()
      return waits === undefined || number === undefined ? [] : [{ waits, session: number }]
    })
  }

  #standstill(): string {
    const asked = this.requests.map(({ text }) => text).join(' + ')
    const why = this.requests.some(({ session }) => session !== undefined && session() === undefined)
      ? 'all connections of the pool are in use: a call may need a second one while it keeps the first'
      : 'it waits for something other than a client'
    return `${this.client.name} has had no answer for ${ANSWER_MS_MAX / 1_000} s to: ${asked} (${why})`
  }
}
