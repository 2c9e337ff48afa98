/**
 * SETNX: a lease in Redis around a plain read-check-write in PostgreSQL.
 *
 * Mechanism: `SET lease token NX PX 3000` takes the lease on a seat if it is free. Its owner then reads,
 * checks and writes in PostgreSQL without a lock, commits, and releases the lease with DELIFEQ, or with a
 * script where the server does not know that command: both compare the token, so that it never releases
 * another client's lease. A client that is refused retries after a random delay, a limited number of times.
 *
 * Why it does not oversell, as long as no client pauses: while the lease lasts, only its
 * owner is between read and write.
 *
 * How it oversells when a client pauses for longer than its lease (garbage collection, a
 * throttled container, a slow network):
 *
 *     Alice: SET lease a NX PX → OK; select … → 1 free; … pauses
 *     Redis: the lease expires
 *     Bob:   SET lease b NX PX → OK; select … → 1 free; update …, insert hold, commit → held
 *     Alice: wakes up; update …, insert hold, commit → held
 *
 * Nothing in PostgreSQL can tell that Alice is late (Kleppmann, "How to do distributed locking").
 *
 * Deadline: PostgreSQL's clock; the lease's TTL is separate, by Redis's clock. Round trips per hold: 6
 * (lease, BEGIN with the select, update, insert, commit, release).
 * Weakness: the pause; and Redis must not lose writes: after a restart or a failover that loses a lease, two
 * clients hold it. It replaces the database's lock queue by polling, and needs a second system that is up.
 */
import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import {
  covers,
  type FreeUnits,
  inTransaction,
  type PostgresConnections,
  reservationsOn,
  takeUnits,
} from './ledgers/counter-rows/write.ts'
import { LEASE_ATTEMPTS_MAX, LEASE_MS, leaseReleaser, withLeases } from './ledgers/writing/redis/leases.ts'
import type { RedisConnections } from './ledgers/writing/redis/script.ts'
import type { ReservationStrategy, ResourceId, StrategySettings } from './strategy.ts'

export function create(
  { postgres: db, redis: [redis] }: PostgresConnections & RedisConnections,
  settings: StrategySettings,
): ReservationStrategy {
  const release = leaseReleaser(redis)

  async function lease(resourceId: ResourceId) {
    const key = `lease:${resourceId}`
    const token = randomUUID()
    if ((await redis.set(key, token, 'PX', LEASE_MS, 'NX')) !== 'OK') return undefined
    return { resourceId, release: () => release(key, token) }
  }

  return reservationsOn(db, {
    attemptsMax: LEASE_ATTEMPTS_MAX,
    random: settings.random,
    claim(request) {
      const ids = request.lines.map((line) => line.resourceId)
      return withLeases(ids, lease, () =>
        inTransaction(db, 'read committed', async (tx) => {
          const { rows } = await sql<FreeUnits>`
            select id, capacity - taken as free from resource where id = any (${ids}::text[])`.execute(tx)
          await settings.criticalSection()
          return covers(rows, request.lines) ? takeUnits(tx, request) : { kind: 'short' }
        }),
      )
    },
  })
}
