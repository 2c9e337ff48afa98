/**
 * What the schedules of one strategy are played on: one namespace of each engine for many of them, each with
 * resources of its own in it, and the gated connections of every client, which stay open from schedule to
 * schedule.
 */
import type { Stores, Witness } from '../../strategies/ledgers/ledger.ts'
import type { Connections, StrategyEntry } from '../../strategies/registry.ts'
import type { EngineName, ReservationStrategy, Resource } from '../../strategies/strategy.ts'
import type { Explorable, Gated, LockHeld, Touch, Waits } from '../engines/engine.ts'
import { EngineError } from '../engines/engine-error.ts'
import type { Engines } from '../engines/open.ts'
import type { Ground } from '../ground/ground.ts'
import { prepareGround } from '../ground/ground.ts'
import { NoAnswerError, within } from '../within.ts'
import { type ApplicationClock, realTimeMs } from './application-clock.ts'
import { TTL_BEFORE_MS } from './call-history.ts'
import { StandstillError } from './client.ts'
import { SwitchableGate } from './gate.ts'
import { withOrigin } from './origin.ts'

/** A transaction and a statement beside it, for each client, and some for the probes. */
const SESSIONS_PER_CLIENT = 2
const SESSIONS_BESIDE = 4

/** What expires by itself and has less than this to live is a lock; a hold has more. */
const LOCK_LEFT_MS = TTL_BEFORE_MS / 2

/** Retries wait no time, and nothing lies between a read and its write: only the schedule decides. */
export const SETTINGS = { criticalSection: () => Promise.resolve(), random: () => 0 }

/** The connections of one client to every engine, through its gate. */
export interface ClientConnections {
  readonly gate: SwitchableGate
  readonly connections: Connections
  /** The engines' sessions that this client has in hand. */
  sessions(): readonly number[]
  /** Gives up the sessions in hand; says how many there were. */
  forget(): number
  /** Whether this client has sent an engine this token. */
  hasSent(token: string): boolean
}

export class Testbed implements AsyncDisposable {
  readonly entry: StrategyEntry
  /** Of the ledger that the strategy states, if it states one. */
  readonly witness: Witness | undefined
  readonly #engines: Engines
  readonly #clientCount: number
  #ground: Ground
  #clientConnections: readonly ClientConnections[]
  /** For what is no step: making resources, holds that are there before, probes. Its gate is open. */
  #setupConnections: ClientConnections
  #strategy: ReservationStrategy | undefined
  /** Of the process that the clients are in. */
  readonly applicationClock: ApplicationClock = { movedByMs: 0 }
  /** Whether each schedule has the namespace to itself, since what is kept in it cannot be told apart. */
  isAlone: boolean = false
  /**
   * Whether something went wrong on it, so that nobody knows what is left: others are not to be explored on
   * it.
   */
  isUnusable: boolean = false

  /** Throws an `EngineError` where an engine, as it is set up, cannot be explored. */
  static async open(entry: StrategyEntry, engines: Engines, clientCount: number): Promise<Testbed> {
    const witness = await entry.ledger?.witness()
    const ground = await groundFor(entry, engines, clientCount)
    const testbed = new Testbed(entry, engines, { clientCount, ground, witness })
    try {
      await testbed.#makeClocks()
      await testbed.#openStrategy()
      await testbed.#warmUp()
      await ground.refuseStrays()
      return testbed
    } catch (error) {
      await testbed[Symbol.asyncDispose]()
      throw error
    }
  }

  private constructor(
    entry: StrategyEntry,
    engines: Engines,
    of: { readonly clientCount: number; readonly ground: Ground; readonly witness: Witness | undefined },
  ) {
    const { clientCount, ground, witness } = of
    this.entry = entry
    this.witness = witness
    this.#engines = engines
    this.#clientCount = clientCount
    this.#ground = ground
    this.#clientConnections = connectionsOfClients(ground, clientCount)
    this.#setupConnections = connectionsOn(ground)
  }

  get stores(): Stores {
    return this.#ground.stores
  }

  /** One per client. */
  get clientConnections(): readonly ClientConnections[] {
    return this.#clientConnections
  }

  /** The strategy on connections without a gate. */
  get strategy(): ReservationStrategy {
    if (this.#strategy === undefined) throw new Error('the testbed is closed')
    return this.#strategy
  }

  waitsOf(store: EngineName): Waits | undefined {
    return this.explorable(store)?.waits
  }

  /** Of every engine that can be asked who waits. */
  get waits(): readonly Waits[] {
    return this.#explorables.flatMap(({ waits }) => waits ?? [])
  }

  explorable(store: EngineName): Explorable | undefined {
    return this.#ground.namespaces.get(store)?.explorable
  }

  /** Whatever may be done to any of its engines. */
  get anything(): readonly Touch[] {
    return this.#explorables.map(({ anything }) => anything)
  }

  leftOpen(): Promise<readonly string[]> {
    return this.#ground.leftOpen()
  }

  /**
   * Locks that somebody has, of one schedule or of all. A ledger's own keys are none; nor is a key that lives
   * about as long as a hold: where no ledger is stated, it is taken for the hold itself.
   */
  async locksHeld(mark = ''): Promise<readonly LockHeld[]> {
    const all = await Promise.all(this.#explorables.map((each) => each.locksHeld(mark)))
    return all
      .flat()
      .filter(({ key, leftMs }) => this.witness?.isOwnKey?.(key) !== true && leftMs < LOCK_LEFT_MS)
  }

  expireLocks(keys: readonly string[]): Promise<readonly Touch[]> {
    return this.#onAll((each) => each.expireLocks(keys))
  }

  /** Ends sessions, and returns when what they were in is rolled back. */
  endSessions(sessions: readonly number[]): Promise<readonly Touch[]> {
    return this.#onAll((each) => each.endSessions(sessions))
  }

  /** Every engine that can loses what bears this mark. */
  loseMemory(mark: string): Promise<readonly Touch[]> {
    return this.#onAll((each) => each.loseMemory(mark))
  }

  /** Whether an engine keeps in memory what belongs to no schedule alone. */
  async keepsUnmarked(): Promise<boolean> {
    const kept = await Promise.all(this.#explorables.map((each) => each.keepsUnmarked()))
    return kept.some(Boolean)
  }

  /**
   * Lets this moment pass, in milliseconds since the Unix epoch, by every clock that its clients can read;
   * locks are left as they are.
   */
  async passTime(ms: number): Promise<readonly Touch[]> {
    const touches = await this.#onAll(
      async ({ clock }) => (await clock?.moveTo(ms, { leastMs: LOCK_LEFT_MS })) ?? [],
    )
    this.applicationClock.movedByMs = Math.max(this.applicationClock.movedByMs, ms + 1_000 - realTimeMs())
    return touches
  }

  /** Makes resources for the schedules to come, where nothing is left of those before. */
  async renew(resources: readonly Resource[]): Promise<void> {
    await this.#clear()
    await this.#strategy?.close()
    await this.#openStrategy()
    await this.strategy.createResources(resources)
  }

  /** Every gate to its engines, that of what is no step included. */
  get gates(): readonly SwitchableGate[] {
    return [...this.#clientConnections, this.#setupConnections].map(({ gate }) => gate)
  }

  /** What a schedule left open in its sessions, one sentence each; ends it. */
  async tidy(): Promise<readonly string[]> {
    const kept = this.#clientConnections.map((each) => each.forget()).filter((count) => count > 0)
    const left = await Promise.all(this.#explorables.map((each) => each.tidy()))
    return [...kept.map((count) => `${count} connections were never released to the pool`), ...left.flat()]
  }

  get #explorables(): readonly Explorable[] {
    return [...this.#ground.namespaces.values()].map(({ explorable }) => explorable)
  }

  async #onAll(step: (each: Explorable) => Promise<readonly Touch[]>): Promise<readonly Touch[]> {
    return (await Promise.all(this.#explorables.map(step))).flat()
  }

  /** Before anything is made that reads them. */
  async #makeClocks(): Promise<void> {
    for (const { clock } of this.#explorables) await clock?.make()
  }

  async #openStrategy(): Promise<void> {
    // Whatever it has kept of a pool is taken back.
    this.#setupConnections.forget()
    const itself = { isCall: false, onConnection: () => {} }
    const opening = withOrigin(itself, () => this.entry.open(this.#setupConnections.connections, SETTINGS))
    this.#strategy = await opening
    // To make ready is no work that goes on by itself.
    this.#setupConnections.gate.askedByItself()
    for (const each of this.#explorables) await each.prepare()
  }

  /**
   * So that servers know every script and have made every table: a first time answers otherwise than all that
   * follow.
   */
  async #warmUp(): Promise<void> {
    const { strategy } = this
    const line = (id: string) => ({ resourceId: id as Resource['id'], quantity: 1 })
    const id = (text: string) => text as Parameters<ReservationStrategy['confirm']>[0]
    await strategy.createResources([{ id: line('warm-up').resourceId, capacity: 2 }])
    for (const name of ['warm-up-1', 'warm-up-2', 'warm-up-2', 'warm-up-3']) {
      await answered(strategy.hold({ holdId: id(name), lines: [line('warm-up')], ttlMs: 60_000 }))
    }
    await answered(strategy.confirm(id('warm-up-1')))
    await answered(strategy.release(id('warm-up-2')))
    await answered(strategy.availability([line('warm-up').resourceId]))
    this.#setupConnections.forget()
  }

  async #clear(): Promise<void> {
    this.#setupConnections.forget()
    this.applicationClock.movedByMs = 0
    const cleared = await Promise.all(this.#explorables.map((each) => each.clear()))
    for (const { clock } of this.#explorables) await clock?.reset()
    if (cleared.every(Boolean)) return
    // Where nothing can be deleted, everything begins elsewhere.
    await this.#ground.dispose()
    this.#ground = await groundFor(this.entry, this.#engines, this.#clientCount)
    this.#clientConnections = connectionsOfClients(this.#ground, this.#clientCount)
    this.#setupConnections = connectionsOn(this.#ground)
    await this.#makeClocks()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#strategy?.close()
    this.#strategy = undefined
    await this.#ground.dispose()
  }
}

/** Nobody else is there: a call that has no answer by then will have none. */
const ALONE_MS_MAX = 20_000

/** Whatever comes of it; but not for ever. */
async function answered(call: Promise<unknown>): Promise<void> {
  try {
    await within(ALONE_MS_MAX, call)
  } catch (error) {
    if (!(error instanceof NoAnswerError)) return
    const waited = `${ALONE_MS_MAX / 1_000} s`
    throw new StandstillError(`a call has had no answer for ${waited}, with nobody else there`)
  }
}

async function groundFor(entry: StrategyEntry, engines: Engines, clientCount: number): Promise<Ground> {
  const ground = await prepareGround(entry, engines, clientCount * SESSIONS_PER_CLIENT + SESSIONS_BESIDE)
  for (const [engine, { explorable }] of ground.namespaces) {
    if (explorable.refusal === undefined) continue
    await ground.dispose()
    throw new EngineError({
      engine,
      problem: 'misconfigured',
      message: `${entry.name} cannot be explored here: ${explorable.refusal}.`,
      remedy: 'name the server itself, without a pooler before it',
    })
  }
  return ground
}

function connectionsOfClients(ground: Ground, clientCount: number): readonly ClientConnections[] {
  return Array.from({ length: clientCount }, () => connectionsOn(ground))
}

function connectionsOn({ namespaces }: Ground): ClientConnections {
  const gate = new SwitchableGate()
  const gated = [...namespaces].map(([name, { explorable }]): readonly [EngineName, Gated] => [
    name,
    explorable.gated(gate),
  ])
  return {
    gate,
    connections: Object.fromEntries(gated.map(([name, { connections }]) => [name, connections])),
    sessions: () => gated.flatMap(([, each]) => each.sessions()),
    forget: () => gated.reduce((sum, [, each]) => sum + each.forget(), 0),
    hasSent: (token) => gated.some(([, each]) => each.hasSent(token)),
  }
}
