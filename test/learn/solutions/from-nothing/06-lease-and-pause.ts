/** Exercise 6, begun with nothing: a lease keeps buyers apart, and the row itself is compared when it is written. */
import { randomUUID } from 'node:crypto'
import {
  type Claim,
  covers,
  type FreeUnits,
  insertHold,
  inTransaction,
  type PostgresConnections,
  reservationsOn,
} from 'holdfast/postgres'
import { type RedisConnections, script } from 'holdfast/redis'
import type { HoldRequest, LineVersion, ReservationStrategy, StrategySettings } from 'holdfast/strategy'
import { sql } from 'kysely'

export const engines = ['postgres', 'redis']
export const ledger = 'counter-rows'
export const promises = { contention: 'polls' }

const leave = script(`if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end`)

export function create(
  { postgres: db, redis: [redis] }: PostgresConnections & RedisConnections,
  settings: StrategySettings,
): ReservationStrategy {
  return reservationsOn(db, { attemptsMax: 20, random: settings.random, claim: leased })

  async function leased(request: HoldRequest): Promise<Claim> {
    const token = randomUUID()
    const keys = request.lines.map((line) => `lease:${line.resourceId}`)
    const taken: string[] = []
    try {
      for (const key of keys) {
        if ((await redis.set(key, token, 'PX', 3_000, 'NX')) !== 'OK')
          return { kind: 'contended', reason: 'lock-not-available' }
        taken.push(key)
      }
      return await claim(request)
    } finally {
      await Promise.allSettled(taken.map((key) => leave.run(redis, [key], [token])))
    }
  }

  function claim(request: HoldRequest): Promise<Claim> {
    return inTransaction(db, 'read committed', async (tx) => {
      const ids = request.lines.map((line) => line.resourceId)
      const { rows } = await sql<FreeUnits>`
        select id, capacity - taken as free from resource where id = any (${ids}::text[])`.execute(tx)
      if (!covers(rows, request.lines)) return { kind: 'short' }
      await settings.criticalSection()
      const versions: LineVersion[] = []
      for (const { resourceId, quantity } of request.lines) {
        const written = await sql<{ version: number }>`
          update resource set taken = taken + ${quantity}, version = version + 1
          where id = ${resourceId} and taken + ${quantity} <= capacity
          returning version::float8 as version`.execute(tx)
        const [row] = written.rows
        if (row === undefined) return { kind: 'short' }
        versions.push({ resourceId, version: row.version })
      }
      return insertHold(tx, request, versions)
    })
  }
}
