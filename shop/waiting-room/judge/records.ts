/** What was seen of a waiting room: every call of its store, with the time before it and after it. */
import type { Called, Ending, PlaceId, PlaceView, RoomFigures, RoomLimits, RoomRules } from '../queue/room.ts'

/** Microseconds of one monotonic clock. What happened, happened between the two. */
export interface Span {
  readonly invokedUs: number
  readonly returnedUs: number
}

export type RoomRecord = Span &
  (
    | {
        readonly kind: 'join'
        readonly identity: string
        readonly place: PlaceId
        /** Absent for an entrant of the lottery. */
        readonly number?: number
        readonly isNew: boolean
      }
    | { readonly kind: 'call'; readonly place: PlaceId; readonly number: number; readonly nth: number }
    | { readonly kind: 'enter'; readonly place: PlaceId }
    | { readonly kind: 'end'; readonly place: PlaceId; readonly why: Ending }
    | ({ readonly kind: 'limits' } & RoomLimits)
    /** A call whose answer never came: it may have had its effect. */
    | { readonly kind: 'unknown'; readonly of: string }
  )

export interface RoomHistory {
  readonly rules: Pick<RoomRules, 'order' | 'comeMs' | 'insideMs'>
  readonly records: readonly RoomRecord[]
  /** Read when everything was over, after a move: every place that somebody knows of. */
  readonly atRest: {
    readonly views: ReadonlyMap<PlaceId, PlaceView>
    readonly figures: RoomFigures
  }
  /** Of a lottery, as published. */
  readonly draw?: {
    readonly commitment: string
    readonly seed: string
    readonly places: readonly Called[]
  }
}
