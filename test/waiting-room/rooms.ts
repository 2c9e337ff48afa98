/** Rooms of tests: rules, limits, settings, visitors. */
import { drawKey } from '../../shop/waiting-room/queue/draw.ts'
import type { Joining, RoomLimits, RoomRules } from '../../shop/waiting-room/queue/room.ts'
import type { WaitingRoomSettings } from '../../shop/waiting-room/settings.ts'

export const SEED = 'ab'.repeat(32)

export const RULES: RoomRules = {
  order: 'fifo',
  seed: SEED,
  opensInMs: 0,
  comeMs: 60_000,
  insideMs: 600_000,
  awayMs: 0,
  waitingMax: 1_000,
}
export const LIMITS: RoomLimits = { activeMax: 2, perMinute: 0 }

export const SETTINGS: WaitingRoomSettings = {
  engine: 'postgres',
  rules: RULES,
  limits: LIMITS,
  door: 'queue',
  identity: 'browser',
  workBits: 0,
  secret: 'the secret of the room',
  home: '/',
}

export const placeName = (at: number): string => at.toString(16).padStart(32, '0')

/** Each has an identity of its own, unless one is given. */
export function visitor(at: number, identity = `visitor ${at}`): Joining {
  const place = placeName(at)
  return { place, identity, binding: identity, draw: drawKey(SEED, place) }
}
