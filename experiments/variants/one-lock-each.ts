/**
 * SELECT … FOR UPDATE, one row after another, in id order, in any, or as told. Not in the registry: two
 * buyers who lock in opposite orders wait for each other, until the database ends one of the two.
 */
import { sql } from 'kysely'
import {
  covers,
  type FreeUnits,
  insertHoldAndCommit,
  inTransaction,
  only,
  type PostgresConnections,
  reservationsOn,
  takeUnits,
} from '../../strategies/ledgers/counter-rows/write.ts'
import type { HoldRequest, Line, ReservationStrategy, StrategySettings } from '../../strategies/strategy.ts'

/** What a module of a strategy exports. */
export function lockingIn(order: 'id-order' | 'any-order' | ((request: HoldRequest) => readonly Line[])) {
  return {
    create({ postgres: db }: PostgresConnections, settings: StrategySettings): ReservationStrategy {
      return reservationsOn(db, {
        claim: (request) =>
          inTransaction(db, 'read committed', async (tx) => {
            const read: FreeUnits[] = []
            for (const { resourceId } of linesIn(order, request, settings)) {
              const { rows } = await sql<FreeUnits>`
                select id, capacity - taken as free from resource
                where id = ${resourceId}
                for update`.execute(tx)
              read.push(only(rows))
            }
            await settings.criticalSection()
            return covers(read, request.lines)
              ? takeUnits(tx, request, insertHoldAndCommit)
              : { kind: 'short' }
          }),
      })
    },
  }
}

function linesIn(
  order: Parameters<typeof lockingIn>[0],
  request: HoldRequest,
  { random }: StrategySettings,
): readonly Line[] {
  if (order === 'id-order') return request.lines
  return order === 'any-order' ? shuffled(request.lines, random) : order(request)
}

/** As buyers name their seats: the lines of a request arrive in id order. */
function shuffled(lines: readonly Line[], random: () => number): readonly Line[] {
  return lines
    .map((line) => ({ line, key: random() }))
    .toSorted((one, other) => one.key - other.key)
    .map(({ line }) => line)
}
