/** One run of the model engine: the callers' records, and the store at rest. */
import type { HoldId } from '../../../strategies/strategy.ts'
import type { AuditRecord, HistoryHeader, LineRecord, Operation } from '../../history/record.ts'
import { type BugName, Bugs } from './bugs.ts'
import { drawCalls, type PlannedCall } from './calls.ts'
import { type CallRequest, type EngineHold, ModelEngine } from './engine.ts'
import { SeededRandom } from './random.ts'
import { type Bias, drawWorld, engineUs, headerOf, type World } from './world.ts'

/** A whole history, everything recorded. */
export interface MeasuredRun {
  readonly header: HistoryHeader
  readonly operations: readonly Operation[]
  readonly audit: AuditRecord
  /** Whether the planted bug had its effect. */
  readonly struck: boolean
}

/** One moment at which a call takes effect, or would have. */
interface Effect {
  readonly call: PlannedCall
  readonly at: number
  readonly nowUs: number
  readonly arrives: boolean
  /** For a read: which resource. */
  readonly part: number
}

type Unstamped<T> = T extends Operation ? Omit<T, 'type' | 'process' | 'invokedUs' | 'returnedUs'> : never

/** Makes a run from a seed. The same arguments make the same run. */
export function makeRun(seed: number, stream: number, bias: Bias, bug?: BugName): MeasuredRun {
  const random = new SeededRandom(seed, stream)
  const world = drawWorld(random, seed, bias)
  const bugs = new Bugs(bug, random.pick([0, 0, 0, 1, 2]))
  const callers = new Callers(random, world, new ModelEngine(world, random, bugs))
  const effects = drawCalls(random, world).flatMap(effectsOf)
  for (const effect of effects.toSorted(byTime)) callers.play(effect)
  const { operations } = callers
  const audit = callers.audit(Math.max(...effects.map(({ nowUs, call }) => Math.max(nowUs, call.returnedUs))))
  return { header: headerOf(world), operations, audit, struck: bugs.struck }
}

/** At the same moment, the end of a call comes before the beginning of another. */
function byTime(a: Effect, b: Effect): number {
  return (
    a.nowUs - b.nowUs ||
    a.call.invokedUs - b.call.invokedUs ||
    a.call.returnedUs - b.call.returnedUs ||
    a.at - b.at
  )
}

function effectsOf(call: PlannedCall, at: number): readonly Effect[] {
  if (call.effectsUs.length === 0) return [{ call, at, nowUs: call.invokedUs, arrives: false, part: 0 }]
  return call.effectsUs.map((nowUs, part) => ({ call, at, nowUs, arrives: true, part }))
}

/** Decides each call's request when it takes effect, and records what its caller sees. */
class Callers {
  readonly #random: SeededRandom
  readonly #world: World
  readonly #engine: ModelEngine
  readonly #requests = new Map<HoldId, CallRequest>()
  readonly #recorded = new Map<number, Operation>()

  constructor(random: SeededRandom, world: World, engine: ModelEngine) {
    this.#random = random
    this.#world = world
    this.#engine = engine
  }

  get operations(): readonly Operation[] {
    return [...this.#recorded.values()]
  }

  play({ call, at, nowUs, arrives, part }: Effect): void {
    const engineNowUs = engineUs(this.#world, nowUs)
    this.#engine.passTo(engineNowUs)
    switch (call.kind) {
      case 'hold':
      case 'replay':
      case 'otherLines':
        this.#record(at, call, this.#hold(call, nowUs, arrives))
        break
      case 'confirm':
        this.#record(at, call, this.#confirm(call, arrives))
        break
      case 'release':
        this.#record(at, call, this.#release(call, arrives))
        break
      case 'read':
        this.#record(at, call, this.#read(call, part, this.#recorded.get(at)))
        break
    }
  }

  #record(at: number, call: PlannedCall, said: Unstamped<Operation>): void {
    const { process, invokedUs, returnedUs } = call
    this.#recorded.set(at, { type: 'operation', process, invokedUs, returnedUs, ...said } as Operation)
  }

  #hold(call: PlannedCall, nowUs: number, arrives: boolean): Unstamped<Operation> {
    const request = this.#request(call)
    const { holdId, lines, ttlMs } = request
    const asked = { op: 'hold', holdId, lines, ttlMs } as const
    const attempts = this.#random.pick([1, 1, 2])
    if (!call.unknown && this.#random.chance(0.05)) {
      return { ...asked, result: 'fail', why: 'contended', reason: 'lock-not-available', attempts }
    }
    // An engine reads its clock at some moment of the call, no later than the hold takes effect.
    const earliestUs = Math.max(call.invokedUs, nowUs - 300_000)
    const clockReadUs = this.#random.chance(0.7) ? nowUs : this.#random.between(earliestUs, nowUs)
    const reply = arrives ? this.#engine.hold(request, engineUs(this.#world, clockReadUs)) : undefined
    if (call.unknown || reply === undefined) return { ...asked, result: 'info', error: 'no answer' }
    switch (reply.kind) {
      case 'held': {
        const { versions } = reply
        return { ...asked, result: 'ok', deadlineMs: this.#deadlineMs(reply.toldUs), versions, attempts }
      }
      case 'sold-out':
        return { ...asked, result: 'fail', why: 'sold-out', resourceId: reply.resourceId, attempts }
      case 'id-reused':
        return { ...asked, result: 'fail', why: 'id-reused' }
    }
  }

  #confirm(call: PlannedCall, arrives: boolean): Unstamped<Operation> {
    const asked = { op: 'confirm', holdId: this.#knownId() } as const
    const reply = arrives ? this.#engine.confirm(asked.holdId) : undefined
    if (call.unknown || reply === undefined) return { ...asked, result: 'info', error: 'no answer' }
    return reply === 'confirmed' ? { ...asked, result: 'ok' } : { ...asked, result: 'fail', why: reply }
  }

  #release(call: PlannedCall, arrives: boolean): Unstamped<Operation> {
    const asked = { op: 'release', holdId: this.#knownId() } as const
    const reply = arrives ? this.#engine.release(asked.holdId) : undefined
    if (call.unknown || reply === undefined) return { ...asked, result: 'info', error: 'no answer' }
    return reply === 'released' ? { ...asked, result: 'ok' } : { ...asked, result: 'fail', why: reply }
  }

  #read(call: PlannedCall, part: number, before: Operation | undefined): Unstamped<Operation> {
    if (call.unknown) return { op: 'availability', result: 'info', error: 'no answer' }
    const id = this.#world.resources[part]?.id
    const read = before?.op === 'availability' && before.result === 'ok' ? before.available : []
    if (id === undefined) return { op: 'availability', result: 'ok', available: read }
    return { op: 'availability', result: 'ok', available: [...read, [id, this.#engine.available(id)]] }
  }

  #request({ kind }: PlannedCall): CallRequest {
    const known = kind === 'hold' ? [] : [...this.#requests.values()]
    if (known.length === 0) {
      const request = {
        holdId: `hold-${this.#requests.size}` as HoldId,
        lines: this.#lines(),
        ttlMs: this.#random.pick(this.#world.ttlsMs),
      }
      this.#requests.set(request.holdId, request)
      return request
    }
    const request = this.#random.pick(known)
    return kind === 'replay' ? request : { ...request, lines: this.#lines() }
  }

  #lines(): readonly LineRecord[] {
    const { resources, singleLines } = this.#world
    const first = this.#random.between(0, resources.length - 1)
    const count = singleLines || this.#random.chance(0.5) ? 1 : this.#random.between(1, resources.length)
    return Array.from({ length: count }, (_, at) => {
      const { id, capacity } = this.#random.pick(resources.slice((first + at) % resources.length))
      return [id, this.#random.chance(0.7) ? 1 : this.#random.between(1, capacity + 1)] as const
    }).filter(([id], at, all) => all.findIndex((line) => line[0] === id) === at)
  }

  /** Mostly a live or sold hold; sometimes another, or one that was never requested. */
  #knownId(): HoldId {
    const live = [...this.#engine.holds.values()].filter(({ status }) => status === 'held')
    if (live.length > 0 && this.#random.chance(0.6)) return this.#random.pick(live).id
    const known = [...this.#requests.keys()]
    if (known.length === 0 || this.#random.chance(0.03)) return 'hold-of-nobody' as HoldId
    return this.#random.pick(known)
  }

  #deadlineMs(deadlineUs: number): number {
    return this.#world.offsetMs + deadlineUs / 1_000
  }

  /** The store at rest, when no request is in flight: mostly after the last deadline. */
  audit(lastUs: number): AuditRecord {
    const { errorUs, freesLateUs, resources } = this.#world
    const all = [...this.#engine.holds.values()]
    const shortLived = all.filter(({ deadlineUs }) => deadlineUs < lastUs + 60_000_000)
    const restUs = Math.max(lastUs, ...shortLived.map((hold) => Math.max(hold.toldUs, hold.deadlineUs)))
    const waitUs = 2 * errorUs + freesLateUs
    const takenUs = (this.#random.chance(0.85) ? restUs : lastUs) + waitUs + this.#random.between(1, 5_000)
    this.#engine.passTo(engineUs(this.#world, takenUs))
    return {
      type: 'audit',
      takenUs,
      resources: resources.map(({ id }) => ({ id, taken: this.#counted(id, all) })),
      holds: all.map(({ id, status, lines, deadlineUs }) => ({
        id,
        status,
        lines,
        deadlineMs: this.#deadlineMs(deadlineUs),
      })),
      complaints: [],
      probes: this.#random.chance(0.6) ? this.#probes(all) : [],
    }
  }

  /**
   * The units that the store counts as taken, without those of due holds that the next request would free.
   */
  #counted(id: string, all: readonly EngineHold[]): number {
    let taken = 0
    for (const [resource, units] of this.#engine.taken) if (resource === id) taken += units
    return taken - unitsOf(id, all, (hold) => hold.status === 'expired' && hold.taking)
  }

  #probes(all: readonly EngineHold[]): AuditRecord['probes'] {
    return this.#world.resources.map(({ id, capacity }) => {
      const alive = unitsOf(id, all, ({ status }) => status === 'held' || status === 'confirmed')
      const unitsExpected = capacity - alive
      const room = capacity - this.#counted(id, all)
      const fits = unitsExpected > 0 && unitsExpected <= room
      return {
        resourceId: id,
        unitsExpected,
        unitsHeld: fits ? unitsExpected : 0,
        oneMoreRefused: room < unitsExpected + 1,
      }
    })
  }
}

function unitsOf(id: string, holds: readonly EngineHold[], which: (hold: EngineHold) => boolean): number {
  return holds
    .filter(which)
    .flatMap(({ lines }) => lines)
    .reduce((sum, [resource, units]) => (resource === id ? sum + units : sum), 0)
}
