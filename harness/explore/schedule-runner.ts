/**
 * One schedule, step by step. Between two steps no client moves: each has announced its next step, waits
 * inside PostgreSQL for another, has finished, or is dead. So the client that makes the next step is the only
 * one that moves. After every step, all waiting clients are checked again.
 */
import { brief, errorOf, outcomeOf } from '../engines/wording.ts'
import { EnvironmentSteps } from './environment-steps.ts'
import type { Footprint } from './footprint.ts'
import type { Announced } from './gate.ts'
import { Refusals } from './refusals.ts'
import type { Token } from './schedule.ts'
import type {
  Choice,
  EnvironmentStep,
  Event,
  ScheduleEnding,
  ScheduleRun,
  Scheduler,
  ScheduleSetup,
} from './schedule-run.ts'
import type { ScheduledClient } from './scheduled-client.ts'
import { StepInFlight } from './step-in-flight.ts'

/** After this many steps, the schedule is cut. */
export async function runSchedule(
  setup: ScheduleSetup,
  scheduler: Scheduler,
  stepsMax: number,
): Promise<ScheduleRun> {
  const runner = new ScheduleRunner(setup, scheduler, stepsMax)
  return await runner.play()
}

class ScheduleRunner {
  readonly #setup: ScheduleSetup
  readonly #scheduler: Scheduler
  readonly #stepsMax: number
  readonly #environmentSteps: EnvironmentSteps
  readonly #refusals: Refusals
  readonly #steps: Token[] = []
  readonly #events: Event[] = []
  readonly #doubts = new Map<string, string>()
  readonly #waiting = new Map<ScheduledClient, StepInFlight>()
  /** Whether every client could only repeat a refused request, including the last step. */
  #isStarving: boolean = false
  /** Whether the current step was chosen when clients could only repeat refused requests. */
  #wasHopeless: boolean = false
  #isPicked: boolean = false

  constructor(setup: ScheduleSetup, scheduler: Scheduler, stepsMax: number) {
    this.#setup = setup
    this.#scheduler = scheduler
    this.#stepsMax = stepsMax
    this.#environmentSteps = new EnvironmentSteps(setup.environmentSteps)
    this.#refusals = new Refusals()
  }

  async play(): Promise<ScheduleRun> {
    let ending: ScheduleEnding
    try {
      ending = await this.#toTheEnd()
    } finally {
      await this.#runOut()
    }
    const ofClients = this.#setup.clients.flatMap((client) => [...client.doubts])
    const doubts = [...this.#doubts.values(), ...ofClients]
    return { steps: this.#steps, events: this.#events, ending, doubts }
  }

  async #toTheEnd(): Promise<ScheduleEnding> {
    await Promise.all(this.#setup.clients.map((client) => client.settled()))
    while (this.#setup.clients.some(isAlive)) {
      const choices = await this.#choices()
      await this.#watched(choices)
      if (this.#steps.length >= this.#stepsMax) return 'cut'
      const token = this.#scheduler.choose(choices, this.#steps.length + 1)
      if (token === undefined) return 'given up'
      await this.#make(token)
    }
    await this.#watched([])
    return 'complete'
  }

  async #watched(choices: readonly Choice[]): Promise<void> {
    await this.#setup.watch?.({ steps: this.#steps, events: this.#events, choices })
  }

  async #make(token: Token): Promise<void> {
    const seen = this.#events.length
    this.#steps.push(token)
    const client = this.#setup.clients.find(({ number }) => String(number) === token)
    const footprint = await (client === undefined ? this.#happen(token) : this.#step(client))
    await this.#untie()
    this.#refusals.reconsider(client, footprint)
    this.#environmentSteps.reconsider(footprint)
    const answers = this.#events
      .slice(seen)
      .flatMap((event) => (event.kind === 'answers' ? `${event.client}: ${event.text}` : []))
    const told = this.#isLastChance() ? { ...footprint, touches: 'everything' as const } : footprint
    this.#scheduler.done({ footprint: told, isPicked: this.#isPicked, answers: answers.join(' | ') })
    this.#isPicked = false
  }

  /**
   * Whether no event is offered after this step: all clients have finished, or are only refused. Then this
   * step does not cover schedules with an event after it, since no such schedule is run.
   */
  #isLastChance(): boolean {
    return (
      this.#setup.environmentSteps.length > 0 && (this.#wasHopeless || !this.#setup.clients.some(isAlive))
    )
  }

  /**
   * A client that would only be refused again is held back as long as another can make a step. If none can,
   * it is refused until it gives up, unless an event helps it at once: further refusals before the event
   * would change nothing.
   */
  async #choices(): Promise<readonly Choice[]> {
    const ready = this.#setup.clients.filter((client) => this.#isReady(client))
    const next = ready.find(({ goesNext }) => goesNext === true)
    if (next !== undefined) return [choiceOf(next)]
    const { holdsBackRefused } = this.#setup
    const going = ready.filter((client) => !holdsBackRefused || !this.#refusals.holdBack(client))
    const isHopeless = going.length === 0 && this.#waiting.size === 0
    this.#wasHopeless = isHopeless
    if (isHopeless && this.#isStarving) return ready.map(choiceOf)
    this.#isStarving = isHopeless
    const environment = (await this.#environmentSteps.possible()).map(({ token, text }) => ({
      token,
      text,
      shape: text,
    }))
    return [...(isHopeless ? ready : going).map(choiceOf), ...environment]
  }

  async #step(client: ScheduledClient): Promise<Footprint> {
    const inFlight = new StepInFlight(client, this.#steps.length, this.#setup.waitsOf)
    this.#tellOf(inFlight)
    const { begins } = inFlight
    if (!(await inFlight.isAnswered())) {
      this.#waiting.set(client, inFlight)
      this.#tell({ client: client.number, kind: 'waits', ...(await this.#blockersOf(inFlight)) })
      await this.#wake()
      return { touches: 'everything', begins, ends: false, client: client.number }
    }
    const ends = await this.#heard(inFlight)
    const touches = inFlight.requests.flatMap((request) => request.touched())
    const woke = this.#waiting.size > 0 && (await this.#wake())
    return { touches: woke ? 'everything' : touches, begins, ends, client: client.number }
  }

  async #happen(token: Token): Promise<Footprint> {
    const environmentStep: EnvironmentStep | undefined = this.#environmentSteps.take(token)
    if (environmentStep === undefined) throw new Error(`there is no step ${token}`)
    this.#isStarving = false
    this.#tell({ client: 0, kind: 'happens', text: environmentStep.text })
    // With the end of the last call the run is over, and nothing happens any more.
    const footprint = { ...(await environmentStep.happen(this.#steps.length)), begins: true }
    return (await this.#wake()) ? { ...footprint, touches: 'everything' } : footprint
  }

  /** Delivers the answers; returns whether the client's call ended with them. */
  async #heard(inFlight: StepInFlight): Promise<boolean> {
    const { client, requests, settled = [] } = inFlight
    const callsBefore = client.made.length
    let isRefused = requests.length > 0
    client.hears(this.#steps.length)
    requests.forEach((request, at) => {
      const outcome = settled[at]
      isRefused &&= outcome?.status === 'fulfilled' && request.isRefusal(outcome.value)
      this.#answer(client, request, outcome)
    })
    this.#refusals.heard(client, requests, isRefused)
    if (client.state === 'dead') return false
    await client.settled()
    for (const { call, answer } of client.made.slice(callsBefore)) {
      const text = answer.kind === 'answered' ? outcomeOf(answer.outcome) : answer.error
      this.#tell({ client: client.number, kind: 'ends', text: `${call.label}: ${text}` })
    }
    return client.made.length > callsBefore
  }

  #answer(
    client: ScheduledClient,
    request: Announced,
    outcome: PromiseSettledResult<unknown> | undefined,
  ): void {
    const isFulfilled = outcome?.status === 'fulfilled'
    const text = isFulfilled ? request.tell(outcome.value) : errorOf(outcome?.reason)
    this.#tell({ client: client.number, kind: 'answers', text, store: request.store })
    if (isFulfilled) request.answered(outcome.value)
    else {
      this.#isPicked ||= request.isPicked?.(outcome?.reason) === true
      request.failed(outcome?.reason)
    }
  }

  /** Clients that no longer wait. */
  async #wake(): Promise<boolean> {
    const waited = this.#waiting.size
    let woke = false
    for (let again = true; again; ) {
      again = false
      for (const [client, inFlight] of [...this.#waiting]) {
        if (client.state !== 'dead' && !(await inFlight.isAnswered())) continue
        if (client.state === 'dead') await inFlight.outcomes
        this.#waiting.delete(client)
        await this.#heard(inFlight)
        woke = true
        again = true
      }
    }
    this.#isPicked ||= woke && waited > 1
    return woke
  }

  /** Whether it can make the next step: one that a test body uses may have none for a while. */
  #isReady(client: ScheduledClient): boolean {
    return isAlive(client) && client.pending.length > 0 && !this.#waiting.has(client)
  }

  /** In a deadlock, PostgreSQL ends one of the sessions: that belongs to the step that closed the cycle. */
  async #untie(): Promise<void> {
    const isGoing = () => this.#setup.clients.some((each) => this.#isReady(each))
    while (this.#waiting.size > 0 && !isGoing()) {
      await Promise.race([...this.#waiting.values()].map(({ outcomes }) => outcomes))
      await this.#wake()
    }
  }

  async #blockersOf(inFlight: StepInFlight): Promise<Pick<Event, 'text' | 'blockers'>> {
    const ahead = await inFlight.blockers()
    const blockers = this.#setup.clients.filter((client) =>
      client.sessions().some((each) => ahead.includes(each)),
    )
    const names = blockers.map(({ name }) => name)
    return {
      text: names.length === 0 ? 'waits' : `waits for ${names.join(' and ')}`,
      blockers: blockers.map(({ number }) => number),
    }
  }

  /** After a schedule is abandoned, all clients run to their end: no call may be left unfinished. */
  async #runOut(): Promise<void> {
    const { clients, beforeRunningOut } = this.#setup
    if (clients.some(isAlive)) await beforeRunningOut()
    const left = [...this.#waiting.values()].map((inFlight) => inFlight.handOver())
    await Promise.all([...clients.map((client) => client.runOut()), ...left])
  }

  #tellOf({ client, requests, begins }: StepInFlight): void {
    if (begins) this.#tell({ client: client.number, kind: 'begins', text: client.label })
    for (const { text, store, doubt } of requests) {
      if (doubt !== undefined) this.#doubts.set(doubt, `${doubt}, as in: ${brief(text, EXAMPLE_CHARACTERS)}`)
      this.#tell({ client: client.number, kind: 'asks', text, store })
    }
  }

  #tell(event: Omit<Event, 'step'>): void {
    this.#events.push({ step: this.#steps.length, ...event })
  }
}

const EXAMPLE_CHARACTERS = 100

function isAlive({ state }: ScheduledClient): boolean {
  return state === 'going'
}

function choiceOf({ number, pending }: ScheduledClient): Choice {
  const joined = (words: (request: Announced) => string) => pending.map(words).join(' + ')
  return { token: String(number), shape: joined(({ shape }) => shape), text: joined(({ text }) => text) }
}
