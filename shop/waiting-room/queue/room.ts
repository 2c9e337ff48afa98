/**
 * The contract of a waiting room's state, wherever it is kept: a visitor joins and gets a place; a move calls
 * those whose turn it is; who is called enters, within a time, and is inside until a deadline or until they
 * leave.
 *
 * Every place draws one number, and numbers are called in their order. So a position is the difference of two
 * numbers, and nobody counts those ahead. Those who left on the way are in that difference, but never in the
 * length, so the position is the smaller of the two.
 *
 * Times are of the store's clock; what is told are milliseconds that are left, so that no other clock is
 * compared with it.
 */

/** How those are ordered who come before the opening. Who comes later is last in any case. */
export type RoomOrder = 'fifo' | 'lottery'
/** `passthrough`: everybody may go in, and nobody waits. `closed`: nobody joins and nobody is called. */
export type Door = 'queue' | 'passthrough' | 'closed'
/** `held`: nothing is left to hold at the moment, so nobody is called. `gone`: nothing will be. */
export type Stock = 'some' | 'held' | 'gone'

export interface RoomRules {
  readonly order: RoomOrder
  /** Of the lottery, in hexadecimal: secret until the opening. */
  readonly seed: string
  /** Until the opening nobody is called; 0: open from the start. */
  readonly opensInMs: number
  /** How long one who is called may take to come. */
  readonly comeMs: number
  /** How long one may be inside. */
  readonly insideMs: number
  /** One who waits and was not seen for so long has left; 0: places are kept. */
  readonly awayMs: number
  /** Further visitors are refused. */
  readonly waitingMax: number
}

/** Both hold at every call. They can change while the room works; who was called before stays so. */
export interface RoomLimits {
  /** Those inside and those called, together. */
  readonly activeMax: number
  /** Those who entered within any minute, and those called, together; 0 for any number. */
  readonly perMinute: number
}

/** A limit that follows the latency of those inside. */
interface SteeredLimit {
  /** The p99 below which `activeMax` is kept, in milliseconds; 0: not steered. */
  readonly targetMs: number
}

/**
 * Set by hand, `activeMax` is also the most to which it may be steered; a limit that is steered is only
 * lowered to it. A target of 0 makes it what was last set by hand.
 */
export interface RoomSetting extends RoomLimits, SteeredLimit {
  readonly door: Door
  readonly stock: Stock
  /** Opens now, if it has not. */
  readonly opened: true
}

/** Public: what it may do needs a token, which names it, and the cookie to which the token is bound. */
export type PlaceId = string

export interface Joining {
  /** Made by the caller, and hard to guess; not used if the identity has a place. */
  readonly place: PlaceId
  /** One has one place at a time. */
  readonly identity: string
  /** Of the browser. */
  readonly binding: string
  /** `drawKey` of the place. */
  readonly draw: string
}

export type JoinAnswer =
  /** Its place, perhaps an earlier one. */
  | {
      readonly kind: 'joined'
      readonly place: PlaceId
      readonly isNew: boolean
      /** 0 for an entrant. */
      readonly number: number
    }
  /** The identity has a place that is bound to another browser. */
  | { readonly kind: 'taken' }
  | { readonly kind: 'closed' }
  | { readonly kind: 'sold-out' }
  | { readonly kind: 'full' }

export const ENDINGS = ['left', 'passed-over', 'ran-out', 'away'] as const
/** `passed-over`: did not come when called. `ran-out`: was inside until the deadline. */
export type Ending = (typeof ENDINGS)[number]

export type PlaceView =
  /** Waits for the draw. */
  | { readonly kind: 'entrant' }
  | { readonly kind: 'waiting'; readonly number: number }
  | { readonly kind: 'called'; readonly number: number; readonly leftMs: number }
  | { readonly kind: 'inside'; readonly number: number; readonly leftMs: number }
  | { readonly kind: 'ended'; readonly why: Ending }
  | { readonly kind: 'unknown' }

export interface RoomFigures extends RoomLimits, SteeredLimit {
  /** `activeMax` as it was last set by hand: it is not steered above this. */
  readonly activeMost: number
  readonly order: RoomOrder
  readonly door: Door
  readonly stock: Stock
  readonly isOpen: boolean
  readonly opensInMs: number
  /** The last number that was called. */
  readonly calledNumber: number
  /** The last number that was drawn. */
  readonly drawnNumber: number
  /** Those who wait, entrants of the lottery among them. The living only. */
  readonly length: number
  /** Entrants whose number is not drawn yet. */
  readonly entrants: number
  readonly called: number
  readonly inside: number
  /** Since the room was made. */
  readonly joined: number
  readonly admitted: number
  readonly ended: Readonly<Record<Ending, number>>
}

export type Move =
  /** Lets time do what is due. */
  | { readonly kind: 'step' }
  | { readonly kind: 'enter'; readonly place: PlaceId }
  | { readonly kind: 'leave'; readonly place: PlaceId }

export interface Called {
  readonly place: PlaceId
  readonly number: number
}

/** What a move has done. Who is passed over and who is called instead are in the same answer. */
export interface MoveAnswer {
  /** In the order of the calls. */
  readonly called: readonly Called[]
  readonly ended: readonly { readonly place: PlaceId; readonly why: Ending }[]
  /** Of the place that moved, afterwards; `unknown` for a step. */
  readonly view: PlaceView
}

/** One change of limits by the backend's latency. */
export interface Steering {
  readonly from: number
  readonly to: number
  /** A limit is raised only if it was neither changed nor found too high within this time. */
  readonly periodMs: number
}

export interface RoomStore {
  /** One answer for each, in their order. Repeated, it finds the same place. */
  join(joinings: readonly Joining[]): Promise<readonly JoinAnswer[]>
  move(move: Move): Promise<MoveAnswer>
  /** `isSeen`: their visitors are here. */
  look(places: readonly PlaceId[], isSeen: boolean): Promise<readonly PlaceView[]>
  /** Milliseconds until the place is no longer inside; 0 if it is not inside. */
  insideMs(place: PlaceId): Promise<number>
  figures(): Promise<RoomFigures>
  /** What its state takes in the store. */
  bytes(): Promise<number>
  /** Of the lottery: of the room that was found, if it was not made just now. Secret until the opening. */
  seed(): Promise<string>
  /** Changes what is named. */
  set(setting: Partial<RoomSetting>): Promise<void>
  /** Changes `activeMax` from one value to another, not above `activeMost`; whether it did. */
  steer(steering: Steering): Promise<boolean>
  /** The seed and the places of the lottery in the order of their numbers, from this one on; once drawn. */
  drawn(from: number, limit: number): Promise<{ readonly seed: string; readonly places: readonly Called[] }>
}

/** Bounds of one move, so that none takes long; the next one goes on. */
export const CALLED_AT_ONCE = 500
export const DRAWN_AT_ONCE = 5_000
export const SWEPT_AT_ONCE = 1_000
/** Without a move for so long, or with a clock that went back, deadlines are moved by as much. */
export const GAP_MS = 5_000
export const MINUTE_MS = 60_000
export const SECOND_MS = 1_000
/** That one was seen is written again after this part of the time after which they are away. */
export const SEEN_SHARE = 20
/** Where steering begins, and below which it does not go, if the most is not below it itself. */
export const STEERED_MIN = 10
/** How long it is known of a place that it has ended. */
export const ENDED_KEPT_MS = 3_600_000
