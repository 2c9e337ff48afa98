/**
 * Where a waiting room may be kept: one line for each engine. This is the one place of the room that asks for
 * engines by their names.
 */
import type { Connections } from '../../../strategies/registry.ts'
import type { RoomLimits, RoomRules, RoomStore } from '../queue/room.ts'

export const ROOM_ENGINES = ['postgres', 'redis'] as const
export type RoomEngine = (typeof ROOM_ENGINES)[number]

/** The one that answers sooner, if it is used anyway; otherwise the one that comes with the program. */
export function roomEngineAmong(names: readonly string[]): RoomEngine {
  return ROOM_ENGINES.findLast((name) => names.includes(name)) ?? ROOM_ENGINES[0]
}

/** Makes the room, or finds it. Throws if there is no connection to the engine. */
export async function openRoom(
  engine: RoomEngine,
  { postgres, redis }: Connections,
  rules: RoomRules,
  limits: RoomLimits,
): Promise<RoomStore> {
  switch (engine) {
    case 'postgres':
      if (postgres === undefined) break
      return (await import('./postgres-room.ts')).postgresRoom(postgres, rules, limits)
    case 'redis':
      if (redis === undefined) break
      return (await import('./redis-room.ts')).redisRoom(redis[0], rules, limits)
  }
  throw new Error(`the waiting room is kept in ${engine}, which is missing`)
}
