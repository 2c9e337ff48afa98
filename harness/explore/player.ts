/**
 * One schedule, step by step. Between two steps every client stands still: it has announced its next step,
 * waits inside PostgreSQL for somebody else, is through, or is dead. So whoever is let go on next is the only
 * one that moves. After every step whoever waited is looked at again.
 */
import { brief, errorOf, outcomeOf } from '../engines/wording.ts'
import { Chances } from './chances.ts'
import type { Client } from './client.ts'
import { Flight } from './flight.ts'
import type { Footprint } from './footprint.ts'
import type { Announced } from './gate.ts'
import type { Chance, Choice, Director, Event, Parties, PlayEnding, Played } from './play.ts'
import { Refusals } from './refusals.ts'
import type { Token } from './schedule.ts'

/** At most so many steps are made, and then the schedule is cut. */
export async function playSchedule(parties: Parties, director: Director, stepsMax: number): Promise<Played> {
  const player = new Player(parties, director, stepsMax)
  return await player.play()
}

class Player {
  readonly #parties: Parties
  readonly #director: Director
  readonly #stepsMax: number
  readonly #chances: Chances
  readonly #refusals: Refusals
  readonly #steps: Token[] = []
  readonly #events: Event[] = []
  readonly #doubts = new Map<string, string>()
  readonly #waiting = new Map<Client, Flight>()
  /** Whether nobody could do anything but ask again, with the last step too. */
  #isStarving: boolean = false
  /** Whether the step that is made was chosen where nobody could do anything else. */
  #wasHopeless: boolean = false
  #isPicked: boolean = false

  constructor(parties: Parties, director: Director, stepsMax: number) {
    this.#parties = parties
    this.#director = director
    this.#stepsMax = stepsMax
    this.#chances = new Chances(parties.chances)
    this.#refusals = new Refusals(parties.clients)
  }

  async play(): Promise<Played> {
    let ending: PlayEnding
    try {
      ending = await this.#toTheEnd()
    } finally {
      await this.#runOut()
    }
    const ofClients = this.#parties.clients.flatMap((client) => [...client.doubts])
    const doubts = [...this.#doubts.values(), ...ofClients]
    return { steps: this.#steps, events: this.#events, ending, doubts }
  }

  async #toTheEnd(): Promise<PlayEnding> {
    await Promise.all(this.#parties.clients.map((client) => client.settled()))
    while (this.#parties.clients.some(isAlive)) {
      const choices = await this.#choices()
      if (this.#steps.length >= this.#stepsMax) return 'cut'
      const token = this.#director.choose(choices, this.#steps.length + 1)
      if (token === undefined) return 'given up'
      await this.#make(token)
    }
    return 'complete'
  }

  async #make(token: Token): Promise<void> {
    const seen = this.#events.length
    this.#steps.push(token)
    const client = this.#parties.clients.find(({ number }) => String(number) === token)
    const footprint = await (client === undefined ? this.#happen(token) : this.#step(client))
    await this.#untie()
    this.#refusals.reconsider(client, footprint)
    this.#chances.reconsider(footprint)
    const answers = this.#events
      .slice(seen)
      .flatMap((event) => (event.kind === 'answers' ? `${event.client}: ${event.text}` : []))
    const told = this.#isLastChance() ? { ...footprint, touches: 'everything' as const } : footprint
    this.#director.done({ footprint: told, isPicked: this.#isPicked, answers: answers.join(' | ') })
    this.#isPicked = false
  }

  /**
   * Whether what may happen is not offered after this step: everybody is through, or is only refused. Then
   * this step does not stand for one with something that happens after it, since no such schedule is run.
   */
  #isLastChance(): boolean {
    return this.#parties.chances.length > 0 && (this.#wasHopeless || !this.#parties.clients.some(isAlive))
  }

  /**
   * A client that would only be refused again stands back, as long as anybody else can go on. Where nobody
   * can, it is refused until it gives up, if it is not helped at once by what may happen: to be refused some
   * more times first would change nothing.
   */
  async #choices(): Promise<readonly Choice[]> {
    const ready = this.#parties.clients.filter((client) => isAlive(client) && !this.#waiting.has(client))
    const going = ready.filter((client) => !this.#refusals.holdBack(client))
    const isHopeless = going.length === 0 && this.#waiting.size === 0
    this.#wasHopeless = isHopeless
    if (isHopeless && this.#isStarving) return ready.map(choiceOf)
    this.#isStarving = isHopeless
    const chanced = (await this.#chances.possible()).map(({ token, text }) => ({ token, text, shape: text }))
    return [...(isHopeless ? ready : going).map(choiceOf), ...chanced]
  }

  async #step(client: Client): Promise<Footprint> {
    const flight = new Flight(client, this.#steps.length, this.#parties.waitsOf)
    this.#tellOf(flight)
    const { begins } = flight
    if (!(await flight.isAnswered())) {
      this.#waiting.set(client, flight)
      this.#tell({ client: client.number, kind: 'waits', ...(await this.#blockersOf(flight)) })
      await this.#wake()
      return { touches: 'everything', begins, ends: false, client: client.number }
    }
    const ends = await this.#heard(flight)
    const touches = flight.requests.flatMap((request) => request.touched())
    const woke = this.#waiting.size > 0 && (await this.#wake())
    return { touches: woke ? 'everything' : touches, begins, ends, client: client.number }
  }

  async #happen(token: Token): Promise<Footprint> {
    const chance: Chance | undefined = this.#chances.take(token)
    if (chance === undefined) throw new Error(`there is no step ${token}`)
    this.#isStarving = false
    this.#tell({ client: 0, kind: 'happens', text: chance.text })
    const footprint = await chance.happen(this.#steps.length)
    return (await this.#wake()) ? { ...footprint, touches: 'everything' } : footprint
  }

  /** Hands the answers over; says whether the client's call ended with them. */
  async #heard(flight: Flight): Promise<boolean> {
    const { client, requests, settled = [] } = flight
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

  #answer(client: Client, request: Announced, outcome: PromiseSettledResult<unknown> | undefined): void {
    const isFulfilled = outcome?.status === 'fulfilled'
    const text = isFulfilled ? request.tell(outcome.value) : errorOf(outcome?.reason)
    this.#tell({ client: client.number, kind: 'answers', text, store: request.store })
    if (isFulfilled) request.answered(outcome.value)
    else {
      this.#isPicked ||= request.isPicked?.(outcome?.reason) === true
      request.failed(outcome?.reason)
    }
  }

  /** Whoever waited and does not any more. */
  async #wake(): Promise<boolean> {
    const waited = this.#waiting.size
    let woke = false
    for (let again = true; again; ) {
      again = false
      for (const [client, flight] of [...this.#waiting]) {
        if (client.state !== 'dead' && !(await flight.isAnswered())) continue
        if (client.state === 'dead') await flight.outcomes
        this.#waiting.delete(client)
        await this.#heard(flight)
        woke = true
        again = true
      }
    }
    this.#isPicked ||= woke && waited > 1
    return woke
  }

  /** Where all wait for each other, PostgreSQL ends one of them: that belongs to the step that made it so. */
  async #untie(): Promise<void> {
    const isGoing = () => this.#parties.clients.some((each) => isAlive(each) && !this.#waiting.has(each))
    while (this.#waiting.size > 0 && !isGoing()) {
      await Promise.race([...this.#waiting.values()].map(({ outcomes }) => outcomes))
      await this.#wake()
    }
  }

  async #blockersOf(flight: Flight): Promise<Pick<Event, 'text' | 'blockers'>> {
    const ahead = await flight.blockers()
    const blockers = this.#parties.clients.filter((client) =>
      client.sessions().some((each) => ahead.includes(each)),
    )
    const names = blockers.map(({ name }) => name)
    return {
      text: names.length === 0 ? 'waits' : `waits for ${names.join(' and ')}`,
      blockers: blockers.map(({ number }) => number),
    }
  }

  /** Of a schedule that was given up, everybody goes on by themselves: nothing may be left in the middle. */
  async #runOut(): Promise<void> {
    const { clients, beforeRunningOut } = this.#parties
    if (clients.some(isAlive)) await beforeRunningOut()
    const left = [...this.#waiting.values()].map((flight) => flight.handOver())
    await Promise.all([...clients.map((client) => client.runOut()), ...left])
  }

  #tellOf({ client, requests, begins }: Flight): void {
    if (begins) this.#tell({ client: client.number, kind: 'begins', text: client.call?.label ?? '' })
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

function isAlive({ state }: Client): boolean {
  return state === 'going'
}

function choiceOf({ number, pending }: Client): Choice {
  const joined = (words: (request: Announced) => string) => pending.map(words).join(' + ')
  return { token: String(number), shape: joined(({ shape }) => shape), text: joined(({ text }) => text) }
}
