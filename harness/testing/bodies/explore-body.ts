/** Runs a test body through every interleaving of its clients' statements, or through random ones. */
import { monotonicMs } from '../../clock.ts'
import { StandstillError } from '../../explore/client.ts'
import { watchConnections } from '../../explore/origin.ts'
import { ScriptedSchedule } from '../../explore/replay.ts'
import { EXPLORED_STEPS_MAX, STEPS_MAX } from '../../explore/schedule.ts'
import { Search } from '../../explore/search.ts'
import { Walk } from '../../explore/walk.ts'
import { Random } from '../../workloads/random.ts'
import { seedGiven } from '../given.ts'
import { ReservationTestError } from '../test-case.ts'
import type { Body, BodyExplored, BodyOptions } from './body.ts'
import { bodyFailed, bodyTranscript, bodyUnknown, countOf } from './body-error.ts'
import { countOfEvents, limitsOfEvents } from './body-events.ts'
import { type BodyPlay, type PlayedBody, playBody } from './body-run.ts'
import type { BodyStage } from './body-stage.ts'
import { currentTest } from './current-test.ts'
import { missChance, RandomOrder } from './random-order.ts'
import { keyName, parseBodySchedule } from './replay-key.ts'

const SCHEDULES_MAX = 20_000
const TIME_MS_MAX = 60_000
const PATIENCE_MS = 5_000
const DEPTH = 3
/** Looking for a shorter one after the first that fails: so many more. */
const SCHEDULES_AFTER_FAILURE = 2_000

const NO_STEP =
  'no statement of the body passed through the connections of client(…): hand those to the code under test'
const NEVER_TOGETHER =
  'no two clients ever had a statement to make at the same time: start them together, as with Promise.all'

type Failing = PlayedBody & Required<Pick<PlayedBody, 'failure'>>

export async function exploreBody(stage: BodyStage, body: Body, options: BodyOptions): Promise<BodyExplored> {
  const test = currentTest()
  const name = keyName(options.name ?? test.name ?? 'body')
  const wanted = options.replay ?? process.env.HOLDFAST_REPLAY
  using _watched = watchConnections()
  const command = options.command ?? test.command
  const exploring = new ExploringBody(stage, body, { ...options, name, ...(command && { command }) })
  if (!wanted) return await exploring.all()
  const schedule = parseBodySchedule(wanted)
  if (schedule?.name === name) return await exploring.replay(schedule.steps)
  const text = `${name} was not run: HOLDFAST_REPLAY is a schedule of another test`
  console.log(text)
  return { outcome: 'not-run', schedules: 0, clients: [], limits: [], text }
}

class ExploringBody {
  readonly #stage: BodyStage
  readonly #body: Body
  readonly #options: BodyOptions & { readonly name: string }
  readonly #startedMs = monotonicMs()
  readonly #doubts = new Set<string>()
  #schedules = 0
  #failing = 0
  #shortest: Failing | undefined
  #hadChoice: boolean = false
  #clients: readonly string[] = []

  constructor(stage: BodyStage, body: Body, options: BodyOptions & { readonly name: string }) {
    this.#stage = stage
    this.#body = body
    this.#options = options
  }

  async all(): Promise<BodyExplored> {
    const first = await this.#rehearse()
    if (this.#options.random !== undefined) return await this.#someRandom(first)
    const withoutRetries = await this.#everyOne(false)
    if (withoutRetries.cut === 0) return this.#shown(withoutRetries.reasons, [])
    // Some client asks the same again and again: then only what may be answered otherwise is a step.
    this.#forget()
    const { reasons } = await this.#everyOne(true)
    return this.#shown(reasons, [HELD_BACK])
  }

  async replay(steps: readonly string[]): Promise<BodyExplored> {
    const script = new ScriptedSchedule(steps)
    const run = await this.#play({ scheduler: script, stepsMax: STEPS_MAX, holdsBackRefused: false })
    if (script.refusal !== undefined) throw new ReservationTestError(script.refusal)
    if (run.failure !== undefined) this.#fail({ ...run, failure: run.failure }, 'Replayed, the body fails:')
    const text = `Replayed, the body passes:\n\n${bodyTranscript(run)}`
    console.log(text)
    return { outcome: 'replayed', schedules: 1, clients: run.clients, limits: [], text }
  }

  /** One client after the other. What is loaded and prepared only once is then there for all schedules. */
  async #rehearse(): Promise<PlayedBody> {
    let run: PlayedBody
    try {
      run = await this.#play({
        scheduler: new ScriptedSchedule([]),
        stepsMax: EXPLORED_STEPS_MAX,
        holdsBackRefused: false,
      })
    } catch (error) {
      if (error instanceof StandstillError) throw bodyUnknown([error.message], 0)
      throw error
    }
    // A service that is started now makes its tables, which is not repeated.
    const doubts = this.#stage.hasDoors ? [] : run.doubts
    const reasons = [...doubts, ...(run.steps.length === 0 ? [NO_STEP] : [])]
    if (reasons.length > 0) {
      if (run.failure === undefined) throw bodyUnknown(reasons, 0)
      this.#fail(
        { ...run, failure: run.failure },
        `The body fails with one client after the other; also ${reasons.join('; ')}`,
      )
    }
    return run
  }

  async #everyOne(holdsBackRefused: boolean): Promise<{ reasons: readonly string[]; cut: number }> {
    const { schedulesMax = SCHEDULES_MAX } = this.#options
    const search = new Search(this.#leavesOut ? 'order' : 'nothing', new Map())
    const walk = new Walk(search, schedulesMax)
    while (walk.goesOn() && !(walk.cut > 0 && !holdsBackRefused) && !this.#isEnough(walk.reasons)) {
      const run = await walk.next((how) => this.#play({ ...how, holdsBackRefused }))
      if (run !== undefined) this.#add(run)
    }
    const picks = search.givenUp === 0 ? [] : [`${search.givenUp} picks of PostgreSQL could not be repeated`]
    return { reasons: [...walk.allReasons, ...picks], cut: walk.cut }
  }

  async #someRandom(first: PlayedBody): Promise<BodyExplored> {
    const { schedules = 0, depth = DEPTH } = this.#options.random ?? {}
    const seed = seedGiven(this.#options.random?.seed)
    const runs: { planned: number; steps: number }[] = []
    const reasons: string[] = []
    let longest = first.steps.length
    for (let at = 0; at < schedules && this.#shortest === undefined && !this.#isEnough(reasons); at++) {
      const planned = longest
      const scheduler = new RandomOrder(new Random(seed, 'schedule', at), { steps: planned, depth })
      const run = await this.#play({ scheduler, stepsMax: EXPLORED_STEPS_MAX, holdsBackRefused: true })
      longest = Math.max(longest, run.steps.length)
      if (run.ending !== 'complete') {
        reasons.push(`a schedule did not end within ${EXPLORED_STEPS_MAX} steps`)
        break
      }
      runs.push({ planned, steps: run.steps.length })
      this.#add(run)
    }
    const movers = this.#clients.length + countOfEvents(this.#options.events ?? {}, this.#clients.length)
    const missed = missChance(runs, Math.max(1, movers), depth)
    const chance =
      `A race that needs at most ${depth} places of a schedule in a certain order is missed with a chance of at most ` +
      `${percent(missed)} (${this.#clients.length} clients, ${longest} steps); one that needs more, with an unknown one.`
    return this.#shown(reasons, [`Random schedules, seed ${seed}: ${chance}`], 'not-found')
  }

  #isEnough(reasons: string[]): boolean {
    this.#options.signal?.throwIfAborted()
    if (this.#schedules >= this.#firstFailingAt + SCHEDULES_AFTER_FAILURE) return true
    const { timeMaxMs = TIME_MS_MAX } = this.#options
    if (monotonicMs() - this.#startedMs <= timeMaxMs) return false
    reasons.push(
      `it was ended after ${timeMaxMs / 1_000} s; there are more schedules: give it more time (timeMaxMs), fewer clients or steps, ` +
        'clientsShareNothing if that is so, or random',
    )
    return true
  }

  #firstFailingAt = Number.POSITIVE_INFINITY

  async #play(how: Omit<BodyPlay, 'patienceMs'>): Promise<PlayedBody> {
    const { patienceMs = PATIENCE_MS } = this.#options
    return await playBody(this.#stage, this.#body, { ...how, patienceMs })
  }

  #add(run: PlayedBody): void {
    this.#schedules++
    this.#hadChoice ||= run.hadChoice
    this.#clients = run.clients
    for (const doubt of run.doubts) this.#doubts.add(doubt)
    if (run.failure === undefined) return
    if (this.#failing++ === 0) this.#firstFailingAt = this.#schedules
    const failing = { ...run, failure: run.failure }
    if (this.#shortest === undefined || weightOf(failing) < weightOf(this.#shortest)) this.#shortest = failing
  }

  /** Where an event may come between them, no two statements are independent. */
  get #leavesOut(): boolean {
    return this.#options.clientsShareNothing === true && this.#options.events === undefined
  }

  #forget(): void {
    this.#schedules = 0
    this.#failing = 0
    this.#shortest = undefined
    this.#firstFailingAt = Number.POSITIVE_INFINITY
    this.#doubts.clear()
  }

  #shown(
    reasons: readonly string[],
    limits: readonly string[],
    outcome: 'proved' | 'not-found' = 'proved',
  ): BodyExplored {
    if (this.#shortest !== undefined) this.#fail(this.#shortest, this.#heading(this.#shortest, reasons))
    const unsure = [...reasons, ...this.#doubts, ...(this.#hadChoice ? [] : [NEVER_TOGETHER])]
    if (unsure.length > 0) throw bodyUnknown(unsure, this.#schedules)
    const all = [
      ...limits,
      ...(this.#leavesOut && outcome === 'proved' ? [SHARE_NOTHING] : []),
      STEPS_OF_BODIES,
      ...limitsOfEvents(this.#options.events ?? {}),
    ]
    // Nobody sees when code of another process has nothing to ask for a while.
    const isSeen = this.#stage.hasDoors
    const every = isSeen ? 'every interleaving that was seen' : 'every interleaving'
    const what = outcome === 'proved' ? every : 'random interleavings'
    const text = `The body passes in ${what} of its ${this.#clients.length} clients: ${countOf(this.#schedules)}.`
    return {
      outcome: isSeen ? 'not-found' : outcome,
      schedules: this.#schedules,
      clients: this.#clients,
      limits: isSeen ? [SEEN, ...all] : all,
      text,
    }
  }

  #heading({ steps }: Failing, reasons: readonly string[]): string {
    const { random } = this.#options
    const isWhole = reasons.length === 0 && this.#schedules < this.#firstFailingAt + SCHEDULES_AFTER_FAILURE
    const which = random === undefined ? (isWhole ? 'the shortest' : 'the shortest seen') : 'the first'
    return `The body fails in ${this.#failing} of ${countOf(this.#schedules)}; this is ${which}, of ${steps.length} steps:`
  }

  #fail(run: Failing, heading: string): never {
    throw bodyFailed(run, { name: this.#options.name, heading, command: this.#options.command })
  }
}

const HELD_BACK =
  'A client that an engine refuses something asks again only when something has changed, since some client would ask without end.'
const SEEN =
  'Code with connections of its own that asks nothing for 50 ms is taken to have nothing to ask: where it is slower, schedules may be missing.'
const SHARE_NOTHING =
  'Of schedules that differ only in the order of independent statements, one was run: it was said that the clients share nothing.'
const STEPS_OF_BODIES =
  'A statement or command is one step, and what a client sends at once is one. Its answer is heard at once.'

/** Fewest steps first, then fewest changes of client. */
function weightOf({ steps }: PlayedBody): number {
  const changes = steps.filter((step, at) => at > 0 && step !== steps[at - 1]).length
  return steps.length * 10_000 + changes
}

function percent(share: number): string {
  return `${(share * 100).toPrecision(3)} %`
}
