/**
 * Sets the clock of a room's store. The server's own clock cannot be set, so every time that the room has kept is moved the other way,
 * in one step, which is the same for whatever compares them.
 */
import { type Kysely, sql } from 'kysely'
import type { RoomEngine } from '../../shop/waiting-room/stores/room-stores.ts'
import type { Connections } from '../../strategies/registry.ts'

const SHIFT = `
  local by = -tonumber(ARGV[1])
  for _, name in ipairs({'opens_at', 'moved_at', 'gap_at', 'steered_at'}) do
    redis.call('HINCRBY', KEYS[1] .. ':state', name, string.format('%.0f', by))
  end
  for _, set in ipairs({'called', 'inside', 'seen', 'entries', 'calls'}) do
    for _, member in ipairs(redis.call('ZRANGE', KEYS[1] .. ':' .. set, 0, -1)) do
      redis.call('ZINCRBY', KEYS[1] .. ':' .. set, string.format('%.0f', by), member)
    end
  end`

export async function stepClock(
  engine: RoomEngine,
  { postgres, redis }: Connections,
  byMs: number,
): Promise<void> {
  if (engine === 'redis') {
    await redis?.[0].eval(SHIFT, 1, '{room}', byMs)
    return
  }
  const db = postgres as Kysely<unknown>
  await db.transaction().execute(async (tx) => {
    await sql`update room set opens_at = opens_at - ${byMs}, moved_at = moved_at - ${byMs}, gap_at = gap_at - ${byMs},
      steered_at = steered_at - ${byMs}`.execute(tx)
    await sql`update room_place set due_at = due_at - ${byMs}, seen_at = seen_at - ${byMs}, called_at = called_at - ${byMs},
      entered_at = entered_at - ${byMs}, ended_at = ended_at - ${byMs}`.execute(tx)
  })
}
