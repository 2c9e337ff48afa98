/** Connections to a PostgreSQL namespace as a strategy is handed them, and what is measured of them. */
import { Kysely, PostgresDialect } from 'kysely'
import type { Lent } from '../engine.ts'
import type { MeteredPool } from './metered-pool.ts'

/** The Kysely instance is never destroyed: that would end the pool, which belongs to whoever opened it. */
export function lentFrom(pool: MeteredPool): Lent & { readonly connections: Kysely<unknown> } {
  const pids = new Set<number>()
  pool.on('acquire', (client) => {
    // The server tells a client its process at the start of a session; the library's types leave it out.
    if ('processID' in client && typeof client.processID === 'number') pids.add(client.processID)
  })
  return {
    connections: new Kysely({ dialect: new PostgresDialect({ pool }) }),
    sessions: () => [...pids],
    meter: {
      reset: () => pool.reset(),
      read() {
        const { waitMs, connectionSeconds, open, inUse, waiting, connectionsBroken: broken } = pool.read()
        const { total, ...poolWaitMs } = waitMs
        const state = { open, inUse, waiting, broken }
        return { poolWaitMs, poolWaitSeconds: total / 1_000, connectionSeconds, pool: state }
      },
    },
  }
}
