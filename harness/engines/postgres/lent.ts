/** Connections to a PostgreSQL namespace as a strategy receives them, and measurements of them. */
import { Kysely } from 'kysely'
import type { Lent } from '../engine.ts'
import { type LendingPool, LentDialect } from './lent-dialect.ts'
import type { MeteredPool } from './metered-pool.ts'

/** The Kysely instance is never destroyed: that would end the pool, which the code that opened it closes. */
export function lentFrom(pool: MeteredPool): Lent & { readonly connections: Kysely<unknown> } {
  const pids = new Set<number>()
  pool.on('acquire', (client) => {
    // The server sends its process id at the start of a session; the library's types omit it.
    if ('processID' in client && typeof client.processID === 'number') pids.add(client.processID)
  })
  return {
    connections: new Kysely({ dialect: new LentDialect(pool as unknown as LendingPool) }),
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
