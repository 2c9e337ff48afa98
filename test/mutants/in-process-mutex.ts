/**
 * Check, then act, one buyer at a time: every resource is guarded by a mutex in the memory of the process. It is correct for
 * as long as there is one process, and sells a seat as often as there are processes to sell it.
 */
import { sql } from 'kysely'
import {
  covers,
  type FreeUnits,
  inTransaction,
  type PostgresConnections,
  reservationsOn,
  takeUnits,
} from '../../strategies/ledgers/counter-rows/write.ts'
import type { ReservationStrategy, StrategySettings } from '../../strategies/strategy.ts'

export const ledger = 'counter-rows'

export function create(
  { postgres: db }: PostgresConnections,
  settings: StrategySettings,
): ReservationStrategy {
  const mutexes = new Map<string, Promise<unknown>>()
  /** Taken in id order, so that nobody waits in a circle. */
  function alone<T>([first, ...others]: readonly string[], step: () => Promise<T>): Promise<T> {
    if (first === undefined) return step()
    const inner = (): Promise<T> => alone(others, step)
    const turn = (mutexes.get(first) ?? Promise.resolve()).then(inner, inner)
    mutexes.set(first, turn)
    return turn
  }
  return reservationsOn(db, {
    claim(request) {
      const ids = request.lines.map((line) => line.resourceId)
      return alone(ids.toSorted(), () =>
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
