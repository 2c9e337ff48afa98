/** Connections of one client of a test body, as its libraries have them: each statement passes its gate. */
import type { Knex } from 'knex'
import { Kysely, PostgresDialect } from 'kysely'
import type pg from 'pg'
import type { Gate, LentToBody } from '../engine.ts'
import { endSessions, pidOf } from './every-session.ts'
import { connectionLost, GatedLeases, type LeaseOptions } from './gate.ts'
import { gatedPool } from './gated-pool.ts'
import { knexOn } from './knex-on.ts'
import type { WireDoor } from './wire/wire-door.ts'

export function lentToBody(
  { pool, observer, door }: { readonly pool: pg.Pool; readonly observer: pg.Pool; readonly door: WireDoor },
  gate: Gate,
  options: LeaseOptions,
): LentToBody {
  const leases = new GatedLeases(pool, gate, options)
  const sessions = () => [...leases.sessions().flatMap((session) => pidOf(session) ?? []), ...door.sessions()]
  const lent = gatedPool(leases)
  const kysely = new Kysely({ dialect: new PostgresDialect({ pool: lent }) })
  let knex: Knex | undefined
  return {
    connections: {
      pg: lent,
      kysely: () => kysely,
      knex: () => (knex ??= knexOn(lent)),
      postgresUrl: () => door.address(),
    },
    door,
    sessions,
    forget() {
      door.cut()
      return leases.forget()
    },
    async cut() {
      const cut = sessions()
      leases.sever()
      door.cut()
      if (cut.length > 0) await endSessions(observer, cut)
      return connectionLost()
    },
    close: () => door[Symbol.asyncDispose](),
  }
}
