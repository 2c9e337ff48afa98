/**
 * Exercise 6: a lease in Redis around a read, a check and a write. The lease is taken and released as it should be.
 *
 * Your task: stand a pause of any length between any two lines. You may keep the lease.
 */
import { randomUUID } from 'node:crypto'
import {
  type Claim,
  covers,
  type FreeUnits,
  insertHold,
  inTransaction,
  type PostgresConnections,
  reservationsOn,
  takeUnits,
} from 'holdfast/postgres'
import { type RedisConnections, script } from 'holdfast/redis'
import type { ReservationStrategy, StrategySettings } from 'holdfast/strategy'
import { sql } from 'kysely'

export const engines = ['postgres', 'redis']
export const ledger = 'counter-rows'
export const promises = { contention: 'polls' }

const LEASE_MS = 3_000
const ATTEMPTS_MAX = 20

/** Never the lease of somebody else. */
const deleteIfOurs = script(`
  if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
  return 0`)

export function create(
  { postgres: db, redis: [redis] }: PostgresConnections & RedisConnections,
  settings: StrategySettings,
): ReservationStrategy {
  /** Takes the leases in the order of the ids, and releases what it has taken. */
  async function withLeases(ids: readonly string[], work: () => Promise<Claim>): Promise<Claim> {
    const token = randomUUID()
    const taken: string[] = []
    try {
      for (const id of ids) {
        const key = `lease:${id}`
        if ((await redis.set(key, token, 'PX', LEASE_MS, 'NX')) !== 'OK')
          return { kind: 'contended', reason: 'lock-not-available' }
        taken.push(key)
      }
      return await work()
    } finally {
      // A lease that is not released expires.
      await Promise.allSettled(taken.map((key) => deleteIfOurs.run(redis, [key], [token])))
    }
  }

  return reservationsOn(db, {
    attemptsMax: ATTEMPTS_MAX,
    random: settings.random,
    claim(request) {
      const ids = request.lines.map((line) => line.resourceId)
      return withLeases(ids, () =>
        inTransaction(db, 'read committed', async (tx) => {
          const { rows } = await sql<FreeUnits>`
            select id, capacity - taken as free from resource where id = any (${ids}::text[])`.execute(tx)
          await settings.criticalSection()
          return covers(rows, request.lines) ? takeUnits(tx, request, insertHold) : { kind: 'short' }
        }),
      )
    },
  })
}
