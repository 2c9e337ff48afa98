/**
 * SETNX with a fencing token that PostgreSQL enforces, from the read on.
 *
 * Mechanism: the script that takes the lease also increments a number, the fencing token: a later lease
 * has a higher token. The read writes the token into the resource's fence, if it is higher than
 * the stored one; the write requires that the fence still has it. A client that was overtaken finds another
 * number, and its write has no effect.
 *
 * Why it cannot oversell, however long a client pauses: no other client has read between a read and its
 * write.
 *
 *     Alice: lease, token 33; fence := 33, 1 free; … pauses, her lease expires
 *     Bob:   lease, token 34; fence := 34, 1 free
 *     Alice: wakes up; update … where fence = 33 → 0 rows → contended
 *     Bob:   update … where fence = 34 → 1 row; insert hold, commit → held
 *
 * A token that is compared only at the write leaves a window: Bob reads, Alice's 33 still passes because
 * nobody has written 34 yet, and then Bob's 34 passes as well, although what he read is no longer true.
 *
 * If Redis loses its counter, its tokens are lower than the fence and every read is refused; the next lease
 * then continues from the fence. Safety never depends on Redis; only the queueing does.
 *
 * Deadline: PostgreSQL's clock. Round trips per hold: 6 (lease, read and fence, BEGIN with the update,
 * insert, commit, release), one more lease, read and update per further line.
 * Weakness: a fence is a version check with a lease around it. The lease keeps load off the
 * database; the fence alone ensures that the seat is sold once. It costs one more durable write per hold.
 */
import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import {
  covers,
  type FreeUnits,
  insertHold,
  inTransaction,
  type PostgresConnections,
  reservationsOn,
} from './ledgers/counter-rows/write.ts'
import {
  LEASE_ATTEMPTS_MAX,
  LEASE_MS,
  type Lease,
  leaseReleaser,
  withLeases,
} from './ledgers/writing/redis/leases.ts'
import { type RedisConnections, script } from './ledgers/writing/redis/script.ts'
import type { LineVersion, ReservationStrategy, ResourceId, StrategySettings } from './strategy.ts'

interface FencedLease extends Lease {
  readonly token: number
}

/**
 * Takes the lease (KEYS[1]) if it is free, and answers the next token (KEYS[2]), above the one it is told of.
 */
const takeLease = script(
  `
  if not redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2], 'NX') then
    return false
  end
  local token = redis.call('INCR', KEYS[2])
  local above = tonumber(ARGV[3])
  if token <= above then
    token = above + 1
    redis.call('SET', KEYS[2], string.format('%.0f', token))
  end
  return token`,
  { name: 'take the lease', number: 'token' },
)

export function create(
  { postgres: db, redis: [redis] }: PostgresConnections & RedisConnections,
  settings: StrategySettings,
): ReservationStrategy {
  const release = leaseReleaser(redis)
  /** The highest fence that a token of ours did not pass: as far as Redis must count again if it forgot. */
  let fenceMet = 0

  async function lease(resourceId: ResourceId): Promise<FencedLease | undefined> {
    const [key, counter] = [`lease:${resourceId}`, `token:${resourceId}`]
    const owner = randomUUID()
    const token = await takeLease.run(redis, [key, counter], [owner, LEASE_MS, fenceMet])
    if (typeof token !== 'number') return undefined
    return { resourceId, token, release: () => release(key, owner) }
  }

  return reservationsOn(db, {
    attemptsMax: LEASE_ATTEMPTS_MAX,
    random: settings.random,
    claim: (request) =>
      withLeases(
        request.lines.map((line) => line.resourceId),
        lease,
        async (leases) => {
          const read: FreeUnits[] = []
          for (const { resourceId, token } of leases) {
            // Committed by itself: from now on nobody with a lower token can write.
            const { rows } = await sql<FreeUnits>`
              update resource set fence = ${token} where id = ${resourceId} and fence < ${token}
              returning id, capacity - taken as free`.execute(db)
            const [row] = rows
            if (row === undefined) {
              const met = await sql<{ fence: number }>`
                select fence::float8 as fence from resource where id = ${resourceId}`.execute(db)
              if (met.rows[0] === undefined) return { kind: 'short' }
              fenceMet = Math.max(fenceMet, met.rows[0].fence)
              return { kind: 'contended', reason: 'version-changed' }
            }
            read.push(row)
          }
          await settings.criticalSection()
          if (!covers(read, request.lines)) return { kind: 'short' }

          return inTransaction(db, 'read committed', async (tx) => {
            const versions: LineVersion[] = []
            for (const [at, { resourceId, quantity }] of request.lines.entries()) {
              const { rows } = await sql<{ version: number }>`
                update resource set taken = taken + ${quantity}, version = version + 1
                where id = ${resourceId} and fence = ${leases[at]?.token}
                returning version::float8 as version`.execute(tx)
              const [row] = rows
              if (row === undefined) return { kind: 'contended', reason: 'version-changed' }
              versions.push({ resourceId, version: row.version })
            }
            return insertHold(tx, request, versions)
          })
        },
      ),
  })
}
