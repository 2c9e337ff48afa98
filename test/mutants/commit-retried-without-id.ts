/**
 * postgres-conditional-update, but a lost answer is retried as a new hold: the commit had taken effect, its answer did
 * not arrive, and the second try does not carry the id that would have shown it.
 */
import { randomUUID } from 'node:crypto'
import type { PostgresConnections } from '../../strategies/ledgers/counter-rows/write.ts'
import { create as conditionalUpdate } from '../../strategies/postgres-conditional-update.ts'
import type { HoldId, ReservationStrategy, StrategySettings } from '../../strategies/strategy.ts'

/** How often the answer of a commit is lost on the way. */
const LOST = 0.2

export function create(connections: PostgresConnections, settings: StrategySettings): ReservationStrategy {
  const strategy = conditionalUpdate(connections, settings)
  return {
    ...strategy,
    async hold(request) {
      if (settings.random() < LOST) await strategy.hold({ ...request, holdId: randomUUID() as HoldId })
      return strategy.hold(request)
    },
  }
}
