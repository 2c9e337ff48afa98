/** What a store has sold, resource by resource, whoever asked for it: for an audit from outside, which has no history. */
import type { ResourceId } from '../../strategies/strategy.ts'
import type { Stores } from './audit.ts'
import { readPostgres } from './postgres.ts'
import { readRedis } from './redis.ts'
import type { Sold, StoreReading, Unaudited } from './store-reading.ts'
import { soldInTigerbeetle } from './tigerbeetle.ts'

/** To be called when nobody buys. Throws when the store cannot be read. */
export async function readSold(stores: Stores, resources: readonly ResourceId[]): Promise<Sold | Unaudited> {
  const { postgres, redis, tigerbeetle } = stores
  if (tigerbeetle !== undefined) return soldInTigerbeetle(tigerbeetle, resources)
  const everything = { prefix: '' }
  const inPostgres = postgres === undefined ? undefined : await readPostgres(postgres, everything)
  if (inPostgres?.kind === 'read') return soldOf(inPostgres)
  if (redis !== undefined) {
    const inRedis = await readRedis(redis, postgres, everything)
    return inRedis.kind === 'read' ? soldOf(inRedis) : inRedis
  }
  return inPostgres ?? { kind: 'unaudited', reason: 'the strategy keeps its holds in no engine' }
}

function soldOf({ holds, complaints }: StoreReading): Sold {
  const units = new Map<ResourceId, number>()
  for (const { status, lines } of holds) {
    if (status !== 'confirmed') continue
    for (const [resourceId, quantity] of lines) units.set(resourceId, (units.get(resourceId) ?? 0) + quantity)
  }
  return { kind: 'read', units, complaints }
}
