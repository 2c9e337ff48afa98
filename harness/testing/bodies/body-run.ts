/** One schedule of a test body: it is called once, and each statement of its clients is a step. */
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises'
import { monotonicMs } from '../../clock.ts'
import { type ApplicationClock, onApplicationClock } from '../../explore/application-clock.ts'
import { StandstillError } from '../../explore/client.ts'
import { type Origin, withOrigin } from '../../explore/origin.ts'
import type { ScheduleRun } from '../../explore/schedule-run.ts'
import { runSchedule } from '../../explore/schedule-runner.ts'
import type { ScheduledClient } from '../../explore/scheduled-client.ts'
import type { ScheduleOptions } from '../../explore/walk.ts'
import { Activity } from './activity.ts'
import type { Body } from './body.ts'
import { BodyItself, ClientOfBody, type RunOfClient } from './body-client.ts'
import { EventsOfBody } from './body-events.ts'
import type { BodyStage } from './body-stage.ts'

/** A run of the body, to its end. */
export interface PlayedBody extends ScheduleRun {
  /** In the order of their numbers. */
  readonly clients: readonly string[]
  /** What it threw. */
  readonly failure?: { readonly error: unknown }
  /** Whether several clients could move at some step. */
  readonly hadChoice: boolean
}

export interface BodyPlay extends ScheduleOptions {
  readonly patienceMs: number
  /** Whether a client that an engine refuses something asks again only when something has changed. */
  readonly holdsBackRefused: boolean
}

const OWN_CONNECTION =
  'the body opened a connection of its own, whose statements are no steps: let its code use the connections of client(…)'
const OWN_BYTES =
  'the body used a connection that was opened outside it, whose statements are no steps: let its code use the connections of client(…)'
const LEFT_UNASKED = 'the body ended before statements that it had sent were answered: await all of them'

/** An abandoned run has ended by then. */
const RUN_OUT_MS = 5_000
/** How often to look whether work that ends by itself has ended. */
const LOOK_AGAIN_MS = 1

export async function playBody(
  stage: BodyStage,
  body: Body,
  { scheduler, stepsMax, patienceMs, holdsBackRefused }: BodyPlay,
): Promise<PlayedBody> {
  await stage.renew()
  using run = new BodyRun(stage, patienceMs)
  try {
    run.start(body)
    let hadChoice = false
    const counting: ScheduleOptions['scheduler'] = {
      choose(choices, step) {
        hadChoice ||= choices.length > 1
        return scheduler.choose(choices, step)
      },
      done: (result) => scheduler.done(result),
    }
    const setup = {
      clients: run.scheduled,
      environmentSteps: run.events.steps,
      holdsBackRefused,
      waitsOf: stage.waitsOf,
      async beforeRunningOut() {},
    }
    const played = await runSchedule(setup, counting, stepsMax)
    if (played.ending === 'complete') await run.checkAfter()
    await stage.tidy()
    const { failure } = run
    return {
      ...played,
      doubts: [...played.doubts, ...run.doubts],
      clients: run.names,
      hadChoice,
      // What an abandoned run throws while it runs out says nothing.
      ...(played.ending === 'complete' && failure !== undefined && { failure }),
    }
  } finally {
    stage.setRun(undefined)
  }
}

class BodyRun implements RunOfClient, Disposable {
  readonly #stage: BodyStage
  readonly #patienceMs: number
  readonly #clients: ClientOfBody[] = []
  /** The body itself, and then its clients as it first uses them. */
  readonly scheduled: ScheduledClient[]
  readonly doubts = new Set<string>()
  readonly #clock: ApplicationClock = { movedByMs: 0 }
  readonly events: EventsOfBody
  readonly #origin: Origin = {
    isCall: true,
    onConnection: () => this.#doubtUnlessBehindDoor(OWN_CONNECTION),
    onBytes: () => this.#doubtUnlessBehindDoor(OWN_BYTES),
  }
  readonly #activity = new Activity(this.#origin)
  #moved = Promise.withResolvers<void>()
  isOver: boolean = false
  failure: { readonly error: unknown } | undefined
  #returned: unknown

  constructor(stage: BodyStage, patienceMs: number) {
    this.#stage = stage
    this.#patienceMs = patienceMs
    this.scheduled = [new BodyItself(this)]
    this.events = new EventsOfBody(stage.events, async (ms) => {
      await stage.passTime(ms)
      this.#clock.movedByMs += ms
    })
  }

  get names(): readonly string[] {
    return this.#clients.map(({ name }) => name)
  }

  start(body: Body): void {
    this.#stage.setRun(this.#origin)
    const lend = (name: string) => {
      const lent = this.#stage.client(name)
      if (!this.names.includes(name)) {
        const number = this.#clients.length + 1
        const client = new ClientOfBody(name, number, { run: this, lent })
        lent.gate.setController(client)
        this.#clients.push(client)
        this.scheduled.push(client)
        this.events.add(client)
      }
      return lent.connections
    }
    const { timePassesMs } = this.#stage.events
    void withOrigin(this.#origin, async () => {
      try {
        const play = async () => {
          this.#returned = await body({ client: lend })
        }
        await (timePassesMs === undefined ? play() : onApplicationClock(this.#clock, play))
      } catch (error) {
        this.failure = { error }
      }
      this.isOver = true
      this.moved()
    })
  }

  /** Where other code has been given an address, the body may ask that code over a connection. */
  #doubtUnlessBehindDoor(doubt: string): void {
    if (!this.#stage.hasDoors) this.doubts.add(doubt)
  }

  async checkAfter(): Promise<void> {
    if (this.failure !== undefined) return
    try {
      await this.#stage.checkAfter(this.#returned)
    } catch (error) {
      this.failure = { error }
    }
  }

  moved(): void {
    this.#moved.resolve()
  }

  async settled(): Promise<void> {
    const endMs = monotonicMs() + this.#patienceMs
    for (;;) {
      this.#moved = Promise.withResolvers()
      // All that an answer sets going without further help has happened after this.
      await nextTurn()
      if (this.isOver) return
      const isMovable = this.#clients.some(({ pending, inFlight }) => pending.length > 0 || inFlight > 0)
      if (isMovable && !this.#activity.isGoing && !this.#stage.isThinking) return
      if (monotonicMs() > endMs) throw new StandstillError(this.#standstill())
      await Promise.race([this.#moved.promise, delay(LOOK_AGAIN_MS)])
    }
  }

  #standstill(): string {
    const own = [...this.doubts]
    if (own.length > 0) return own.join('; ')
    return (
      `the body neither sent a statement nor ended within ${this.#patienceMs / 1_000} s: ` +
      'it waits for something that is no statement of its clients'
    )
  }

  /** Called when its clients let everything through. */
  async runOut(): Promise<void> {
    if (this.isOver && this.#clients.some(({ pending }) => pending.length > 0) && this.failure === undefined)
      this.doubts.add(LEFT_UNASKED)
    const ms = Math.min(RUN_OUT_MS, this.#patienceMs)
    const hasEnded = await this.#hasEndedWithin(ms)
    // What still comes of it comes from no run of the body.
    for (const client of this.#clients) client.refuse()
    if (!hasEnded && !(await this.#hasEndedWithin(ms))) throw new StandstillError(this.#standstill())
  }

  /** Whether it is over, with all that it has sent: others of its clients may go on after one has failed. */
  async #hasEndedWithin(ms: number): Promise<boolean> {
    const endMs = monotonicMs() + ms
    for (;;) {
      await nextTurn()
      const isStill = this.#clients.every(({ inFlight, pending }) => inFlight === 0 && pending.length === 0)
      if (this.isOver && isStill && !this.#activity.isGoing) return true
      if (monotonicMs() > endMs) return false
      await delay(LOOK_AGAIN_MS)
    }
  }

  [Symbol.dispose](): void {
    this.#activity[Symbol.dispose]()
  }
}
