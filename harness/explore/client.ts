/** One client in one schedule: it sends its requests, and each of its steps waits at its gate. */
import { setTimeout as delay } from 'node:timers/promises'
import type { ReservationStrategy } from '../../strategies/strategy.ts'
import type { Request } from '../engines/engine.ts'
import type { Answer } from '../workloads/recorder.ts'
import { type Announced, ClientDiedError, type GateController } from './gate.ts'
import { type Origin, withOrigin, withoutOrigin } from './origin.ts'
import type { ScheduledClient } from './scheduled-client.ts'

/**
 * If neither the next step nor an answer comes within this, the strategy waits for something that is not a
 * step.
 */
const PATIENCE_MS = 20_000

/** The message for a strategy that opens its own connections. */
export const OWN_CONNECTION =
  'the strategy opens its own connection, and its requests there are not steps: let it use the connections that it receives'

const LEFT_UNASKED =
  'a request was sent to an engine after its call had ended, and is in no schedule: let each call wait for all its requests'

function passedNoGate({ label }: Call): string {
  return `"${label}" sent no request through the connections that the strategy received: it ended without a step`
}

/** Calls that remain from an abandoned schedule have ended by then. */
const RUN_OUT_MS = 5_000

/** One call, with its request. */
export interface Call<Outcome = unknown> {
  readonly label: string
  ask(strategy: ReservationStrategy): Promise<Outcome>
  /** Whether the client makes none of its further calls after this outcome; absent: never. */
  isLast?(outcome: unknown): boolean
}

export interface CallMade {
  readonly call: Call
  /**
   * The numbers of its first and last step, from 1; a call without steps has the number of the step before
   * it.
   */
  readonly began: number
  readonly ended: number
  readonly answer: Answer<unknown>
}

/** The strategy is stuck: it waits for something that is not a step. The exploration cannot continue. */
export class StandstillError extends Error {
  override readonly name = 'StandstillError'
}

export class Client implements GateController, ScheduledClient {
  readonly name: string
  readonly number: number
  /** Announced, but not let through yet: together they are one step, as one client sends them at once. */
  pending: Announced[] = []
  readonly made: CallMade[] = []
  /** Why its steps do not show everything, one sentence each. */
  readonly doubts = new Set<string>()
  /** The engine's sessions that serve it at the moment. */
  readonly sessions: () => readonly number[]
  state: 'going' | 'done' | 'dead' = 'going'
  #began: number | undefined
  #step = 0
  #moved = Promise.withResolvers<void>()
  #isOpen: boolean = false
  #isAtOnce: boolean = false
  #calls: readonly Call[] = []
  #running: Promise<void> | undefined

  constructor(name: string, number: number, sessions: () => readonly number[]) {
    this.name = name
    this.number = number
    this.sessions = sessions
  }

  /** Its current call, or the next one; if all are made at once, the first without an answer. */
  get call(): Call | undefined {
    const ended = new Set(this.made.map(({ call }) => call))
    return this.#calls.find((call) => !ended.has(call))
  }

  /** For a reader: the call that begins with its next step. */
  get label(): string {
    return this.#isAtOnce ? this.#calls.map(({ label }) => label).join(', ') : (this.call?.label ?? '')
  }

  /** Whether it has made any step. */
  get hasBegun(): boolean {
    return this.#began !== undefined || this.made.length > 0
  }

  pass(request: Request): Promise<unknown> {
    if (this.state === 'dead') return Promise.reject(new ClientDiedError())
    if (this.#isOpen) return withoutOrigin(() => request.send())
    return new Promise((answered, failed) => {
      this.pending.push({ ...request, answered, failed })
      this.#moved.resolve()
    })
  }

  /** `isAtOnce`: its callers make all calls at the same time, instead of one after the other. */
  start(strategy: ReservationStrategy, calls: readonly Call[], isAtOnce: boolean): void {
    this.#calls = calls
    this.#isAtOnce = isAtOnce
    this.#running = this.#run(strategy)
  }

  async #run(strategy: ReservationStrategy): Promise<void> {
    if (this.#isAtOnce) await Promise.all(this.#calls.map((call) => this.#ask(strategy, call)))
    else {
      for (const call of this.#calls) {
        if (this.#isDead()) break
        this.#began = undefined
        const answer = await this.#ask(strategy, call)
        if (answer.kind === 'answered' && call.isLast?.(answer.outcome) === true) {
          this.#calls = this.#calls.slice(0, this.#calls.indexOf(call) + 1)
          break
        }
      }
    }
    this.#began = undefined
    if (!this.#isDead()) this.state = 'done'
    this.#moved.resolve()
  }

  async #ask(strategy: ReservationStrategy, call: Call): Promise<Answer<unknown>> {
    const origin: Origin = { isCall: true, onConnection: () => this.doubts.add(OWN_CONNECTION) }
    let answer: Answer<unknown>
    try {
      answer = { kind: 'answered', outcome: await withOrigin(origin, () => call.ask(strategy)) }
    } catch (error) {
      answer = {
        kind: 'unknown',
        error: error instanceof Error ? error.message || error.name : String(error),
      }
    }
    if (!this.#isDead()) this.#record(call, answer)
    return answer
  }

  #isDead(): boolean {
    return this.state === 'dead'
  }

  #record(call: Call, answer: Answer<unknown>): void {
    if (this.#began === undefined) this.doubts.add(passedNoGate(call))
    this.made.push({ call, began: this.#began ?? this.#step, ended: this.#step, answer })
  }

  /** Takes the announced requests as the schedule's n-th step. Returns whether a call begins with it. */
  take(step: number): { readonly requests: readonly Announced[]; readonly begins: boolean } {
    const begins = this.#began === undefined
    this.#began ??= step
    const requests = this.pending
    this.pending = []
    this.#moved = Promise.withResolvers()
    return { requests, begins }
  }

  /** Called before answers are delivered: calls that end now ended with this step. */
  hears(step: number): void {
    this.#step = step
  }

  /** Waits until it has announced its next step or has finished. */
  async settled(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () =>
          reject(new StandstillError(`${this.name} neither sent a request to an engine nor ended its call`)),
        PATIENCE_MS,
      )
    })
    try {
      await Promise.race([this.#moved.promise, late])
      // Requests that are sent together are announced in one turn of the event loop.
      await new Promise(setImmediate)
    } finally {
      clearTimeout(timer)
    }
  }

  /**
   * The client is dead, and its current call has no answer; if it had no current call, its last answer is
   * lost, which no other client has seen.
   */
  die(step: number): void {
    const { call } = this
    const unknown: Answer<unknown> = { kind: 'unknown', error: 'the client died' }
    if (this.#began !== undefined && call !== undefined) {
      this.made.push({ call, began: this.#began, ended: step, answer: unknown })
    } else {
      const last = this.made.pop()
      if (last !== undefined) this.made.push({ ...last, ended: step, answer: unknown })
    }
    this.state = 'dead'
    for (const { failed } of this.pending.splice(0)) failed(new ClientDiedError())
  }

  /**
   * Lets everything through from now on, and waits until none of its calls is running, including what a dead
   * client still does. A client that would continue forever is refused everything after a limit.
   */
  async runOut(): Promise<void> {
    this.#isOpen = true
    if (this.state === 'done' && this.pending.length > 0) this.doubts.add(LEFT_UNASKED)
    for (const request of this.pending.splice(0)) request.send().then(request.answered, request.failed)
    if (await this.#isThroughWithin(RUN_OUT_MS)) return
    this.state = 'dead'
    if (await this.#isThroughWithin(RUN_OUT_MS)) return
    throw new StandstillError(`${this.name} does not end, although all its requests are refused`)
  }

  async #isThroughWithin(ms: number): Promise<boolean> {
    const timer = new AbortController()
    const late = delay(ms, false, { signal: timer.signal }).catch(() => false)
    const through = Promise.resolve(this.#running).then(() => true)
    try {
      return await Promise.race([through, late])
    } finally {
      timer.abort()
    }
  }
}
