/**
 * One schedule, step by step. Between two steps every client stands still: it has announced its next step, waits inside PostgreSQL
 * for somebody else, is through, or is dead. So whoever is let go on next is the only one that moves.
 *
 * Who waits is PostgreSQL's own answer. A statement that was let through has either been answered, or the server says that its
 * session waits for another's; until one of the two is so, both are asked again. After every step whoever waited is looked at again.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { monotonicMs } from '../clock.ts'
import type { Touch, Waits } from '../engines/engine.ts'
import { errorOf, outcomeOf } from '../engines/wording.ts'
import { type Client, StandstillError } from './client.ts'
import { conflict, type Footprint } from './footprint.ts'
import type { Announced } from './gate.ts'
import type { Token } from './schedule.ts'

/** A client in a schedule, or what may happen besides. */
export interface Choice {
  readonly token: Token
  /** What would be done: the same again when the same steps came before. */
  readonly text: string
}

/** Something that may happen anywhere, once. */
export interface Chance {
  readonly token: Token
  readonly text: string
  /** Asked between two steps. */
  isPossible(): Promise<boolean>
  /** What decides it, so that it is asked again only after a step that touched that; absent: asked every time. */
  readonly dependsOn?: readonly Touch[]
  /** Makes it happen as this step, and answers what it touched. */
  happen(step: number): Promise<Footprint>
}

/** What was seen of a schedule, for a reader. */
export interface Event {
  /** The step, from 1. */
  readonly step: number
  /** The client, from 1; 0 for what happens to all. */
  readonly client: number
  readonly kind: 'asks' | 'answers' | 'waits' | 'happens' | 'begins' | 'ends'
  readonly text: string
  readonly store?: Announced['store']
  /** Of one that waits: for whom. */
  readonly blockers?: readonly number[]
}

export interface Played {
  readonly steps: readonly Token[]
  readonly events: readonly Event[]
  /** False where the chooser gave up: then nothing can be concluded. */
  readonly isComplete: boolean
}

export interface Director {
  /** The next step, one of these; undefined gives the schedule up. */
  choose(choices: readonly Choice[], step: number): Token | undefined
  /** Told after each step; and whether PostgreSQL itself had to pick one of several that waited. */
  done(footprint: Footprint, isPicked: boolean): void
}

/** A statement that is neither answered nor waits for a client within this stands still for another reason. */
const ANSWER_MS_MAX = 15_000
/** Most statements are answered sooner, and then nobody needs to be asked whether they wait. */
const ASK_AFTER_MS = 1

interface Flight {
  readonly client: Client
  readonly requests: readonly Announced[]
  readonly outcomes: Promise<readonly PromiseSettledResult<unknown>[]>
  settled: readonly PromiseSettledResult<unknown>[] | undefined
  readonly begins: boolean
}

/** What a client was refused since it last got on: what it asked, and what that looked at. */
type Refusals = Map<string, readonly Touch[]>

export interface Cast {
  readonly clients: readonly Client[]
  readonly chances: readonly Chance[]
  /** Who waits inside an engine, where it can be asked. */
  waitsOf(store: Announced['store']): Waits | undefined
  /** Called before a schedule that is given up is left to itself. */
  beforeRunningOut(): Promise<void>
}

export async function playSchedule(
  { clients, chances, waitsOf, beforeRunningOut }: Cast,
  director: Director,
  stepsMax: number,
): Promise<Played> {
  const steps: Token[] = []
  const events: Event[] = []
  const waiting = new Map<Client, Flight>()
  const refused = new Map<Client, Refusals>(clients.map((client) => [client, new Map()]))
  const happened = new Set<Token>()
  const possible = new Map<Token, boolean>()
  /** Whether nobody could do anything but ask again, with the last step too. */
  let isStarving = false
  let isPicked = false
  let isComplete = true

  const isAlive = (client: Client) => client.state === 'going'
  const textOf = (client: Client) => wordsOf(client.pending)
  const tell = (event: Omit<Event, 'step'>) => events.push({ step: steps.length, ...event })

  /**
   * A client that would only be refused again stands back, as long as anybody else can go on. Where nobody can, it is refused until it
   * gives up, if it is not helped at once by what may happen: to be refused some more times first would change nothing.
   */
  async function choicesNow(): Promise<readonly Choice[]> {
    const ready = clients.filter((client) => isAlive(client) && !waiting.has(client))
    const choiceOf = (client: Client) => ({ token: String(client.number), text: textOf(client) })
    const going = ready.filter((client) => refused.get(client)?.has(textOf(client)) !== true)
    const hopeless = going.length === 0 && waiting.size === 0
    if (hopeless && isStarving) return ready.map(choiceOf)
    isStarving = hopeless
    const chanced: Choice[] = []
    for (const chance of chances) {
      if (happened.has(chance.token)) continue
      const isPossible = possible.get(chance.token) ?? (await chance.isPossible())
      if (chance.dependsOn !== undefined) possible.set(chance.token, isPossible)
      if (isPossible) chanced.push({ token: chance.token, text: chance.text })
    }
    return [...(hopeless ? ready : going).map(choiceOf), ...chanced]
  }

  function sent(client: Client): Flight {
    const { requests, begins } = client.take(steps.length)
    if (begins) tell({ client: client.number, kind: 'begins', text: client.call?.label ?? '' })
    for (const { text, store } of requests) tell({ client: client.number, kind: 'asks', text, store })
    const outcomes = Promise.allSettled(requests.map((request) => request.send()))
    const flight: Flight = { client, requests, outcomes, settled: undefined, begins }
    outcomes.then((settled) => {
      flight.settled = settled
    }, undefined)
    return flight
  }

  /** Whether it was answered; otherwise it waits for somebody. */
  async function isAnswered(flight: Flight): Promise<boolean> {
    await Promise.race([flight.outcomes, delay(ASK_AFTER_MS)])
    const endMs = monotonicMs() + ANSWER_MS_MAX
    while (flight.settled === undefined) {
      const served = servedOf(flight)
      for (const { waits, session } of served) {
        if ((await waits.isWaiting(session)) && flight.settled === undefined) return false
      }
      if (served.length === 0) await Promise.race([flight.outcomes, delay(ASK_AFTER_MS)])
      if (monotonicMs() > endMs) {
        throw new StandstillError(`${flight.client.name} has had no answer for ${ANSWER_MS_MAX / 1_000} s`)
      }
    }
    return true
  }

  /** Hands the answers over; says whether the client's call ended with them. */
  async function heard({ client, requests, settled = [] }: Flight): Promise<boolean> {
    const callsBefore = client.made.length
    let isRefused = requests.length > 0
    client.hears(steps.length)
    requests.forEach((request, at) => {
      const outcome = settled[at]
      if (outcome?.status === 'fulfilled') {
        tell({
          client: client.number,
          kind: 'answers',
          text: request.tell(outcome.value),
          store: request.store,
        })
        isRefused &&= request.isRefusal(outcome.value)
        request.answered(outcome.value)
      } else {
        isRefused = false
        tell({ client: client.number, kind: 'answers', text: errorOf(outcome?.reason), store: request.store })
        request.failed(outcome?.reason)
      }
    })
    const own = refused.get(client)
    if (!isRefused) own?.clear()
    else
      own?.set(
        wordsOf(requests),
        requests.flatMap((request) => request.touched()),
      )
    if (client.state === 'dead') return false
    await client.settled()
    for (const { call, answer } of client.made.slice(callsBefore)) {
      const text = answer.kind === 'answered' ? outcomeOf(answer.outcome) : answer.error
      tell({ client: client.number, kind: 'ends', text: `${call.label}: ${text}` })
    }
    return client.made.length > callsBefore
  }

  /** The sessions that serve it, with whom to ask for whom they wait. */
  function servedOf({ requests }: Flight) {
    return requests.flatMap(({ store, session }) => {
      const waits = waitsOf(store)
      const number = session?.()
      return waits === undefined || number === undefined ? [] : [{ waits, session: number }]
    })
  }

  async function blockersOf(flight: Flight): Promise<Pick<Event, 'text' | 'blockers'>> {
    const [served] = servedOf(flight)
    const ahead = served === undefined ? [] : await served.waits.blockersOf(served.session)
    const blockers = clients.filter((client) => client.sessions().some((each) => ahead.includes(each)))
    const names = blockers.map(({ name }) => name)
    return {
      text: names.length === 0 ? 'waits' : `waits for ${names.join(' and ')}`,
      blockers: blockers.map(({ number }) => number),
    }
  }

  /** Whoever waited and does not any more. */
  async function wake(): Promise<boolean> {
    const waited = waiting.size
    let woke = false
    for (let again = true; again; ) {
      again = false
      for (const [client, flight] of [...waiting]) {
        if (client.state !== 'dead' && !(await isAnswered(flight))) continue
        if (client.state === 'dead') await flight.outcomes
        waiting.delete(client)
        await heard(flight)
        woke = true
        again = true
      }
    }
    isPicked ||= woke && waited > 1
    return woke
  }

  async function stepOf(client: Client): Promise<Footprint> {
    const flight = sent(client)
    if (!(await isAnswered(flight))) {
      waiting.set(client, flight)
      tell({ client: client.number, kind: 'waits', ...(await blockersOf(flight)) })
      await wake()
      return { touches: 'everything', begins: flight.begins, ends: false }
    }
    const ends = await heard(flight)
    const touches = flight.requests.flatMap((request) => request.touched())
    const woke = waiting.size > 0 && (await wake())
    return { touches: woke ? 'everything' : touches, begins: flight.begins, ends }
  }

  async function happen(chance: Chance): Promise<Footprint> {
    happened.add(chance.token)
    isStarving = false
    tell({ client: 0, kind: 'happens', text: chance.text })
    const footprint = await chance.happen(steps.length)
    return (await wake()) ? { ...footprint, touches: 'everything' } : footprint
  }

  /** Whoever was refused may be answered otherwise, and what was not possible may be so, if a step touched what was looked at. */
  function reconsider(by: Client | undefined, { touches: others }: Footprint): void {
    const concerns = (touches: readonly Touch[]) =>
      others === 'everything' || touches.some((touch) => others.some((each) => conflict(touch, each)))
    for (const { token, dependsOn = [] } of chances) if (concerns(dependsOn)) possible.delete(token)
    for (const [client, refusals] of refused) {
      if (client === by) continue
      for (const [text, touches] of refusals) {
        if (concerns(touches)) refusals.delete(text)
      }
    }
  }

  async function toTheEnd(): Promise<void> {
    await Promise.all(clients.map((client) => client.settled()))
    while (clients.some(isAlive)) {
      const choices = await choicesNow()
      if (choices.length === 0) {
        // All wait for each other: PostgreSQL ends one of them.
        await Promise.race([...waiting.values()].map(({ outcomes }) => outcomes))
        await wake()
        continue
      }
      const token = steps.length < stepsMax ? director.choose(choices, steps.length + 1) : undefined
      if (token === undefined) {
        isComplete = false
        return
      }
      steps.push(token)
      const client = clients.find(({ number }) => String(number) === token)
      const chance = chances.find((each) => each.token === token)
      const footprint =
        client !== undefined ? await stepOf(client) : chance !== undefined ? await happen(chance) : undefined
      if (footprint === undefined) throw new Error(`there is no step ${token}`)
      reconsider(client, footprint)
      director.done(footprint, isPicked)
      isPicked = false
    }
  }

  try {
    await toTheEnd()
  } finally {
    // Of a schedule that was given up, everybody goes on by themselves: nothing may be left in the middle.
    if (clients.some(isAlive)) await beforeRunningOut()
    const answered = [...waiting.values()].map(async ({ requests, outcomes }) => {
      for (const [at, outcome] of (await outcomes).entries()) {
        if (outcome.status === 'fulfilled') requests[at]?.answered(outcome.value)
        else requests[at]?.failed(outcome.reason)
      }
    })
    await Promise.all([...clients.map((client) => client.runOut()), ...answered])
  }
  return { steps, events, isComplete }
}

function wordsOf(requests: readonly Announced[]): string {
  return requests.map(({ text }) => text).join(' + ')
}
