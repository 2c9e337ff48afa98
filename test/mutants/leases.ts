/**
 * Strategies with a lease, broken in one place each. What they have in common is right: the lease is taken with NX and a TTL,
 * and PostgreSQL is read, checked and written while it is had.
 */
import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import { sql } from 'kysely'
import Redlock from 'redlock'
import {
  covers,
  type FreeUnits,
  inTransaction,
  type PostgresConnections,
  reservationsOn,
  takeUnits,
} from '../../strategies/ledgers/counter-rows/write.ts'
import { LEASE_ATTEMPTS_MAX, LEASE_MS, withLeases } from '../../strategies/ledgers/writing/redis/leases.ts'
import type { RedisConnections } from '../../strategies/ledgers/writing/redis/script.ts'
import type { StrategyModule } from '../../strategies/registry.ts'
import type { HoldRequest } from '../../strategies/strategy.ts'

type Release = (redis: Redis, key: string, token: string) => Promise<unknown>

function withRelease(release: Release): StrategyModule<'postgres' | 'redis'> {
  return {
    create({ postgres: db, redis: [redis] }: PostgresConnections & RedisConnections, settings) {
      return reservationsOn(db, {
        attemptsMax: LEASE_ATTEMPTS_MAX,
        random: settings.random,
        claim: (request) =>
          withLeases(
            request.lines.map((line) => line.resourceId),
            async (resourceId) => {
              const key = `lease:${resourceId}`
              const token = randomUUID()
              if ((await redis.set(key, token, 'PX', LEASE_MS, 'NX')) !== 'OK') return undefined
              return { resourceId, release: () => release(redis, key, token) }
            },
            () => readCheckWrite(db, request, settings.criticalSection),
          ),
      })
    },
  }
}

/** Releases whatever is there: after its own lease has expired, the next owner's. */
export const unlockWithoutToken = withRelease((redis, key) => redis.del(key))

/** Compares and deletes in two commands: the lease can change hands between them. */
export const getThenDel = withRelease(async (redis, key, token) =>
  (await redis.get(key)) === token ? redis.del(key) : 0,
)

/** Redlock that believes in its lock until it releases it, however long that takes. */
export const redlockWithoutValidity: StrategyModule<'postgres' | 'redis'> = {
  create({ postgres: db, redis }, settings) {
    const redlock = new Redlock(redis, { retryCount: 0 })
    return reservationsOn(db, {
      attemptsMax: LEASE_ATTEMPTS_MAX,
      random: settings.random,
      async claim(request) {
        const keys = request.lines.map((line) => `lock:${line.resourceId}`)
        const lock = await redlock.acquire(keys, LEASE_MS).catch(() => undefined)
        if (lock === undefined) return { kind: 'contended', reason: 'lock-not-available' }
        try {
          return await readCheckWrite(db, request, settings.criticalSection)
        } finally {
          await lock.release().catch(() => {})
        }
      },
    })
  },
}

function readCheckWrite(
  db: PostgresConnections['postgres'],
  request: HoldRequest,
  criticalSection: () => Promise<void>,
) {
  return inTransaction(db, 'read committed', async (tx) => {
    const { rows } = await sql<FreeUnits>`
      select id, capacity - taken as free from resource
      where id = any (${request.lines.map((line) => line.resourceId)}::text[])`.execute(tx)
    await criticalSection()
    return covers(rows, request.lines) ? takeUnits(tx, request) : { kind: 'short' }
  })
}
