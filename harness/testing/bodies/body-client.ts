/** The clients of one run of a test body, as the runner of schedules knows them. */
import type { EngineName } from '../../../strategies/strategy.ts'
import type { Request } from '../../engines/engine.ts'
import { type Announced, ClientDiedError, type GateController } from '../../explore/gate.ts'
import { withoutOrigin } from '../../explore/origin.ts'
import type { EndedCall, ScheduledClient } from '../../explore/scheduled-client.ts'

/** Of its connections. */
interface Lent {
  sessions(): readonly number[]
  /** Cuts those to one engine, or all; the error with which requests fail. */
  cut(of?: EngineName): Promise<Error>
}

/** What its clients need of the run. */
export interface RunOfClient {
  /** Waits until the body can go no further without an answer. */
  settled(): Promise<void>
  readonly isOver: boolean
  /** Called for each announced or answered request. */
  moved(): void
}

const NO_CALLS: readonly EndedCall[] = []
const NO_DOUBTS: ReadonlySet<string> = new Set()

export class ClientOfBody implements ScheduledClient, GateController {
  readonly name: string
  readonly number: number
  readonly label = ''
  readonly made = NO_CALLS
  readonly doubts = NO_DOUBTS
  readonly #run: RunOfClient
  readonly #lent: Lent
  /** Its next step is executed, and not answered. */
  goesNext: boolean = false
  pending: Announced[] = []
  /** Let through, and not answered yet. */
  inFlight = 0
  #isOpen: boolean = false
  #isRefused: boolean = false

  constructor(name: string, number: number, of: { readonly run: RunOfClient; readonly lent: Lent }) {
    this.name = name
    this.number = number
    this.#run = of.run
    this.#lent = of.lent
  }

  sessions(): readonly number[] {
    return this.#lent.sessions()
  }

  hasConnection(): boolean {
    return this.sessions().length > 0
  }

  get isAsking(): boolean {
    return this.pending.length > 0
  }

  async cut(): Promise<void> {
    await this.#lent.cut()
  }

  loseNextAnswer(): void {
    this.goesNext = true
  }

  get state(): 'going' | 'done' {
    return this.#run.isOver ? 'done' : 'going'
  }

  pass(request: Request): Promise<unknown> {
    if (this.#isRefused) return Promise.reject(new ClientDiedError())
    if (this.#isOpen) {
      this.inFlight++
      return withoutOrigin(() => request.send()).finally(() => this.#answered())
    }
    return new Promise((answered, failed) => {
      this.pending.push({ ...request, send: () => withoutOrigin(() => request.send()), answered, failed })
      this.#run.moved()
    })
  }

  take(): { readonly requests: readonly Announced[]; readonly begins: boolean } {
    const asked = this.goesNext ? this.#unanswered(this.pending) : this.pending
    this.goesNext = false
    this.pending = []
    return { requests: asked.map((request) => this.#counted(request)), begins: false }
  }

  /** All of them are executed before the connection is cut. */
  #unanswered(requests: readonly Announced[]): readonly Announced[] {
    let left = requests.length
    const executed = Promise.withResolvers<void>()
    return requests.map((request) => ({
      ...request,
      send: async () => {
        await request.send().catch(() => undefined)
        if (--left === 0) executed.resolve()
        await executed.promise
        throw await this.#lent.cut(request.store)
      },
    }))
  }

  #counted(request: Announced): Announced {
    this.inFlight++
    return {
      ...request,
      answered: (answer) => {
        this.#answered()
        request.answered(answer)
      },
      failed: (error) => {
        this.#answered()
        request.failed(error)
      },
    }
  }

  #answered(): void {
    this.inFlight--
    this.#run.moved()
  }

  hears(): void {}

  settled(): Promise<void> {
    return this.#run.settled()
  }

  /** What ends is the body itself, which is waited for; this only lets the client's requests through. */
  async runOut(): Promise<void> {
    this.#isOpen = true
    for (const each of this.pending.splice(0)) {
      const request = this.#counted(each)
      request.send().then(request.answered, request.failed)
    }
  }

  /** Nothing more of it reaches an engine. */
  refuse(): void {
    this.#isRefused = true
  }
}

/** The body itself, which has no statements: as long as it runs, the schedule does. */
export class BodyItself implements ScheduledClient {
  readonly name = 'the body'
  readonly number = 0
  readonly label = ''
  readonly pending: readonly Announced[] = []
  readonly made = NO_CALLS
  readonly doubts = NO_DOUBTS
  readonly #run: RunOfClient & { runOut(): Promise<void> }

  constructor(run: RunOfClient & { runOut(): Promise<void> }) {
    this.#run = run
  }

  get state(): 'going' | 'done' {
    return this.#run.isOver ? 'done' : 'going'
  }

  sessions(): readonly number[] {
    return []
  }

  take(): { readonly requests: readonly Announced[]; readonly begins: boolean } {
    return { requests: [], begins: false }
  }

  hears(): void {}

  settled(): Promise<void> {
    return this.#run.settled()
  }

  runOut(): Promise<void> {
    return this.#run.runOut()
  }
}
