/**
 * A waiting room in one process of those that share it: it moves the queue on, and tells its visitors. Those
 * who wait are told one and the same line, the number called; who is called is found by the number. So a
 * visitor costs no read of the store until it is their turn.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { monotonicMs } from '../../harness/clock.ts'
import { within } from '../../harness/within.ts'
import { GroupCommit } from '../stores/group-commit.ts'
import { Listeners, type RoomListener } from './listeners.ts'
import { drawKey } from './queue/draw.ts'
import { type Estimate, Pace, positionOf } from './queue/position.ts'
import type {
  Door,
  JoinAnswer,
  Joining,
  MoveAnswer,
  PlaceId,
  PlaceView,
  RoomFigures,
  RoomStore,
  Stock,
} from './queue/room.ts'
import type { WaitingRoomSettings } from './settings.ts'
import { RoomKeys } from './tokens.ts'

/** How often the queue is moved on: who did not come is passed over so much late at most. */
const TICK_MS = 200
/** Longer than a store takes; then the tick counts as failed. */
const TICK_DEADLINE_MS = 10_000
/** How often those near the front are told the number called, and everybody. */
const NEAR_TOLD_EVERY_MS = 1_000
const TOLD_EVERY_MS = 5_000
/** Positions: further back, a position of five seconds ago is as good. */
const NEAR = 200
const STOCK_EVERY_MS = 1_000
/** Stock that takes long to read is read less often. */
const STOCK_SHARE = 10
const JOINS_AT_ONCE = 500

export interface WaitingRoomOptions {
  readonly store: RoomStore
  readonly settings: WaitingRoomSettings
  /** What is left to sell; absent if the room need not know. */
  readonly stock?: () => Promise<Stock>
  readonly warn: (error: unknown, what: string) => void
}

/** What everybody may know, and what is told about one's own place. */
export interface RoomNews extends RoomFigures {
  /** Calls a minute, as seen; undefined while too few were. */
  readonly pace: number | undefined
  /** Behind the pace: the fewer, the less it says. */
  readonly paceCalls: number
}

export interface PlaceNews {
  readonly view: PlaceView
  readonly position?: number
  readonly estimate?: Estimate
}

/** Who may come by a route: everybody, those who are or were inside, those inside. */
export type Passage = 'open' | 'finishing' | 'inside'

export class WaitingRoom implements AsyncDisposable {
  readonly settings: WaitingRoomSettings
  readonly keys: RoomKeys
  readonly store: RoomStore
  readonly listeners: Listeners
  /** Of every route of the app before which it stands, as `METHOD pattern`. */
  readonly passages = new Map<string, Passage>()
  readonly #options: WaitingRoomOptions
  readonly #ending = new AbortController()
  readonly #pace = new Pace()
  readonly #joining: GroupCommit<Joining, JoinAnswer>
  #figures: RoomFigures
  #loops: Promise<unknown> | undefined
  #toldMs = Number.NEGATIVE_INFINITY
  #nearToldMs = Number.NEGATIVE_INFINITY
  #told = ''
  #nearTold = ''
  #isFailing: boolean = false

  private constructor(options: WaitingRoomOptions, figures: RoomFigures) {
    const { store, settings } = options
    this.#options = options
    this.store = store
    this.settings = settings
    this.keys = new RoomKeys(settings.secret)
    this.listeners = new Listeners(store, settings.rules.awayMs)
    this.#joining = new GroupCommit((joinings) => store.join(joinings), JOINS_AT_ONCE)
    this.#figures = figures
  }

  /** Moves the queue on until it is disposed. */
  static async open(options: WaitingRoomOptions): Promise<WaitingRoom> {
    const room = new WaitingRoom(options, await options.store.figures())
    room.#loops = Promise.all([room.#run(), room.#watchStock()])
    return room
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort()
    await this.#loops
  }

  get door(): Door {
    return this.#figures.door
  }

  /** Not older than a tick, while the store answers. */
  get news(): RoomNews {
    return { ...this.#figures, pace: this.#pace.perMinute(), paceCalls: this.#pace.calls }
  }

  /** Throws if the store does not answer: sent again, the join finds the same place. */
  join(identity: string, binding: string): Promise<JoinAnswer> {
    const place = this.keys.newPlace()
    const { order, seed } = this.settings.rules
    const draw = order === 'lottery' ? drawKey(seed, place) : ''
    return this.#joining.submit({ place, identity, binding, draw })
  }

  async look(place: PlaceId): Promise<PlaceNews> {
    const [view = { kind: 'unknown' as const }] = await this.store.look([place], true)
    return this.newsOf(view)
  }

  newsOf(view: PlaceView): PlaceNews {
    if (view.kind !== 'waiting') return { view }
    const position = positionOf(view.number, this.#figures)
    const estimate = this.#pace.of(position)
    return { view, position, ...(estimate && { estimate }) }
  }

  async enter(place: PlaceId): Promise<PlaceView> {
    return (await this.#moved(this.store.move({ kind: 'enter', place }))).view
  }

  async leave(place: PlaceId): Promise<PlaceView> {
    return (await this.#moved(this.store.move({ kind: 'leave', place }))).view
  }

  /** Sends the line of the room first. `view`: as it is now. */
  listen(place: PlaceId, view: PlaceView, listener: RoomListener): Disposable {
    listener('room', JSON.stringify(this.news))
    listener('place', JSON.stringify(this.newsOf(view)))
    return this.listeners.add(place, view, listener)
  }

  /** Reads the figures at once, so that a change of a setting is seen by the one who made it. */
  async refresh(): Promise<RoomNews> {
    this.#figures = await this.store.figures()
    return this.news
  }

  async #moved(answer: Promise<MoveAnswer>): Promise<MoveAnswer> {
    const { called, ended, view } = await answer
    await this.listeners.look([...called, ...ended].map(({ place }) => place))
    return { called, ended, view }
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    const { signal } = this.#ending
    while (!signal.aborted) {
      try {
        await within(TICK_DEADLINE_MS, this.#tick())
        this.#isFailing = false
      } catch (error) {
        // Once for each outage: the store may be away for hours.
        if (!this.#isFailing) this.#options.warn(error, 'the waiting room’s store does not answer')
        this.#isFailing = true
      }
      await delay(TICK_MS, undefined, { signal }).catch(() => undefined)
    }
  }

  async #tick(): Promise<void> {
    await this.#moved(this.store.move({ kind: 'step' }))
    const figures = await this.store.figures()
    const { door, stock, isOpen, calledNumber } = figures
    if (door !== 'queue' || stock !== 'some' || !isOpen) this.#pace.forget()
    else this.#pace.see({ atMs: monotonicMs(), calledNumber })
    const before = this.#figures
    this.#figures = figures
    const isUrgent = before.door !== door || before.stock !== stock || before.isOpen !== isOpen
    this.#tellAll(isUrgent)
    await this.listeners.follow(figures)
  }

  /** One text for all. What nobody needs to hear again is not said: a countdown goes on by itself. */
  #tellAll(isUrgent: boolean): void {
    const nowMs = monotonicMs()
    const isNearDue = nowMs - this.#nearToldMs >= NEAR_TOLD_EVERY_MS
    if (!isUrgent && !isNearDue) return
    this.#nearToldMs = nowMs
    const { calledNumber, length, door, stock, isOpen, opensInMs, order } = this.#figures
    const pace = this.#pace.perMinute()
    const said = { calledNumber, length, door, stock, isOpen, order, ...(pace && { pace: rounded(pace) }) }
    const key = JSON.stringify(said)
    const data = JSON.stringify({ ...said, opensInMs: Math.round(opensInMs), paceCalls: this.#pace.calls })
    if (key !== this.#told && (isUrgent || nowMs - this.#toldMs >= TOLD_EVERY_MS)) {
      this.listeners.tellAll(data)
      this.#told = key
      this.#toldMs = nowMs
    } else if (key !== this.#told && key !== this.#nearTold) {
      this.listeners.tellNear(calledNumber, NEAR, data)
    }
    this.#nearTold = key
  }

  /** Never rejects. Nobody reads the stock while nobody waits. */
  async #watchStock(): Promise<void> {
    const { stock, warn } = this.#options
    if (stock === undefined) return
    const { signal } = this.#ending
    let waitMs = STOCK_EVERY_MS
    while (!signal.aborted) {
      const startedMs = monotonicMs()
      try {
        const { length, called, inside, stock: known } = this.#figures
        if (length + called + inside > 0 || known !== 'some') {
          const now = await stock()
          if (now !== known) await this.store.set({ stock: now })
        }
      } catch (error) {
        if (!this.#isFailing) warn(error, 'what is left could not be read')
      }
      waitMs = Math.max(STOCK_EVERY_MS, (monotonicMs() - startedMs) * STOCK_SHARE)
      await delay(waitMs, undefined, { signal }).catch(() => undefined)
    }
  }
}

/** Two digits: more would change with every call. */
function rounded(pace: number): number {
  return Number(pace.toPrecision(2))
}
