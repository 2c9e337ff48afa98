/**
 * The queue's core, without a store and without a clock: what the scripts of the stores do, as plain
 * code. Tests compare the stores with it; the time is given with each call.
 */
import {
  CALLED_AT_ONCE,
  type Called,
  DRAWN_AT_ONCE,
  type Ending,
  GAP_MS,
  type JoinAnswer,
  type Joining,
  MINUTE_MS,
  type Move,
  type MoveAnswer,
  type PlaceId,
  type PlaceView,
  type RoomFigures,
  type RoomLimits,
  type RoomRules,
  type RoomSetting,
  SECOND_MS,
  STEERED_MIN,
  type Steering,
  SWEPT_AT_ONCE,
} from './room.ts'

interface Place {
  readonly joining: Joining
  state: 'entrant' | 'waiting' | 'called' | 'inside' | Ending
  number: number
}

/** What one move has done so far. */
interface Done {
  readonly called: Called[]
  readonly ended: { readonly place: PlaceId; readonly why: Ending }[]
  /** Calls that did not lead to an entry: as many may be called at once instead. */
  freed: number
}

export class Queue {
  readonly #rules: RoomRules
  readonly #places = new Map<PlaceId, Place>()
  readonly #ofIdentity = new Map<string, PlaceId>()
  readonly #entrants = new Set<PlaceId>()
  /**
   * By number; numbers only grow, so a map keeps their order. First those whom the lottery has put in
   * order.
   */
  readonly #drawn = new Map<number, PlaceId>()
  readonly #waiting = new Map<number, PlaceId>()
  /** Deadlines, and the moments of events, by place. */
  readonly #called = new Map<PlaceId, number>()
  readonly #inside = new Map<PlaceId, number>()
  readonly #seen = new Map<PlaceId, number>()
  #entries: number[] = []
  #calls: number[] = []
  readonly #lottery: Called[] = []
  readonly #ended: Record<Ending, number> = { left: 0, 'passed-over': 0, 'ran-out': 0, away: 0 }
  readonly #opensAtMs: number
  #setting: Omit<RoomSetting, 'opened'> & Pick<RoomFigures, 'activeMost'>
  #isOpen: boolean = false
  #drawnNumber = 0
  #calledNumber = 0
  #lotteryNext = 1
  #joined = 0
  #admitted = 0
  #movedMs: number
  #gapMs = Number.NEGATIVE_INFINITY
  #steeredMs = Number.NEGATIVE_INFINITY

  constructor(rules: RoomRules, limits: RoomLimits, nowMs: number) {
    this.#rules = rules
    this.#setting = { ...limits, activeMost: limits.activeMax, targetMs: 0, door: 'queue', stock: 'some' }
    this.#opensAtMs = nowMs + rules.opensInMs
    this.#movedMs = nowMs
  }

  join(joining: Joining, nowMs: number): JoinAnswer {
    if (nowMs >= this.#opensAtMs) this.#openNow()
    const known = this.#ofIdentity.get(joining.identity)
    if (known !== undefined) {
      const found = this.#places.get(known)
      if (found?.joining.binding !== joining.binding) return { kind: 'taken' }
      return { kind: 'joined', place: known, isNew: false, number: found.number }
    }
    if (this.#setting.door === 'closed') return { kind: 'closed' }
    if (this.#setting.stock === 'gone') return { kind: 'sold-out' }
    if (this.#waiters >= this.#rules.waitingMax) return { kind: 'full' }
    this.#joined += 1
    const { place } = joining
    const draws = this.#rules.order === 'lottery' && !this.#isOpen
    const number = draws ? 0 : ++this.#drawnNumber
    this.#places.set(place, { joining, state: draws ? 'entrant' : 'waiting', number })
    this.#ofIdentity.set(joining.identity, place)
    if (draws) this.#entrants.add(place)
    else this.#waiting.set(number, place)
    this.#seen.set(place, nowMs)
    return { kind: 'joined', place, isNew: true, number }
  }

  move(move: Move, nowMs: number): MoveAnswer {
    const done: Done = { called: [], ended: [], freed: 0 }
    this.#settleClock(nowMs)
    this.#open(nowMs)
    this.#expire(nowMs, done)
    if (move.kind === 'enter') this.#enter(move.place, nowMs)
    if (move.kind === 'leave') this.#leave(move.place, done)
    this.#call(nowMs, done)
    const view = move.kind === 'step' ? ({ kind: 'unknown' } as const) : this.look(move.place, nowMs)
    return { called: done.called, ended: done.ended, view }
  }

  look(place: PlaceId, nowMs: number, isSeen = false): PlaceView {
    const found = this.#places.get(place)
    if (found === undefined) return { kind: 'unknown' }
    const { state, number } = found
    if (isSeen && this.#seen.has(place)) this.#seen.set(place, nowMs)
    switch (state) {
      case 'entrant':
        return { kind: state }
      case 'waiting':
        return { kind: state, number }
      case 'called':
      case 'inside': {
        const untilMs = (state === 'called' ? this.#called : this.#inside).get(place) ?? nowMs
        return { kind: state, number, leftMs: Math.max(0, untilMs - nowMs) }
      }
      default:
        return { kind: 'ended', why: state }
    }
  }

  insideMs(place: PlaceId, nowMs: number): number {
    return Math.max(0, (this.#inside.get(place) ?? nowMs) - nowMs)
  }

  figures(nowMs: number): RoomFigures {
    return {
      ...this.#setting,
      order: this.#rules.order,
      isOpen: this.#isOpen,
      opensInMs: Math.max(0, this.#opensAtMs - nowMs),
      calledNumber: this.#calledNumber,
      drawnNumber: this.#drawnNumber,
      length: this.#waiters - this.#away(nowMs).length,
      entrants: this.#entrants.size,
      called: this.#called.size,
      inside: this.#inside.size,
      joined: this.#joined,
      admitted: this.#admitted,
      ended: { ...this.#ended },
    }
  }

  set({ opened, activeMax, ...setting }: Partial<RoomSetting>, nowMs: number): void {
    this.#setting = { ...this.#setting, ...setting }
    if (opened) this.#openNow()
    if (activeMax !== undefined) {
      this.#setting = { ...this.#setting, activeMax: this.#limitFor(activeMax), activeMost: activeMax }
      this.#steeredMs = nowMs
    } else if (setting.targetMs === 0)
      this.#setting = { ...this.#setting, activeMax: this.#setting.activeMost }
  }

  #limitFor(most: number): number {
    const { activeMax, targetMs } = this.#setting
    if (targetMs === 0) return most
    return Math.min(most, activeMax === 0 ? STEERED_MIN : activeMax)
  }

  steer({ from, to, periodMs }: Steering, nowMs: number): boolean {
    const isTooSoon = to >= from && nowMs - this.#steeredMs < periodMs
    const { activeMax, activeMost } = this.#setting
    if (activeMax !== from || to > activeMost || isTooSoon) return false
    this.#setting = { ...this.#setting, activeMax: to }
    this.#steeredMs = nowMs
    return true
  }

  drawn(from: number, limit: number): readonly Called[] {
    return this.#isOpen ? this.#lottery.filter(({ number }) => number >= from).slice(0, limit) : []
  }

  /** Some of them may have gone away, which the next move finds. */
  get #waiters(): number {
    return this.#entrants.size + this.#drawn.size + this.#waiting.size
  }

  /** While nobody moved the room, nobody could come: deadlines move with the time that is missing. */
  #settleClock(nowMs: number): void {
    const gapMs = nowMs - this.#movedMs
    this.#movedMs = nowMs
    if (gapMs >= 0 && gapMs <= GAP_MS) return
    const { comeMs, insideMs } = this.#rules
    for (const [place, ms] of this.#called) this.#called.set(place, Math.min(ms + gapMs, nowMs + comeMs))
    for (const [place, ms] of this.#inside) this.#inside.set(place, Math.min(ms + gapMs, nowMs + insideMs))
    this.#entries = this.#entries.map((ms) => Math.min(ms + gapMs, nowMs))
    this.#calls = this.#calls.map((ms) => Math.min(ms + gapMs, nowMs))
    this.#gapMs = nowMs
  }

  #open(nowMs: number): void {
    if (nowMs >= this.#opensAtMs) this.#openNow()
    if (!this.#isOpen || this.#entrants.size === 0) return
    const inOrder = [...this.#entrants]
      .map((place) => ({ place, draw: this.#places.get(place)?.joining.draw ?? '' }))
      .sort((a, b) => (`${a.draw}${a.place}` < `${b.draw}${b.place}` ? -1 : 1))
    for (const { place } of inOrder.slice(0, DRAWN_AT_ONCE)) {
      const number = this.#lotteryNext++
      Object.assign(this.#places.get(place) ?? {}, { state: 'waiting', number })
      this.#entrants.delete(place)
      this.#drawn.set(number, place)
      this.#lottery.push({ place, number })
    }
  }

  /** Numbers are put aside for the entrants: who comes from now on is behind them, drawn or not. */
  #openNow(): void {
    if (this.#isOpen) return
    this.#isOpen = true
    this.#lotteryNext = this.#drawnNumber + 1
    this.#drawnNumber += this.#entrants.size
  }

  #expire(nowMs: number, done: Done): void {
    for (const [place, untilMs] of this.#called) {
      if (untilMs > nowMs) continue
      this.#called.delete(place)
      this.#end(place, 'passed-over', done)
      done.freed += 1
    }
    for (const [place, untilMs] of this.#inside) {
      if (untilMs > nowMs) continue
      this.#inside.delete(place)
      this.#end(place, 'ran-out', done)
    }
    for (const place of this.#away(nowMs).slice(0, SWEPT_AT_ONCE)) this.#goAway(place, done)
  }

  #away(nowMs: number): readonly PlaceId[] {
    const { awayMs } = this.#rules
    if (awayMs === 0 || nowMs - this.#gapMs < awayMs) return []
    return [...this.#seen].filter(([, ms]) => ms <= nowMs - awayMs).map(([place]) => place)
  }

  #goAway(place: PlaceId, done: Done): void {
    this.#unqueue(place)
    this.#end(place, 'away', done)
  }

  #unqueue(place: PlaceId): void {
    const number = this.#places.get(place)?.number ?? 0
    this.#entrants.delete(place)
    this.#drawn.delete(number)
    this.#waiting.delete(number)
  }

  #enter(place: PlaceId, nowMs: number): void {
    const found = this.#places.get(place)
    if (found?.state !== 'called') return
    this.#called.delete(place)
    this.#inside.set(place, nowMs + this.#rules.insideMs)
    this.#entries.push(nowMs)
    this.#admitted += 1
    found.state = 'inside'
  }

  #leave(place: PlaceId, done: Done): void {
    const found = this.#places.get(place)
    if (found === undefined || this.#ofIdentity.get(found.joining.identity) !== place) return
    this.#unqueue(place)
    if (this.#called.delete(place)) done.freed += 1
    this.#inside.delete(place)
    this.#end(place, 'left', done)
  }

  #end(place: PlaceId, why: Ending, done: Done): void {
    const found = this.#places.get(place)
    if (found === undefined) return
    found.state = why
    this.#seen.delete(place)
    this.#ofIdentity.delete(found.joining.identity)
    this.#ended[why] += 1
    done.ended.push({ place, why })
  }

  #call(nowMs: number, done: Done): void {
    const { door, stock } = this.#setting
    if (!this.#isOpen || door !== 'queue' || stock !== 'some') return
    let free = this.#free(nowMs, done.freed)
    const away = new Set(this.#away(nowMs))
    for (const [number, place] of this.#inOrder()) {
      if (free <= 0) return
      this.#calledNumber = number
      if (away.has(place)) {
        this.#goAway(place, done)
        continue
      }
      this.#unqueue(place)
      this.#seen.delete(place)
      this.#called.set(place, nowMs + this.#rules.comeMs)
      this.#calls.push(nowMs)
      Object.assign(this.#places.get(place) ?? {}, { state: 'called' })
      done.called.push({ place, number })
      free -= 1
    }
  }

  /** Who came after the opening is behind entrants who are not drawn yet. */
  *#inOrder(): Generator<readonly [number, PlaceId]> {
    yield* this.#drawn
    if (this.#entrants.size === 0) yield* this.#waiting
  }

  #free(nowMs: number, freed: number): number {
    const { activeMax, perMinute } = this.#setting
    this.#entries = this.#entries.filter((ms) => ms > nowMs - MINUTE_MS)
    this.#calls = this.#calls.filter((ms) => ms > nowMs - SECOND_MS)
    const active = this.#called.size + this.#inside.size
    const free = Math.min(CALLED_AT_ONCE, activeMax - active)
    if (perMinute === 0) return free
    return Math.min(
      free,
      perMinute - this.#entries.length - this.#called.size,
      // A minute's worth is not called in its first second; who replaces one that did not come is no
      // addition.
      Math.ceil(perMinute / 60) - this.#calls.length + freed,
    )
  }
}
