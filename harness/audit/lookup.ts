/** What became of one hold, read past the strategy. Raw reads: a sale that only the strategy knows of is no sale. */
import type { HoldId } from '../../strategies/strategy.ts'
import type { Stores } from './audit.ts'
import { statusInPostgres } from './postgres.ts'
import { statusInRedis } from './redis.ts'
import { statusInTigerbeetle } from './tigerbeetle.ts'

/** `held` says nothing of its deadline, which may have passed. `not-kept-here`: in no place that is known. */
export type FoundStatus = 'held' | 'confirmed' | 'released' | 'expired' | 'none' | 'not-kept-here'

export async function statusOfHold(
  { postgres, redis, tigerbeetle }: Stores,
  id: HoldId,
): Promise<FoundStatus> {
  if (tigerbeetle !== undefined) return statusInTigerbeetle(tigerbeetle, id)
  const inPostgres = postgres === undefined ? 'not-kept-here' : await statusInPostgres(postgres, id)
  if (inPostgres !== 'not-kept-here' || redis === undefined) return inPostgres
  return statusInRedis(redis, postgres, id)
}
