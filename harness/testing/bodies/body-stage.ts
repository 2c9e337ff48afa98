/** What the schedules of a test body run on: a namespace of each engine, and each client's connections. */
import type { EngineName } from '../../../strategies/strategy.ts'
import { monotonicMs } from '../../clock.ts'
import type { Door, Gate, LentToBody, Namespace, Request, Waits } from '../../engines/engine.ts'
import { EngineError } from '../../engines/engine-error.ts'
import type { Engines } from '../../engines/open.ts'
import type { GateController } from '../../explore/gate.ts'
import { isOfAnother, type Origin, withoutOrigin } from '../../explore/origin.ts'
import { type BodyClient, type BodyEvents, type BodyOptions, LENDABLE } from './body.ts'

/** Enough for a dozen clients that each keep one in a transaction, and ask beside it. */
const POOL_SIZE = 24

/** A request of a body that is over, or of another one. */
class BodyOverError extends Error {
  override readonly name = 'BodyOverError'
  constructor() {
    super('the test body that had these connections is over')
  }
}

/** The gate of one client: open while tables are made, and the client's own in a run. */
class BodyGate implements Gate {
  readonly #runs: () => Origin | undefined
  #controller: GateController | undefined

  constructor(runs: () => Origin | undefined) {
    this.#runs = runs
  }

  setController(controller: GateController | undefined): void {
    this.#controller = controller
  }

  pass(request: Request): Promise<unknown> {
    const running = this.#runs()
    if (this.#controller !== undefined) {
      if (running === undefined || isOfAnother(running)) return Promise.reject(new BodyOverError())
      return this.#controller.pass(request)
    }
    return withoutOrigin(() => request.send())
  }

  openBehind<Connection>(open: () => Connection): Connection {
    return withoutOrigin(open)
  }
}

interface LentClient {
  readonly gate: BodyGate
  readonly connections: BodyClient
  sessions(): readonly number[]
  /** Cuts those to one engine, or all; the error with which requests fail. */
  cut(of?: EngineName): Promise<Error>
  readonly doors: readonly Door[]
  forget(): number
  close(): Promise<void>
}

export class BodyStage implements AsyncDisposable {
  readonly #namespaces: ReadonlyMap<EngineName, Namespace>
  readonly #options: BodyOptions
  readonly #clients = new Map<string, LentClient>()
  readonly #itself: LentClient
  /** Of each engine, when its clock is to be moved: how far it is from the monotonic one. */
  readonly #offsetsMs = new Map<EngineName, number>()
  #run: Origin | undefined

  /** Makes the namespaces and the tables. */
  static async open(engines: Engines, options: BodyOptions): Promise<BodyStage> {
    await using undo = new AsyncDisposableStack()
    const namespaces = new Map<EngineName, Namespace>()
    for (const name of options.engines) {
      const engine = engines[name]
      if (engine === undefined) throw new Error(`${name} was not opened`)
      const namespace = undo.use(await engine.openNamespace({ label: 'test-body', poolSize: POOL_SIZE }))
      const { refusal } = namespace.explorable
      if (refusal !== undefined) throw unexplorable(name, refusal)
      namespaces.set(name, namespace)
    }
    const stage = undo.use(new BodyStage(namespaces, options))
    await stage.#setUp()
    const owned = undo.move()
    stage.#dispose = () => owned.disposeAsync()
    return stage
  }

  private constructor(namespaces: ReadonlyMap<EngineName, Namespace>, options: BodyOptions) {
    this.#namespaces = namespaces
    this.#options = options
    this.#itself = this.#lend('setup')
  }

  #dispose: () => Promise<void> = async () => {}

  get events(): BodyEvents {
    return this.#options.events ?? {}
  }

  async #setUp(): Promise<void> {
    if (this.events.timePassesMs !== undefined) await this.#makeClocks()
    for (const { explorable } of this.#namespaces.values()) await explorable.prepare()
    await this.#options.setup?.(this.#itself.connections)
    for (const { explorable } of this.#namespaces.values()) {
      const withRows = (await explorable.learn?.()) ?? []
      await explorable.stopUpkeep()
      if (withRows.length === 0) continue
      throw new TypeError(
        `setup has put rows into ${withRows.join(', ')}, which are removed before each schedule: put them there in before`,
      )
    }
  }

  /** Before anything is made that reads them. */
  async #makeClocks(): Promise<void> {
    for (const [name, namespace] of this.#namespaces) {
      this.#offsetsMs.set(name, (await namespace.readClock()).offsetMs)
      await namespace.explorable.clock?.make()
    }
  }

  /** On the clock of each engine. */
  async passTime(ms: number): Promise<void> {
    for (const [name, { explorable }] of this.#namespaces) {
      const nowMs = monotonicMs() + (this.#offsetsMs.get(name) ?? 0)
      await explorable.clock?.moveTo(nowMs + ms, { leastMs: 0 })
    }
  }

  /** Empties the tables and keys, and makes the first rows again. */
  async renew(): Promise<void> {
    this.setRun(undefined)
    if (this.events.timePassesMs !== undefined)
      for (const { explorable } of this.#namespaces.values()) await explorable.clock?.reset()
    for (const { explorable } of this.#namespaces.values()) await explorable.clear()
    await this.#options.before?.(this.#itself.connections)
  }

  /** After the body has ended well; throws what the reader's assertion throws. */
  async checkAfter(returned: unknown): Promise<void> {
    this.setRun(undefined)
    await this.#options.after?.(this.#itself.connections, returned)
  }

  /** Ends what a run left open: the next one finds nothing of it. */
  async tidy(): Promise<void> {
    for (const client of this.#clients.values()) client.forget()
    await Promise.all([...this.#namespaces.values()].map(({ explorable }) => explorable.tidy()))
  }

  /** The body that is running; undefined between two runs. */
  setRun(origin: Origin | undefined): void {
    this.#run = origin
  }

  /** The same connections in each run. */
  client(name: string): LentClient {
    const known = this.#clients.get(name)
    if (known !== undefined) return known
    const client = this.#lend(name)
    this.#clients.set(name, client)
    return client
  }

  get #doors(): readonly Door[] {
    return [...this.#clients.values()].flatMap(({ doors }) => doors)
  }

  /** Whether code that nobody sees may be about to ask something. */
  get isThinking(): boolean {
    return this.#doors.some((door) => door.isThinking)
  }

  /** Whether such code has been given an address. */
  get hasDoors(): boolean {
    return this.#doors.some((door) => door.isUsed)
  }

  readonly waitsOf = (store: EngineName): Waits | undefined => this.#namespaces.get(store)?.explorable.waits

  #lend(name: string): LentClient {
    const gate = new BodyGate(() => this.#run)
    const lent = new Map<EngineName, LentToBody>()
    for (const [engine, { explorable }] of this.#namespaces) {
      const each = explorable.lend?.(gate, { movesClock: this.events.timePassesMs !== undefined })
      if (each === undefined) throw unexplorable(engine, 'its connections cannot be lent to a test body')
      lent.set(engine, each)
    }
    const all = [...lent.values()]
    return {
      gate,
      connections: connectionsOf(name, all),
      doors: all.flatMap(({ door }) => door ?? []),
      sessions: () => all.flatMap((each) => each.sessions()),
      async cut(of) {
        const [error] = await Promise.all(
          [...lent].flatMap(([engine, each]) => (of === undefined || of === engine ? [each.cut()] : [])),
        )
        return error ?? new Error('the connection is lost')
      },
      forget: () => all.reduce((sum, each) => sum + each.forget(), 0),
      close: async () => {
        await Promise.all(all.map((each) => each.close()))
      },
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of [this.#itself, ...this.#clients.values()]) {
      client.forget()
      await client.close()
    }
    this.#clients.clear()
    const dispose = this.#dispose
    this.#dispose = async () => {}
    await dispose()
  }
}

function connectionsOf(name: string, lent: readonly LentToBody[]): BodyClient {
  const found = Object.assign({ name }, ...lent.map(({ connections }) => connections)) as Partial<BodyClient>
  const { postgresUrl } = found
  // What listens there belongs to no body.
  if (postgresUrl !== undefined) Object.assign(found, { postgresUrl: () => withoutOrigin(postgresUrl) })
  for (const each of LENDABLE) {
    if (each in found) continue
    Object.defineProperty(found, each, {
      get() {
        throw new TypeError(`the body uses ${each}, but its engine is not among those of its options`)
      },
    })
  }
  return found as BodyClient
}

function unexplorable(engine: EngineName, why: string): EngineError {
  return new EngineError({
    engine,
    problem: 'misconfigured',
    message: `A test body cannot be explored on ${engine}: ${why}.`,
    remedy: 'give the address of the server itself, without a pooler in between',
  })
}
