/**
 * The three levels of hot and cold data. This is the one place of the shop that asks for engines by their
 * names, because a level is defined by them.
 */

import type { Connections } from '../../strategies/registry.ts'
import type { EngineName } from '../../strategies/strategy.ts'
import { postgresOrders } from './postgres-orders.ts'
import { postgresSeen, postgresSessions } from './postgres-sessions.ts'
import { redisSeen, redisSessions } from './redis-sessions.ts'
import type { ShopStores } from './stores.ts'
import { createShopTables } from './tables.ts'

export type ShopLevel = 1 | 2 | 3
export const SHOP_LEVELS: readonly ShopLevel[] = [1, 2, 3]

/**
 * 1: everything is in PostgreSQL. 2: sessions and seen reports are in Redis. 3: and orders commit in groups.
 */
export function enginesOfLevel(level: ShopLevel): readonly EngineName[] {
  return level === 1 ? ['postgres'] : ['postgres', 'redis']
}

/** `isNew` false: its tables exist. Throws if the level needs a connection that is not there. */
export async function openStores(
  level: ShopLevel,
  connections: Connections,
  { isNew = true }: { readonly isNew?: boolean } = {},
): Promise<ShopStores> {
  const { postgres, redis } = connections
  if (postgres === undefined) throw new Error('the shop keeps its orders in PostgreSQL, which is missing')
  if (isNew) await createShopTables(postgres)
  const orders = postgresOrders(postgres, { inGroups: level === 3 })
  if (level === 1) return { sessions: postgresSessions(postgres), seen: postgresSeen(postgres), orders }
  const [first] = redis ?? []
  if (first === undefined) throw new Error(`level ${level} keeps its sessions in Redis, which is missing`)
  return { sessions: redisSessions(first), seen: redisSeen(first), orders }
}
