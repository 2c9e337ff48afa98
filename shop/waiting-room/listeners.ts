/** Visitors of this process who have a stream open, found by their number. */
import { monotonicMs } from '../../harness/clock.ts'
import type { PlaceId, PlaceView, RoomFigures, RoomStore } from './queue/room.ts'

/** One event of the stream; `data` is one line. */
export type RoomListener = (event: 'room' | 'place', data: string) => void

interface Listening {
  readonly place: PlaceId
  readonly listener: RoomListener
  view: PlaceView
}

/** Places asked for in one call of the store. */
const LOOKED_AT_ONCE = 1_000
/** How often everybody is looked at, besides those whose turn it is. */
const SWEEP_MS = 30_000
const SWEEPS_PER_AWAY = 4
/** How often those are looked at whose time is running. */
const ACTIVE_MS = 1_000

export class Listeners {
  readonly #store: RoomStore
  readonly #sweepMs: number
  readonly #all = new Set<Listening>()
  readonly #ofPlace = new Map<PlaceId, Set<Listening>>()
  readonly #waiting = new Map<number, Set<Listening>>()
  readonly #entrants = new Set<Listening>()
  readonly #active = new Set<Listening>()
  #sweep: PlaceId[] = []
  #sweptMs = monotonicMs()
  #activeMs = monotonicMs()
  #calledNumber = 0
  #toDraw = Number.POSITIVE_INFINITY

  /** Entrants and those who wait are seen often enough that they are not taken for away. */
  constructor(store: RoomStore, awayMs: number) {
    this.#store = store
    this.#sweepMs = awayMs === 0 ? SWEEP_MS : Math.min(SWEEP_MS, awayMs / SWEEPS_PER_AWAY)
  }

  get size(): number {
    return this.#all.size
  }

  add(place: PlaceId, view: PlaceView, listener: RoomListener): Disposable {
    const each: Listening = { place, listener, view }
    this.#all.add(each)
    inSet(this.#ofPlace, place).add(each)
    this.#file(each)
    // Called between the look and now: nobody would come across it again.
    if (view.kind === 'waiting' && view.number <= this.#calledNumber)
      this.look([place]).catch(() => undefined)
    return { [Symbol.dispose]: () => this.#drop(each) }
  }

  tellAll(data: string): void {
    for (const { listener } of this.#all) listener('room', data)
  }

  /** Those whose number is one of so many after this one. */
  tellNear(calledNumber: number, count: number, data: string): void {
    for (let number = calledNumber + 1; number <= calledNumber + count; number++) {
      for (const { listener } of this.#waiting.get(number) ?? []) listener('room', data)
    }
  }

  /** Those whose turn it is by these figures are looked at, and told. */
  async follow({ calledNumber, entrants, isOpen }: RoomFigures): Promise<void> {
    const places: PlaceId[] = []
    if (calledNumber > this.#calledNumber) places.push(...this.#numbered(this.#calledNumber, calledNumber))
    if (isOpen && entrants !== this.#toDraw) for (const { place } of this.#entrants) places.push(place)
    const nowMs = monotonicMs()
    if (nowMs - this.#activeMs >= ACTIVE_MS) {
      this.#activeMs = nowMs
      for (const { place } of this.#active) places.push(place)
    }
    await this.look(places)
    // Only now: after a failure the same are looked at again.
    this.#calledNumber = Math.max(this.#calledNumber, calledNumber)
    this.#toDraw = entrants
    await this.#sweepSome(nowMs)
  }

  /**
   * Looks at places, and tells those whose view is another one. Places that nobody listens to are skipped.
   */
  async look(places: readonly PlaceId[]): Promise<void> {
    const own = [...new Set(places)].filter((place) => this.#ofPlace.has(place))
    for (let from = 0; from < own.length; from += LOOKED_AT_ONCE) {
      const some = own.slice(from, from + LOOKED_AT_ONCE)
      const views = await this.#store.look(some, true)
      for (const [at, place] of some.entries()) this.#see(place, views[at] ?? { kind: 'unknown' })
    }
  }

  #see(place: PlaceId, view: PlaceView): void {
    for (const each of this.#ofPlace.get(place) ?? []) {
      const isSame = each.view.kind === view.kind && numberOf(each.view) === numberOf(view)
      this.#unfile(each)
      each.view = view
      this.#file(each)
      if (!isSame) each.listener('place', JSON.stringify({ view }))
    }
  }

  /** Part of everybody at each tick, so that none takes long. */
  async #sweepSome(nowMs: number): Promise<void> {
    if (this.#sweep.length === 0 && nowMs - this.#sweptMs >= this.#sweepMs) {
      this.#sweptMs = nowMs
      this.#sweep = [...this.#ofPlace.keys()]
    }
    await this.look(this.#sweep.splice(-LOOKED_AT_ONCE))
  }

  #numbered(after: number, last: number): readonly PlaceId[] {
    const places: PlaceId[] = []
    const add = (some: Iterable<Listening>): void => {
      for (const { place } of some) places.push(place)
    }
    if (last - after <= this.#waiting.size)
      for (let number = after + 1; number <= last; number++) add(this.#waiting.get(number) ?? [])
    else for (const [number, some] of this.#waiting) if (number <= last) add(some)
    return places
  }

  #file(each: Listening): void {
    const { view } = each
    if (view.kind === 'waiting') inSet(this.#waiting, view.number).add(each)
    if (view.kind === 'entrant') this.#entrants.add(each)
    if (view.kind === 'called' || view.kind === 'inside') this.#active.add(each)
  }

  #unfile(each: Listening): void {
    if (each.view.kind === 'waiting') outOf(this.#waiting, each.view.number, each)
    this.#entrants.delete(each)
    this.#active.delete(each)
  }

  #drop(each: Listening): void {
    this.#all.delete(each)
    outOf(this.#ofPlace, each.place, each)
    this.#unfile(each)
  }
}

function numberOf(view: PlaceView): number {
  return 'number' in view ? view.number : 0
}

function inSet<Key>(map: Map<Key, Set<Listening>>, key: Key): Set<Listening> {
  const found = map.get(key) ?? new Set()
  map.set(key, found)
  return found
}

function outOf<Key>(map: Map<Key, Set<Listening>>, key: Key, each: Listening): void {
  const found = map.get(key)
  found?.delete(each)
  if (found?.size === 0) map.delete(key)
}
