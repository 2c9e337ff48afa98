/**
 * What the schedules of one strategy run on: one namespace of each engine, shared by many schedules with
 * separate resources, and each client's gated connections, which stay open from schedule to schedule.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Stores, Witness } from '../../strategies/ledgers/ledger.ts'
import { type Connections, type StrategyEntry, scriptTold, toldScripts } from '../../strategies/registry.ts'
import type { EngineName, ReservationStrategy, Resource } from '../../strategies/strategy.ts'
import type { Explorable, Gated, Keeping, LockHeld, Touch, Waits } from '../engines/engine.ts'
import { EngineError } from '../engines/engine-error.ts'
import type { Engines } from '../engines/open.ts'
import type { Ground } from '../ground/ground.ts'
import { prepareGround } from '../ground/ground.ts'
import { keptOn } from '../ground/kept.ts'
import { NoAnswerError, within } from '../within.ts'
import { type ApplicationClock, realTimeMs } from './application-clock.ts'
import { TTL_BEFORE_MS } from './call-history.ts'
import { StandstillError } from './client.ts'
import { SwitchableGate } from './gate.ts'
import { withOrigin } from './origin.ts'

/** A transaction and a statement besides it for each client, and some for the probes. */
const SESSIONS_PER_CLIENT = 2
const SESSIONS_BESIDE = 4

/** A key that expires within this time is a lock; a hold lives longer. */
const LOCK_LEFT_MS = TTL_BEFORE_MS / 2

/** How often to look whether the strategy's own work waits for a client. */
const ASK_AGAIN_MS = 5

/** Retries do not wait, and the critical section is empty: only the schedule decides the order. */
export const SETTINGS = { criticalSection: () => Promise.resolve(), random: () => 0 }

/** The connections of one client to every engine, through its gate. */
export interface ClientConnections {
  readonly gate: SwitchableGate
  readonly connections: Connections
  /** The engines' sessions that this client has taken from the pool. */
  sessions(): readonly number[]
  /** Ends the sessions that are taken; returns how many there were. */
  forget(): number
  /** Whether this client has sent this token to an engine. */
  hasSent(token: string): boolean
}

export class Testbed implements AsyncDisposable {
  readonly entry: StrategyEntry
  /** The witness of the strategy's ledger, if it names one. */
  readonly witness: Witness | undefined
  readonly #engines: Engines
  readonly #clientCount: number
  #ground: Ground
  #clientConnections: readonly ClientConnections[]
  /** For work that is not a step: creating resources, initial holds, probes. Its gate is open. */
  #setupConnections: ClientConnections
  #strategy: ReservationStrategy | undefined
  /** Resources that are being created again, perhaps behind a client's lock. */
  #creating: Promise<void> = Promise.resolve()
  /** The clock of the clients' process. */
  readonly applicationClock: ApplicationClock = { movedByMs: 0 }
  /**
   * Whether each schedule has the namespace to itself, since the data of several schedules cannot be
   * separated.
   */
  isAlone: boolean = false
  /** Whether something went wrong on it, so that its state is unknown: nothing else may be explored on it. */
  isUnusable: boolean = false

  /** Throws an `EngineError` if an engine cannot be explored with its current settings. */
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

  /** Whether the engines kept what they acknowledged. */
  keeping(): Promise<readonly Keeping[]> {
    return keptOn(this.#ground)
  }

  /** In the order in which the strategy names them. */
  get engineNames(): readonly EngineName[] {
    return [...this.#ground.namespaces.keys()]
  }

  waitsOf(store: EngineName): Waits | undefined {
    return this.explorable(store)?.waits
  }

  /** From every engine that can report waiting sessions. */
  get waits(): readonly Waits[] {
    return this.#explorables.flatMap(({ waits }) => waits ?? [])
  }

  explorable(store: EngineName): Explorable | undefined {
    return this.#ground.namespaces.get(store)?.explorable
  }

  /** The events that can be caused on any of its engines. */
  get anything(): readonly Touch[] {
    return this.#explorables.map(({ anything }) => anything)
  }

  leftOpen(): Promise<readonly string[]> {
    return this.#ground.leftOpen()
  }

  /**
   * Locks that are held, in one schedule or in all. The ledger's own keys are not locks; nor is a key that
   * lives about as long as a hold: without a ledger, it is assumed to be the hold itself.
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

  /** Ends sessions, and returns when their transactions are rolled back. */
  endSessions(sessions: readonly number[]): Promise<readonly Touch[]> {
    return this.#onAll((each) => each.endSessions(sessions))
  }

  /** Every engine that can lose data loses what has this mark. */
  loseMemory(mark: string): Promise<readonly Touch[]> {
    return this.#onAll((each) => each.loseMemory(mark))
  }

  /** Whether an engine keeps data in memory that all schedules share. */
  async keepsUnmarked(): Promise<boolean> {
    const kept = await Promise.all(this.#explorables.map((each) => each.keepsUnmarked()))
    return kept.some(Boolean)
  }

  /**
   * Moves every clock that its clients can read past this time, in milliseconds since the Unix epoch; locks
   * are not changed.
   */
  async passTime(ms: number): Promise<readonly Touch[]> {
    const touches = await this.#onAll(
      async ({ clock }) => (await clock?.moveTo(ms, { leastMs: LOCK_LEFT_MS })) ?? [],
    )
    this.applicationClock.movedByMs = Math.max(this.applicationClock.movedByMs, ms + 1_000 - realTimeMs())
    return touches
  }

  /** Creates resources for the next schedules, where nothing remains of earlier ones. */
  async renew(resources: readonly Resource[]): Promise<void> {
    await this.#clear()
    await this.#strategy?.close()
    await this.#openStrategy()
    await this.strategy.createResources(resources)
  }

  /** Every gate to its engines, including the one for work that is not a step. */
  get gates(): readonly SwitchableGate[] {
    return [...this.#clientConnections, this.#setupConnections].map(({ gate }) => gate)
  }

  /**
   * Creates resources in the middle of a schedule. If that waits for a lock that a client holds, the schedule
   * goes on, and the resources are there when the lock is released.
   */
  async createAgain(resources: readonly Resource[]): Promise<void> {
    let isDone = false
    this.#creating = this.strategy
      .createResources(resources)
      .catch(() => undefined)
      .finally(() => {
        isDone = true
      })
    while (!isDone) {
      await Promise.race([this.#creating, delay(ASK_AGAIN_MS)])
      for (const session of this.#setupConnections.sessions()) {
        for (const waits of this.waits) if (!isDone && (await waits.isWaiting(session))) return
      }
    }
  }

  /** Reports what a schedule left open in its sessions, one sentence each, and ends it. */
  async tidy(): Promise<readonly string[]> {
    await this.#creating
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

  /** Before creating anything that reads them. */
  async #makeClocks(): Promise<void> {
    for (const { clock } of this.#explorables) await clock?.make()
  }

  async #openStrategy(): Promise<void> {
    // Connections that it has kept from a pool are reclaimed.
    this.#setupConnections.forget()
    const itself = { isCall: false, onConnection: () => {} }
    const opening = withOrigin(itself, () => this.entry.open(this.#setupConnections.connections, SETTINGS))
    this.#strategy = await opening
    // Preparation is not background work.
    this.#setupConnections.gate.askedByItself()
    for (const each of this.#explorables) await each.prepare(toldScripts())
  }

  /**
   * So that every table exists and a library's own scripts are known: the first call would otherwise be
   * answered differently from all later ones.
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
    for (const each of this.#explorables) await each.stopUpkeep()
  }

  async #clear(): Promise<void> {
    this.#setupConnections.forget()
    this.applicationClock.movedByMs = 0
    const cleared = await Promise.all(this.#explorables.map((each) => each.clear()))
    for (const { clock } of this.#explorables) await clock?.reset()
    if (cleared.every(Boolean)) return
    // If nothing can be deleted, each start uses new names.
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

/** No other client is active: a call without an answer by then will not get one. */
const ALONE_MS_MAX = 20_000

/** Waits whatever the outcome, but with a limit. */
async function answered(call: Promise<unknown>): Promise<void> {
  try {
    await within(ALONE_MS_MAX, call)
  } catch (error) {
    if (!(error instanceof NoAnswerError)) return
    const waited = `${ALONE_MS_MAX / 1_000} s`
    throw new StandstillError(`a call has had no answer for ${waited}, although no other client is active`)
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
      remedy:
        engines[engine]?.dividesEvents?.remedy ??
        'give the address of the server itself, without a pooler in between',
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
    explorable.gated(gate, scriptTold),
  ])
  return {
    gate,
    connections: Object.fromEntries(gated.map(([name, { connections }]) => [name, connections])),
    sessions: () => gated.flatMap(([, each]) => each.sessions()),
    forget: () => gated.reduce((sum, [, each]) => sum + each.forget(), 0),
    hasSent: (token) => gated.some(([, each]) => each.hasSent(token)),
  }
}
