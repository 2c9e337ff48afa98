/** A namespace of PostgreSQL as an exploration needs it: gates, waiting sessions, ending sessions. */
import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import { monotonicMs } from '../../clock.ts'
import type { Explorable, Gate, Waits } from '../engine.ts'
import { NOTHING_HAPPENS } from '../engine.ts'
import { committedRows } from './committed-rows.ts'
import type { PostgresTarget } from './connection.ts'
import { END_MS_MAX, endSessions, onEverySession, pidOf } from './every-session.ts'
import { gatedPostgres } from './gate.ts'
import { knownTables, tablesIn } from './known-tables.ts'
import { lentToBody } from './lent-to-body.ts'
import { movableClock, searchPath } from './moved-clock.ts'
import { keepPlans } from './plans.ts'
import type { KnownTables } from './statements.ts'
import { touching } from './touch.ts'
import { viewOf } from './view.ts'
import { WireDoor } from './wire/wire-door.ts'

export interface ExploredPool {
  readonly schema: string
  readonly pool: pg.Pool
  readonly observer: pg.Pool
  readonly isPooled: boolean
  readonly target: PostgresTarget
  sessions(): readonly number[]
}

/**
 * A deadlock is then found almost at once. Only a superuser may set it; otherwise the server's own timeout
 * applies.
 */
const DEADLOCK_TIMEOUT = '10ms'
const SESSION = `do $$ begin set deadlock_timeout = '${DEADLOCK_TIMEOUT}'; exception when insufficient_privilege then null; end $$`
function readySession(schema: string): string {
  return `${SESSION}; ${searchPath(schema)}`
}

export function explorable(opened: ExploredPool): Explorable {
  const { pool, observer } = opened
  const handedOut: { forget(): unknown }[] = []
  const doors: WireDoor[] = []
  const space: ExploredPool = {
    ...opened,
    sessions: () => [...opened.sessions(), ...doors.flatMap((door) => door.sessions())],
  }
  let known: KnownTables = NO_TABLES
  const isReady = new WeakSet<pg.PoolClient>()
  /** One that is opened after another was cut is as those that were prepared. */
  const ready = async (session: pg.PoolClient): Promise<void> => {
    if (isReady.has(session)) return
    isReady.add(session)
    await session.query(readySession(space.schema))
  }
  return {
    ...NOTHING_HAPPENS,
    ...(space.isPooled && {
      refusal: 'a pooler is in front of PostgreSQL, so it is unknown which session serves a client',
    }),
    gated(gate: Gate) {
      const gated = gatedPostgres(pool, gate)
      handedOut.push(gated)
      return {
        connections: gated.postgres,
        sessions: () => gated.sessions().flatMap((session) => pidOf(session) ?? []),
        forget: () => gated.forget(),
        hasSent: () => false,
      }
    },
    committed: (rows, values) => committedRows(space, rows, values),
    lend(gate, { movesClock }) {
      const tables = () => known
      const door = new WireDoor(space.target, space.schema, gate)
      doors.push(door)
      const options = { tables, ready, ...(!movesClock && { isVerbatim: true as const }) }
      const lent = lentToBody({ pool, observer, door }, gate, options)
      handedOut.push(lent)
      return lent
    },
    async learn() {
      const found = await knownTables(observer, space.schema)
      known = found.known
      return found.withRows
    },
    prepare: () => onEverySession(pool, readySession(space.schema)),
    stopUpkeep: () => keepPlans(observer, space.schema),
    async clear() {
      for (const gated of handedOut) gated.forget()
      const tables = await tablesIn(observer, space.schema)
      if (tables.length > 0) await observer.query(`truncate ${tables.join(', ')} restart identity`)
      return true
    },
    tidy: () => tidy(space),
    clock: movableClock(space),
    anything: touching('any', 'all'),
    view: (mark) => viewOf(space, mark),
    waits: waitsOf(space),
    async endSessions(sessions) {
      if (sessions.length === 0) return []
      await endSessions(observer, sessions)
      return [touching('any', 'all')]
    },
  }
}

/** Before anything is known of them, every statement touches everything. */
const NO_TABLES: KnownTables = { plain: [], others: [] }

/** The functions that PostgreSQL's own isolation tests use, too. */
function waitsOf({ observer, sessions }: ExploredPool): Waits {
  const isWaiting = async (session: number): Promise<boolean> => {
    const others = sessions().filter((each) => each !== session)
    const { rows } = await observer.query<{ waits: boolean }>({
      name: 'is-waiting',
      text: 'select pg_isolation_test_session_is_blocked($1, $2::int[]) as waits',
      values: [session, others],
    })
    return rows[0]?.waits === true
  }
  return {
    isWaiting,
    // There is only one way to end a statement from outside; the gate translates its error.
    async timeOut(session) {
      await observer.query('select pg_cancel_backend($1)', [session])
      const endMs = monotonicMs() + END_MS_MAX
      while (await isWaiting(session)) {
        if (monotonicMs() > endMs) throw new Error(`the server did not end a wait within ${END_MS_MAX} ms`)
      }
    },
    async blockersOf(session) {
      const { rows } = await observer.query<{ pids: number[] }>('select pg_blocking_pids($1) as pids', [
        session,
      ])
      return rows[0]?.pids ?? []
    },
  }
}

/** A strategy's background work ends sooner; what remains after this was left open. */
const TIDY_TRIES = 3
const TIDY_PAUSE_MS = 20

async function tidy(space: ExploredPool): Promise<readonly string[]> {
  let left = await leftBehind(space)
  for (let tries = 1; left.length > 0 && tries < TIDY_TRIES; tries++) {
    await delay(TIDY_PAUSE_MS)
    left = await leftBehind(space)
  }
  if (left.length > 0) await onEverySession(space.pool, 'rollback; select pg_advisory_unlock_all()')
  return left
}

async function leftBehind({ observer, sessions }: ExploredPool): Promise<readonly string[]> {
  const { rows } = await observer.query<{ what: string }>({
    name: 'left-open',
    text: `select 'an advisory lock' as what from pg_locks where locktype = 'advisory' and granted and pid = any ($1::int[])
           union all
           select 'a transaction' from pg_stat_activity
           where (state like 'idle in transaction%' or xact_start is not null and state <> 'idle') and pid = any ($1::int[])`,
    values: [sessions()],
  })
  return rows.map(({ what }) => `${what} was left behind in a session`)
}
