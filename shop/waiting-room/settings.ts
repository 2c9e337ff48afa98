/** What an operator chooses: plain data, because it is sent to the processes that serve. */
import type { Door, RoomLimits, RoomRules } from './queue/room.ts'
import type { SteeringTarget } from './queue/steering.ts'
import type { RoomEngine } from './stores/room-stores.ts'

/** `address`: everybody behind one address is one visitor. */
export type RoomIdentity = 'browser' | 'address'
export const ROOM_IDENTITIES: readonly RoomIdentity[] = ['browser', 'address']

export interface WaitingRoomSettings {
  readonly engine: RoomEngine
  readonly rules: RoomRules
  readonly limits: RoomLimits
  readonly door: Door
  readonly identity: RoomIdentity
  /** Zero bits that the proof of work of a join needs; 0 for none. Each one doubles the work. */
  readonly workBits: number
  /** If present, it sets the limit of those inside, between its bounds. */
  readonly steering?: SteeringTarget
  /** A name under which the room outlives the command; absent: it ends with it. */
  readonly keep?: string
  /** Signs tokens. */
  readonly secret: string
  readonly adminPassword?: string
  /** The path to which one goes who is let in. */
  readonly home: string
}

/** Streams in one process: each keeps a connection, and open files are limited. */
export const STREAMS_MAX = 20_000
/** More would take a telephone a minute. */
export const WORK_BITS_MAX = 22
