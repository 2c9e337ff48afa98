/**
 * Decides a small history by trying every order of its events: does the contract allow one of them? Passing
 * deadlines and freed units are separate events, and a call of unknown outcome happens at any time or never.
 *
 * Given an order, each event is placed as early as possible. That loses nothing, because later events only
 * need earlier ones not to be late. The exception, a hold whose deadline was never reported, is tried at
 * every relevant time.
 */
import type { HistoryEvent, LegalityProblem } from './problem.ts'

/** More would take too long. */
const STATES_MAX = 400_000

/** A store at rest is read within this time. Deadlines may pass meanwhile; no call arrives any more. */
const READING_US_MAX = 60_000_000

const NONE = 0
const HELD = 1
/** Past its deadline, so that it can no longer be confirmed; its units are not free yet. */
const DUE = 2
const EXPIRED = 3
const CONFIRMED = 4
const RELEASED = 5

/** The search gave up. This has not happened with histories of the generated size. */
export class TooLargeError extends Error {
  override readonly name = 'TooLargeError'
}

/** Whether the contract allows this history. */
export function isLegal(problem: LegalityProblem): boolean {
  return new Search(problem).run()
}

/** The state of a hold at one moment of the search. */
interface HoldState {
  readonly status: number
  readonly payload: number
  /** The bounds of the time at which the deadline may pass by the engine's clock. */
  readonly dueFromUs: number
  readonly dueToUs: number
  /** Before this, its deadline is not decided: nobody confirms, releases or gets the hold again. */
  readonly decidedFromUs: number
}

interface State {
  readonly nowUs: number
  /** A bit for each event that has happened. */
  readonly done: number
  readonly holds: readonly HoldState[]
  readonly used: readonly number[]
  /** Payloads that were refused, as `payload:resource`. */
  readonly refused: readonly string[]
}

const UNBORN: HoldState = {
  status: NONE,
  payload: -1,
  dueFromUs: 0,
  dueToUs: Number.POSITIVE_INFINITY,
  decidedFromUs: Number.NEGATIVE_INFINITY,
}

/**
 * Whether one call had ended when the other began. A call that begins in the microsecond in which another
 * ends comes after it: records round beginnings down and ends up.
 */
function precedes(one: HistoryEvent, other: HistoryEvent): boolean {
  if (!one.certain || one.call === other.call || one.toUs > other.fromUs) return false
  if (one.fromUs < other.fromUs || one.toUs < other.toUs) return true
  return one.process === other.process && one.call < other.call
}

/** The earliest moment of an event that needs a decided deadline. */
function decidedFromUs({ holds }: State, event: HistoryEvent): number {
  if (event.op === 'read') return Number.NEGATIVE_INFINITY
  if (event.op === 'hold' && event.reply.kind !== 'held') return Number.NEGATIVE_INFINITY
  return holds[event.hold]?.decidedFromUs ?? Number.NEGATIVE_INFINITY
}

class Search {
  readonly #problem: LegalityProblem
  readonly #certain: number
  readonly #seen = new Map<string, number>()
  #states = 0
  /** For each event, the events that had ended before it began. */
  readonly #before: readonly number[]
  /** The latest time by which all events must have happened. */
  readonly #endUs: number

  constructor(problem: LegalityProblem) {
    this.#problem = problem
    if (problem.events.length > 30) throw new TooLargeError(`${problem.events.length} events are too many`)
    this.#certain = problem.events.reduce((mask, event, at) => (event.certain ? mask | (1 << at) : mask), 0)
    this.#before = problem.events.map((event) =>
      problem.events.reduce((mask, other, at) => (precedes(other, event) ? mask | (1 << at) : mask), 0),
    )
    this.#endUs = Math.max(0, ...problem.events.map((event) => (event.certain ? event.toUs : 0)))
  }

  run(): boolean {
    return this.#search({
      nowUs: Number.NEGATIVE_INFINITY,
      done: 0,
      holds: this.#problem.holds.map(() => UNBORN),
      used: this.#problem.capacities.map(() => 0),
      refused: [],
    })
  }

  #search(state: State): boolean {
    if ((state.done & this.#certain) === this.#certain && this.#isAsAtRest(state)) return true
    if (this.#wasWorse(state)) return false
    if (++this.#states > STATES_MAX) throw new TooLargeError('there are too many orders to try')
    const { events } = this.#problem
    // Nothing may happen after the end of a call that has not happened yet.
    let latestUs = Number.POSITIVE_INFINITY
    events.forEach((event, at) => {
      if (event.certain && (state.done & (1 << at)) === 0) latestUs = Math.min(latestUs, event.toUs)
    })
    for (let at = 0; at < events.length; at++) {
      const event = events[at]
      const before = this.#before[at] ?? 0
      if (event === undefined || (state.done & (1 << at)) !== 0 || (state.done & before) !== before) continue
      const atUs = Math.max(state.nowUs, event.fromUs, decidedFromUs(state, event))
      if (atUs > latestUs || !this.#mayBe(state, atUs)) continue
      const after = this.#after({ ...state, nowUs: atUs, done: state.done | (1 << at) }, event, latestUs)
      if (after.some((next) => this.#search(next))) return true
    }
    return state.holds.some((_, hold) => {
      const next = this.#passed(state, hold, latestUs)
      return next !== undefined && this.#search(next)
    })
  }

  /** Whether the same state was reached before, no later than now. Also records that it is reached now. */
  #wasWorse(state: State): boolean {
    const holds = state.holds.map(
      (hold) => `${hold.status},${hold.payload},${hold.dueFromUs},${hold.dueToUs},${hold.decidedFromUs}`,
    )
    const key = `${state.done}|${holds.join('|')}|${state.refused.join()}`
    const seenUs = this.#seen.get(key)
    if (seenUs !== undefined && seenUs <= state.nowUs) return true
    this.#seen.set(key, state.nowUs)
    return false
  }

  /** Whether it can be this late without a hold's deadline having passed, or its units having been freed. */
  #mayBe(state: State, atUs: number): boolean {
    return state.holds.every(({ status, dueToUs }) => {
      if (status === HELD) return atUs <= dueToUs
      return status !== DUE || atUs <= dueToUs + this.#problem.lateUs
    })
  }

  /** The next event of a hold without a call: its deadline passes, or its units are freed. */
  #passed(state: State, at: number, latestUs: number): State | undefined {
    const hold = state.holds[at]
    if (hold === undefined || (hold.status !== HELD && hold.status !== DUE)) return undefined
    const nowUs = Math.max(state.nowUs, hold.status === HELD ? hold.dueFromUs : state.nowUs)
    if (nowUs > latestUs || !this.#mayBe(state, nowUs)) return undefined
    // If units are freed without delay, one event does both.
    const status = hold.status === HELD && this.#problem.lateUs > 0 ? DUE : EXPIRED
    const used = status === EXPIRED ? this.#used(state.used, hold.payload, -1) : state.used
    return { ...state, nowUs, used, holds: state.holds.with(at, { ...hold, status }) }
  }

  /** The states after an event; none if it cannot happen now. */
  #after(state: State, event: HistoryEvent, latestUs: number): readonly State[] {
    switch (event.op) {
      case 'hold':
        return this.#afterHold(state, event, latestUs)
      case 'read':
        return this.#isFree(state, event.resource, event.units) ? [state] : []
      case 'confirm': {
        const { status } = state.holds[event.hold] ?? UNBORN
        if (event.reply === 'gone') return status === HELD || status === CONFIRMED ? [] : [state]
        if (status === HELD) return [this.#withStatus(state, event.hold, CONFIRMED)]
        return event.reply === 'ok' && status === CONFIRMED ? [state] : []
      }
      case 'release': {
        const { status, payload } = state.holds[event.hold] ?? UNBORN
        if (event.reply === 'gone')
          return status === NONE || status === DUE || status === EXPIRED ? [state] : []
        if (event.reply === 'already-confirmed') return status === CONFIRMED ? [state] : []
        if (status === RELEASED && event.reply === 'ok') return [state]
        if (status !== HELD) return []
        return [
          { ...this.#withStatus(state, event.hold, RELEASED), used: this.#used(state.used, payload, -1) },
        ]
      }
    }
  }

  #afterHold(state: State, event: HistoryEvent & { op: 'hold' }, latestUs: number): readonly State[] {
    const { status, payload } = state.holds[event.hold] ?? UNBORN
    const { reply } = event
    if (status !== NONE) {
      const same = payload === event.payload
      return (reply.kind === 'held' && same) || (reply.kind === 'id-reused' && !same) ? [state] : []
    }
    switch (reply.kind) {
      case 'held':
        return this.#granted(state, event, latestUs)
      case 'sold-out': {
        const mark = `${event.payload}:${reply.resource}`
        const short = this.#isShort(state, event.payload, reply.resource)
        const legal = !this.#problem.exactRefusals || short || state.refused.includes(mark)
        return legal ? [this.#refused(state, mark)] : []
      }
      case 'id-reused': {
        const others = this.#problem.payloads.map((other, at) => (other.hold === event.hold ? at : -1))
        const used = others.filter((at) => at >= 0 && at !== event.payload)
        return used.some((at) => state.refused.some((mark) => mark.startsWith(`${at}:`))) ? [state] : []
      }
      case 'unknown':
        return [...this.#granted(state, event, latestUs), ...this.#perhapsRefused(state, event.payload)]
    }
  }

  /** The refusal was not observed, but if refusals are final, the same id gets the same answer again. */
  #perhapsRefused(state: State, payload: number): readonly State[] {
    const lines = this.#problem.payloads[payload]?.lines ?? []
    return lines
      .filter(([resource]) => !this.#problem.exactRefusals || this.#isShort(state, payload, resource))
      .map(([resource]) => this.#refused(state, `${payload}:${resource}`))
  }

  /** The hold is made now, or later if its deadline depends on that. */
  #granted(state: State, event: HistoryEvent & { op: 'hold' }, latestUs: number): readonly State[] {
    const { errorUs, holds, payloads, capacities } = this.#problem
    const known = holds[event.hold] ?? {}
    const lines = payloads[event.payload]?.lines ?? []
    if (known.payload !== undefined && known.payload !== event.payload) return []
    if (lines.some(([resource, units]) => (state.used[resource] ?? 0) + units > (capacities[resource] ?? 0)))
      return []
    if (!this.#isNextVersion(state, event.hold, event.payload)) return []
    const earliestUs = event.fromUs + event.ttlUs
    const told = known.deadlineUs
    const grant = (
      nowUs: number,
      due: Pick<HoldState, 'dueFromUs' | 'dueToUs' | 'decidedFromUs'>,
    ): State => ({
      ...state,
      nowUs,
      used: this.#used(state.used, event.payload, 1),
      holds: state.holds.with(event.hold, { status: HELD, payload: event.payload, ...due }),
    })
    if (told === undefined) {
      const { ttlUs } = event
      return this.#timesToGrant(state, event, latestUs).map((nowUs) =>
        grant(nowUs, {
          dueFromUs: earliestUs - 2 * errorUs,
          dueToUs: nowUs + ttlUs + 2 * errorUs,
          decidedFromUs: Number.NEGATIVE_INFINITY,
        }),
      )
    }
    // The engine read its clock during the call, before or after it took the units; and its clock may be
    // wrong by ε.
    const { nowUs } = state
    const decidedFromUs = told - event.ttlUs - errorUs
    if (told < earliestUs - errorUs || decidedFromUs > event.toUs) return []
    const granted = grant(nowUs, { dueFromUs: told - errorUs, dueToUs: told + errorUs, decidedFromUs })
    return nowUs <= told + errorUs ? [granted] : this.#grantedTooLate(granted, event.hold, state.used)
  }

  /** A request that arrives after its own deadline: the hold expires as soon as it is made. */
  #grantedTooLate(granted: State, at: number, used: readonly number[]): readonly State[] {
    const hold = granted.holds[at] ?? UNBORN
    const expired = { ...granted, used, holds: granted.holds.with(at, { ...hold, status: EXPIRED }) }
    const due = { ...granted, holds: granted.holds.with(at, { ...hold, status: DUE }) }
    return granted.nowUs <= hold.dueToUs + this.#problem.lateUs ? [due, expired] : [expired]
  }

  /** A hold of unknown deadline lives longer the later it was made, so a later grant may allow more. */
  #timesToGrant(state: State, event: HistoryEvent & { op: 'hold' }, latestUs: number): readonly number[] {
    const { errorUs, events, holds, lateUs } = this.#problem
    const lastsUs = event.ttlUs + 2 * errorUs
    if (state.nowUs + lastsUs >= this.#endUs) return [state.nowUs]
    const limits = events.filter(({ certain }) => certain).map(({ toUs }) => toUs)
    for (const { deadlineUs } of holds) {
      if (deadlineUs !== undefined) limits.push(deadlineUs + errorUs, deadlineUs + errorUs + lateUs)
    }
    for (const { status, dueToUs } of state.holds) if (status === HELD) limits.push(dueToUs, dueToUs + lateUs)
    const later = limits.filter((us) => us > state.nowUs && us <= latestUs && this.#mayBe(state, us))
    return [...new Set([state.nowUs, ...later])].toSorted((a, b) => a - b)
  }

  #isNextVersion(state: State, hold: number, payload: number): boolean {
    const versions = this.#problem.holds[hold]?.versions
    if (versions === undefined) return true
    const lines = this.#problem.payloads[payload]?.lines ?? []
    return lines.every(([resource], line) =>
      state.holds.every(({ status }, other) => {
        if (status === NONE) return true
        const before = this.#versionOf(other, resource)
        return before === undefined || before < (versions[line] ?? 0)
      }),
    )
  }

  #versionOf(hold: number, resource: number): number | undefined {
    const { payload, versions } = this.#problem.holds[hold] ?? {}
    if (payload === undefined || versions === undefined) return undefined
    const lines = this.#problem.payloads[payload]?.lines ?? []
    const line = lines.findIndex(([id]) => id === resource)
    return line < 0 ? undefined : versions[line]
  }

  #isShort(state: State, payload: number, resource: number): boolean {
    const units = this.#problem.payloads[payload]?.lines.find(([id]) => id === resource)?.[1] ?? 0
    return (state.used[resource] ?? 0) + units > (this.#problem.capacities[resource] ?? 0)
  }

  /** Units of due holds count as free; a read may also find them taken for a while. */
  #isFree(state: State, resource: number, units: number): boolean {
    const least = (this.#problem.capacities[resource] ?? 0) - (state.used[resource] ?? 0)
    let due = 0
    for (const { status, payload } of state.holds) {
      if (status !== DUE) continue
      due += this.#problem.payloads[payload]?.lines.find(([id]) => id === resource)?.[1] ?? 0
    }
    return least <= units && units <= least + due
  }

  /** Whether the store at rest, read now, would show what the audit shows. */
  #isAsAtRest(state: State): boolean {
    const { rest, endsAlike = false } = this.#problem
    if (rest === undefined) return true
    const readUs = Math.max(state.nowUs, rest.takenUs)
    if (readUs > rest.takenUs + READING_US_MAX || !this.#mayBe(state, readUs)) return false
    return state.holds.every(({ status }, hold) => {
      switch (rest.status[hold]) {
        case 'held':
          return status === HELD
        case 'confirmed':
          return status === CONFIRMED
        case 'released':
          if (this.#isRefused(hold, status)) return true
          return status === RELEASED || (endsAlike && (status === DUE || status === EXPIRED))
        case 'expired':
          if (this.#isRefused(hold, status)) return true
          return status === DUE || status === EXPIRED || (endsAlike && status === RELEASED)
        default:
          // A hold is answered again even after its end, so the store keeps it; unless nobody was told of it.
          return status === NONE || (!this.#wasAnswered(hold) && (status === EXPIRED || status === RELEASED))
      }
    })
  }

  /** Whether anything says that the hold was made. */
  #wasAnswered(hold: number): boolean {
    return this.#problem.events.some((event) => {
      if (event.op === 'read' || event.hold !== hold) return false
      if (event.op === 'hold') return event.reply.kind === 'held'
      return event.reply === 'ok' || event.reply === 'already-confirmed'
    })
  }

  /** A technique may write a hold down before it finds no room, and end it then. */
  #isRefused(hold: number, status: number): boolean {
    return status === NONE && this.#problem.holds[hold]?.mayBeMade !== true
  }

  #withStatus(state: State, hold: number, status: number): State {
    const before = state.holds[hold] ?? UNBORN
    return { ...state, holds: state.holds.with(hold, { ...before, status }) }
  }

  #refused(state: State, mark: string): State {
    if (state.refused.includes(mark)) return state
    return { ...state, refused: [...state.refused, mark].toSorted() }
  }

  #used(used: readonly number[], payload: number, sign: 1 | -1): readonly number[] {
    const after = [...used]
    for (const [resource, units] of this.#problem.payloads[payload]?.lines ?? []) {
      after[resource] = (after[resource] ?? 0) + sign * units
    }
    return after
  }
}
