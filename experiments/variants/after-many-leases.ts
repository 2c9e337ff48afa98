/**
 * A strategy with a fence as it is after 32 sales of each resource: its next tokens are 33 and 34, as in its
 * header. For drawings, where tokens should not look like counts.
 */
import { sql } from 'kysely'
import type { Connections, StrategyEntry } from '../../strategies/registry.ts'
import type { ReservationStrategy, StrategySettings } from '../../strategies/strategy.ts'

const LEASES_BEFORE = 32

export function afterManyLeases(entry: StrategyEntry): StrategyEntry {
  return {
    ...entry,
    async open(connections: Connections, settings: StrategySettings): Promise<ReservationStrategy> {
      const strategy = await entry.open(connections, settings)
      return {
        ...strategy,
        async createResources(resources) {
          await strategy.createResources(resources)
          const ids = resources.map(({ id }) => id)
          for (const id of ids) await connections.redis?.[0].set(`token:${id}`, LEASES_BEFORE)
          if (connections.postgres === undefined) return
          await sql`update resource set fence = ${LEASES_BEFORE} where id = any (${ids}::text[])`.execute(
            connections.postgres,
          )
        },
      }
    },
  }
}
