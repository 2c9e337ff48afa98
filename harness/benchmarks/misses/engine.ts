/**
 * A sequential reservation engine in memory, written from the contract's prose. It is correct unless a bug is
 * planted in it: then it does one thing wrong, once, and continues with the resulting state.
 */
import type { HoldId, ResourceId } from '../../../strategies/strategy.ts'
import type { LineRecord, StoredStatus } from '../../history/record.ts'
import type { Bugs } from './bugs.ts'
import type { SeededRandom } from './random.ts'
import type { World } from './world.ts'

/** A hold as the engine stores it. Times are by the engine's clock, in microseconds, without the offset. */
export interface EngineHold {
  readonly id: HoldId
  readonly lines: readonly LineRecord[]
  /** The deadline in every answer. */
  toldUs: number
  /** The deadline that the engine applies: the same, unless a bug changes it. */
  deadlineUs: number
  /** When its units are freed: at the deadline or, if the engine frees late, up to λ after it. */
  freesAtUs: number
  versions: readonly number[]
  status: StoredStatus
  /** Whether its units are counted as taken. */
  taking: boolean
}

export interface CallRequest {
  readonly holdId: HoldId
  readonly lines: readonly LineRecord[]
  readonly ttlMs: number
}

export type HoldReply =
  | { readonly kind: 'held'; readonly toldUs: number; readonly versions: readonly number[] }
  | { readonly kind: 'sold-out'; readonly resourceId: ResourceId }
  | { readonly kind: 'id-reused' }

/** Whether two requests have the same units. */
function sameLines(one: readonly LineRecord[], other: readonly LineRecord[]): boolean {
  return (
    one.length === other.length &&
    one.every(([id, units]) => other.some((l) => l[0] === id && l[1] === units))
  )
}

export class ModelEngine {
  readonly holds = new Map<HoldId, EngineHold>()
  /** Refused ids and their answer, if refusals are final. */
  readonly #refused = new Map<HoldId, { readonly request: CallRequest; readonly resourceId: ResourceId }>()
  readonly #capacity = new Map<ResourceId, number>()
  readonly taken = new Map<ResourceId, number>()
  readonly #takenBefore = new Map<ResourceId, number>()
  readonly #version = new Map<ResourceId, number>()
  readonly #world: World
  readonly #random: SeededRandom
  readonly bugs: Bugs
  /** Effects that a bug postponed: applied after the next call. */
  #later: (() => void)[] = []

  constructor(world: World, random: SeededRandom, bugs: Bugs) {
    this.#world = world
    this.#random = random
    this.bugs = bugs
    for (const { id, capacity } of world.resources) {
      this.#capacity.set(id, capacity)
      this.taken.set(id, 0)
    }
  }

  /** Lets deadlines pass up to this moment. Must be called before each call. */
  passTo(nowUs: number): void {
    for (const hold of this.holds.values()) {
      if (hold.status === 'held') this.#perhapsEndEarly(hold, nowUs)
      if (hold.status === 'held' && hold.deadlineUs < nowUs) {
        hold.status = 'expired'
        if (this.bugs.strikes('expired-units-lost')) hold.taking = false
      }
      if (hold.status === 'expired' && hold.taking && hold.freesAtUs <= nowUs) this.#free(hold)
      if (hold.status === 'confirmed' && hold.taking && hold.deadlineUs < nowUs) {
        if (this.bugs.strikes('sale-sold-again')) this.#free(hold)
      }
    }
  }

  hold(request: CallRequest, clockReadUs: number): HoldReply {
    const late = this.#later
    this.#later = []
    const reply = this.#answerHold(request, clockReadUs)
    for (const task of late) task()
    return reply
  }

  confirm(id: HoldId): 'confirmed' | 'gone' {
    const hold = this.holds.get(id)
    switch (hold?.status) {
      case 'held':
        if (this.bugs.strikes('live-called-gone')) return 'gone'
        if (this.bugs.strikes('confirm-lost')) return 'confirmed'
        hold.status = 'confirmed'
        this.#bump(hold)
        return 'confirmed'
      case 'confirmed':
        return this.bugs.strikes('answer-changed') ? 'gone' : 'confirmed'
      case 'expired':
        if (!this.bugs.strikes('confirmed-after-expiry')) return 'gone'
        hold.status = 'confirmed'
        if (!hold.taking) this.#take(hold)
        return 'confirmed'
      case 'released':
        if (!this.bugs.strikes('confirmed-after-release')) return 'gone'
        hold.status = 'confirmed'
        this.#take(hold)
        return 'confirmed'
      default:
        return 'gone'
    }
  }

  release(id: HoldId): 'released' | 'already-confirmed' | 'gone' {
    const hold = this.holds.get(id)
    switch (hold?.status) {
      case 'held':
        return this.#releaseHeld(hold)
      case 'confirmed':
        if (this.bugs.strikes('answer-changed')) return 'gone'
        if (!this.bugs.strikes('sale-released')) return 'already-confirmed'
        hold.status = 'released'
        this.#free(hold)
        return 'released'
      case 'released':
        return this.bugs.strikes('answer-changed') ? 'gone' : 'released'
      default:
        return this.bugs.strikes('sale-claimed') ? 'already-confirmed' : 'gone'
    }
  }

  /**
   * Units of due holds count as free, except that an engine that frees late may count them a while longer.
   */
  available(id: ResourceId): number {
    const capacity = this.#capacity.get(id) ?? 0
    const free = capacity - (this.taken.get(id) ?? 0)
    if (this.bugs.strikes('read-too-many')) return free + 1
    if (free > 0 && this.bugs.strikes('read-too-few')) return free - 1
    const before = this.#takenBefore.get(id)
    if (before !== undefined && capacity - before !== free && this.bugs.strikes('read-stale')) {
      return capacity - before
    }
    if (this.#random.chance(0.5)) return free
    let due = 0
    for (const hold of this.holds.values()) {
      if (hold.status === 'expired' && hold.taking) due += unitsOf(hold, id)
    }
    return free + due
  }

  #answerHold(request: CallRequest, clockReadUs: number): HoldReply {
    const known = this.holds.get(request.holdId)
    if (known !== undefined) return this.#answerKnown(known, request, clockReadUs)
    const refused = this.#refused.get(request.holdId)
    if (refused !== undefined) {
      if (!sameLines(refused.request.lines, request.lines)) return { kind: 'id-reused' }
      return { kind: 'sold-out', resourceId: refused.resourceId }
    }
    if (this.bugs.strikes('id-called-reused')) return { kind: 'id-reused' }
    const short = request.lines.filter(([id, units]) => units > this.#room(id))
    const first = request.lines[0]
    if (short.length === 0 && first !== undefined) {
      const falsely = this.bugs.strikes('false-sold-out')
      if (falsely || (this.#world.refusals === 'spurious' && this.#random.chance(0.2))) {
        return this.#refuse(request, this.#random.pick(request.lines)[0])
      }
      return this.#grant(request, clockReadUs)
    }
    if (short.some(([id]) => this.bugs.sellsTooMany(id))) return this.#grant(request, clockReadUs)
    if (first !== undefined && short.every(([id]) => id !== first[0]) && this.bugs.strikes('torn-refusal')) {
      this.taken.set(first[0], (this.taken.get(first[0]) ?? 0) + first[1])
    }
    return this.#refuse(request, this.#random.pick(short)[0])
  }

  #answerKnown(known: EngineHold, request: CallRequest, clockReadUs: number): HoldReply {
    if (!sameLines(known.lines, request.lines)) {
      if (this.bugs.strikes('other-lines-accepted')) return this.#grant(request, clockReadUs)
      return { kind: 'id-reused' }
    }
    if (this.bugs.strikes('replay-takes-again')) return this.#grant(request, clockReadUs)
    if (this.bugs.strikes('replay-refused')) {
      return { kind: 'sold-out', resourceId: this.#random.pick(request.lines)[0] }
    }
    if (this.bugs.strikes('replay-called-reused')) return { kind: 'id-reused' }
    const moved = this.bugs.strikes('replay-other-deadline') ? this.#wrongBy(request) : 0
    // The lines may have another order this time, and versions follow the lines.
    const versions = request.lines.map(
      ([id]) => known.versions[known.lines.findIndex((l) => l[0] === id)] ?? 0,
    )
    return { kind: 'held', toldUs: known.toldUs + moved, versions }
  }

  #grant(request: CallRequest, clockReadUs: number): HoldReply {
    const { freesLateUs } = this.#world
    const rightUs = clockReadUs + request.ttlMs * 1_000
    const toldUs = rightUs + (this.bugs.strikes('deadline-wrong') ? this.#wrongBy(request) : 0)
    const deadlineUs = toldUs + (this.bugs.strikes('deadline-not-kept') ? this.#wrongBy(request) : 0)
    const hold: EngineHold = {
      id: request.holdId,
      lines: request.lines,
      toldUs,
      deadlineUs,
      freesAtUs: deadlineUs + (freesLateUs === 0 ? 0 : this.#random.between(0, freesLateUs)),
      versions: [],
      // A late request may be granted with a deadline that has passed; `passTo` ends it before the next call.
      status: 'held',
      taking: false,
    }
    this.holds.set(hold.id, hold)
    if (hold.lines.length > 1 && this.bugs.strikes('torn-grant'))
      this.#take({ ...hold, lines: hold.lines.slice(1) })
    else if (hold.lines.length > 1 && this.bugs.strikes('line-taken-late')) {
      this.#take({ ...hold, lines: hold.lines.slice(0, 1) })
      this.#later.push(() => this.#take({ ...hold, lines: hold.lines.slice(1) }))
    } else this.#take(hold)
    hold.taking = true
    hold.versions = this.#bump(hold)
    return { kind: 'held', toldUs, versions: hold.versions }
  }

  #refuse(request: CallRequest, resourceId: ResourceId): HoldReply {
    if (this.#world.refusedIds === 'final') this.#refused.set(request.holdId, { request, resourceId })
    return { kind: 'sold-out', resourceId }
  }

  #releaseHeld(hold: EngineHold): 'released' | 'already-confirmed' | 'gone' {
    if (this.bugs.strikes('live-called-gone')) return 'gone'
    if (this.bugs.strikes('sale-claimed')) return 'already-confirmed'
    if (this.bugs.strikes('release-undone')) return 'released'
    hold.status = 'released'
    this.#bump(hold)
    if (this.bugs.strikes('released-units-lost')) {
      hold.taking = false
      return 'released'
    }
    this.#free(hold)
    if (hold.lines.some(([id]) => (this.taken.get(id) ?? 0) > 0) && this.bugs.strikes('freed-twice')) {
      this.#free(hold)
    }
    return 'released'
  }

  #perhapsEndEarly(hold: EngineHold, nowUs: number): void {
    if (hold.deadlineUs - 2 * this.#world.errorUs <= nowUs) return
    if (this.bugs.strikes('expired-early')) {
      hold.status = 'expired'
      this.#free(hold)
    } else if (hold.taking && this.bugs.strikes('units-freed-early')) this.#free(hold)
  }

  /** An error in a deadline that the clock's own error does not explain. */
  #wrongBy(request: CallRequest): number {
    const { errorUs } = this.#world
    const wrong = 2 * errorUs + this.#random.between(1_000, Math.min(2_000_000, request.ttlMs * 1_000))
    return this.#random.chance(0.5) ? wrong : -wrong
  }

  #room(id: ResourceId): number {
    return (this.#capacity.get(id) ?? 0) - (this.taken.get(id) ?? 0)
  }

  #take(hold: EngineHold): void {
    this.#change(hold, 1)
    hold.taking = true
  }

  #free(hold: EngineHold): void {
    this.#change(hold, -1)
    hold.taking = false
  }

  #change(hold: EngineHold, sign: 1 | -1): void {
    for (const [id, units] of hold.lines) {
      const taken = this.taken.get(id) ?? 0
      this.#takenBefore.set(id, taken)
      this.taken.set(id, Math.max(0, taken + sign * units))
    }
  }

  /** Assigns a version to the change of every resource of a hold. Versions increase, with gaps. */
  #bump(hold: EngineHold): readonly number[] {
    return hold.lines.map(([id]) => {
      const version = (this.#version.get(id) ?? 0) + (this.#random.chance(0.1) ? 2 : 1)
      this.#version.set(id, version)
      return version
    })
  }
}

function unitsOf(hold: EngineHold, id: ResourceId): number {
  return hold.lines.find((line) => line[0] === id)?.[1] ?? 0
}
