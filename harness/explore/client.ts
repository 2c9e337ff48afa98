/** One client in one schedule: it goes through its requests, and every step of it waits at its gate. */
import { setTimeout as delay } from 'node:timers/promises'
import type { ReservationStrategy } from '../../strategies/strategy.ts'
import type { Request } from '../engines/engine.ts'
import type { Answer } from '../workloads/recorder.ts'
import { type Announced, ClientDiedError, type GateController } from './gate.ts'
import { type Origin, withOrigin, withoutOrigin } from './origin.ts'

/** Neither the next step nor an answer within this: the strategy waits for something that no step brings. */
const PATIENCE_MS = 20_000

/** Said of a strategy that opens connections past those it was handed. */
export const OWN_CONNECTION =
  'the strategy opens a connection of its own, and what it does there is no step: let it use those that it is handed'

const LEFT_UNASKED =
  'something was asked of an engine when the call it belongs to had ended already, and is in no schedule: let calls wait for all they ask'

function passedNoGate({ label }: Call): string {
  return `"${label}" asked nothing of an engine through the connections that the strategy was handed: it was over without a step`
}

/** Of a schedule that was given up, what is left of its calls is done by then. */
const RUN_OUT_MS = 5_000

/** One request, asked in a call. */
export interface Call<Outcome = unknown> {
  readonly label: string
  ask(strategy: ReservationStrategy): Promise<Outcome>
}

export interface CallMade {
  readonly call: Call
  /** The steps with which it began and ended, from 1; a call without steps has those before it. */
  readonly began: number
  readonly ended: number
  readonly answer: Answer<unknown>
}

/** The strategy stands still: it waits for something that is no step. The exploration cannot go on. */
export class StandstillError extends Error {
  override readonly name = 'StandstillError'
}

export class Client implements GateController {
  readonly name: string
  readonly number: number
  /** Announced, and not let through: all of them are one step, as one client sends them at once. */
  pending: Announced[] = []
  readonly made: CallMade[] = []
  /** Why what it did is not all that there is to see, one sentence each. */
  readonly doubts = new Set<string>()
  /** The engine's sessions that serve it now. */
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

  /** The call that it is in, or comes to next; where all are made at once, the first that has no answer. */
  get call(): Call | undefined {
    const ended = new Set(this.made.map(({ call }) => call))
    return this.#calls.find((call) => !ended.has(call))
  }

  /** For a reader: what it begins with its next step. */
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
        await this.#ask(strategy, call)
      }
    }
    this.#began = undefined
    if (!this.#isDead()) this.state = 'done'
    this.#moved.resolve()
  }

  async #ask(strategy: ReservationStrategy, call: Call): Promise<void> {
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
  }

  #isDead(): boolean {
    return this.state === 'dead'
  }

  #record(call: Call, answer: Answer<unknown>): void {
    if (this.#began === undefined) this.doubts.add(passedNoGate(call))
    this.made.push({ call, began: this.#began ?? this.#step, ended: this.#step, answer })
  }

  /** Takes what was announced; it is the schedule's n-th step. Answers whether a call begins with it. */
  take(step: number): { readonly requests: readonly Announced[]; readonly begins: boolean } {
    const begins = this.#began === undefined
    this.#began ??= step
    const requests = this.pending
    this.pending = []
    this.#moved = Promise.withResolvers()
    return { requests, begins }
  }

  /** Told before answers are handed over: whatever ends now, ended with this step. */
  hears(step: number): void {
    this.#step = step
  }

  /** Until it has announced its next step, or is through. */
  async settled(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () =>
          reject(new StandstillError(`${this.name} neither asked anything of an engine nor ended its call`)),
        PATIENCE_MS,
      )
    })
    try {
      await Promise.race([this.#moved.promise, late])
      // What it sends at once, it announces in one turn.
      await new Promise(setImmediate)
    } finally {
      clearTimeout(timer)
    }
  }

  /**
   * It is gone, with what it was in the middle of; if that was nothing, with its last answer, which nobody
   * else has heard.
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
   * Lets everything through from here on, and waits until nothing of it runs any more, a dead client's last
   * gasps included. Whoever would go on for ever is refused everything after a while.
   */
  async runOut(): Promise<void> {
    this.#isOpen = true
    if (this.state === 'done' && this.pending.length > 0) this.doubts.add(LEFT_UNASKED)
    for (const request of this.pending.splice(0)) request.send().then(request.answered, request.failed)
    if (await this.#isThroughWithin(RUN_OUT_MS)) return
    this.state = 'dead'
    if (await this.#isThroughWithin(RUN_OUT_MS)) return
    throw new StandstillError(`${this.name} goes on for ever, although it is refused everything`)
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
