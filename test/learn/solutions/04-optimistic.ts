/** Exercise 4: the version is compared in the statement that writes. */
import {
  covers,
  type FreeUnits,
  insertHold,
  inTransaction,
  type PostgresConnections,
  reservationsOn,
} from 'holdfast/postgres'
import type { ReservationStrategy, StrategySettings } from 'holdfast/strategy'
import { type Kysely, sql } from 'kysely'

export const ledger = 'counter-rows'
/** What a caller does when another one was first: `retries`, or `waits`, `gives-up`, `polls`, `never`. */
export const promises = { contention: 'retries' }

const ATTEMPTS_MAX = 10

type Read = FreeUnits & { readonly version: number }

async function read(db: Kysely<unknown>, ids: readonly string[]): Promise<readonly Read[]> {
  const { rows } = await sql<Read>`
    select id, capacity - taken as free, version::float8 as version from resource
    where id = any (${ids}::text[]) order by id`.execute(db)
  return rows
}

export function create(
  { postgres: db }: PostgresConnections,
  settings: StrategySettings,
): ReservationStrategy {
  return reservationsOn(db, {
    attemptsMax: ATTEMPTS_MAX,
    random: settings.random,
    claim: (request) =>
      inTransaction(db, 'read committed', async (tx) => {
        const ids = request.lines.map((line) => line.resourceId)
        const before = await read(tx, ids)
        await settings.criticalSection()
        if (!covers(before, request.lines)) return { kind: 'short' }
        const versions = new Map(before.map((row) => [row.id, row.version]))
        for (const { resourceId, quantity } of request.lines) {
          const { rows } = await sql`
            update resource set taken = taken + ${quantity}, version = version + 1
            where id = ${resourceId} and version = ${versions.get(resourceId)}
            returning id`.execute(tx)
          if (rows.length === 0) return { kind: 'contended', reason: 'version-changed' }
        }
        return insertHold(tx, request)
      }),
  })
}
