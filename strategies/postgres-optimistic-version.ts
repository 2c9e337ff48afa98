/**
 * Optimistic versioning: read a version, and write only if it is still the same.
 *
 * Mechanism: every change of a resource's row increments its version. A claim reads the version without a
 * lock, checks, and updates `where version = what was read`. If the row changed in between, the update
 * matches nothing; the claim is rolled back and tried again from the read, with random pauses, a
 * limited number of times.
 *
 * Why it cannot oversell: the version is compared in the same statement that writes, under the row's lock. At
 * READ COMMITTED an update that waited for a lock compares again with the newest row.
 *
 *     Alice: select … → 1 free, version 7
 *     Bob:   select … → 1 free, version 7
 *     Alice: update … where version = 7 → 1 row; insert hold, commit → held
 *     Bob:   update … where version = 7 → 0 rows; again: select … → 0 free → sold out
 *
 * Deadline: the server's clock, read when the hold is written. Round trips per hold: 3 per attempt (BEGIN
 * with the select; the update; the insert with COMMIT), 3 also for an attempt that fails, which ends in
 * ROLLBACK. Weakness: a GA tier of many tickets is one row: every sale changes its version, so under load
 * most work is thrown away and repeated, and a buyer who loses every attempt is told `contended` although
 * tickets are left. On seats it is cheap: the loser's second read says sold out.
 */
import { sql } from 'kysely'
import {
  covers,
  type FreeUnits,
  insertHoldAndCommit,
  inTransaction,
  type PostgresConnections,
  reservationsOn,
} from './ledgers/counter-rows/write.ts'
import type { LineVersion, ReservationStrategy, StrategySettings } from './strategy.ts'

/** Enough for a short burst; past it the row is so contended that a retry mostly costs others. */
const ATTEMPTS_MAX = 10

export function create(
  { postgres: db }: PostgresConnections,
  settings: StrategySettings,
): ReservationStrategy {
  return reservationsOn(db, {
    attemptsMax: ATTEMPTS_MAX,
    random: settings.random,
    claim: (request) =>
      inTransaction(db, 'read committed', async (tx) => {
        const { rows } = await sql<FreeUnits & { version: number }>`
          select id, capacity - taken as free, version::float8 as version from resource
          where id = any (${request.lines.map((line) => line.resourceId)}::text[])`.execute(tx)
        await settings.criticalSection()
        if (!covers(rows, request.lines)) return { kind: 'short' }

        const read = new Map(rows.map((row) => [row.id, row.version]))
        const versions: LineVersion[] = []
        for (const { resourceId, quantity } of request.lines) {
          const updated = await sql<{ version: number }>`
            update resource set taken = taken + ${quantity}, version = version + 1
            where id = ${resourceId} and version = ${read.get(resourceId)}
            returning version::float8 as version`.execute(tx)
          const [row] = updated.rows
          if (row === undefined) return { kind: 'contended', reason: 'version-changed' }
          versions.push({ resourceId, version: row.version })
        }
        return insertHoldAndCommit(tx, request, versions)
      }),
  })
}
