/**
 * Rows of one schedule with who has locked or changed them, advisory locks, and what sessions wait for. A row
 * names the transaction that locked or changed it last (xmax): it is locked while that transaction is open.
 * A session that waits for a row has a lock on its place (tuple) and waits for the transaction.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import { monotonicMs } from '../../clock.ts'
import type { EngineView, ViewedRow } from '../engine-view.ts'

interface ViewedSpace {
  readonly schema: string
  readonly observer: pg.Pool
  sessions(): readonly number[]
}

interface Row {
  readonly name: string
  readonly place: string
  readonly locker: string
  readonly cells: Readonly<Record<string, unknown>>
}

interface Lock {
  readonly pid: number
  readonly kind: 'transaction' | 'row' | 'advisory' | 'predicate'
  readonly granted: boolean
  readonly mode: string
  /** Of a transaction its number, of a row or a predicate its table. */
  readonly of: string
  /** Of a row. */
  readonly place: string
}

/** Time limit for sessions to come to rest: an answer is told before its transaction has ended. */
const REST_MS_MAX = 1_000
const REST_POLL_MS = 1

export async function viewOf({ schema, observer, sessions }: ViewedSpace, mark: string): Promise<EngineView> {
  const pids = sessions()
  await atRest(observer, pids)
  const tables = await tablesIn(observer, schema)
  const rows = tables.length === 0 ? [] : await rowsOf(observer, tables, mark)
  const names = rows.flatMap(({ name, cells }) => (name === 'resource' ? String(cells.id) : []))
  const locks = await locksOf(observer, { schema, pids, names })
  const { rows: state } = await observer.query<{ now: number; open: number[] }>({
    name: 'view-transactions',
    text: `select (extract(epoch from clock_timestamp()) * 1000)::float8 as now,
             array(select pid from pg_stat_activity
                   where pid = any ($1::int[]) and xact_start is not null and state <> 'idle' order by pid) as open`,
    values: [pids],
  })
  const lockers = new Map(
    locks.flatMap((lock) => (lock.kind === 'transaction' && lock.granted ? [[lock.of, lock.pid]] : [])),
  )
  const waiting = new Set(locks.flatMap(({ granted, pid }) => (granted ? [] : pid)))
  const toldRow = ({ name, place, locker, cells }: Row): ViewedRow => {
    const by = lockers.get(locker)
    const wantedBy = locks.flatMap((lock) =>
      lock.kind === 'row' && lock.of === name && lock.place === place && waiting.has(lock.pid)
        ? lock.pid
        : [],
    )
    return {
      cells: Object.fromEntries(Object.entries(cells).map(([column, value]) => [column, toldValue(value)])),
      lockedBy: by === undefined ? [] : [by],
      wantedBy: [...new Set(wantedBy)],
    }
  }
  return {
    tables: tables.map((name) => ({ name, rows: rows.filter((row) => row.name === name).map(toldRow) })),
    locks: locks.flatMap(({ kind, of, pid, granted, mode }) =>
      kind === 'advisory' || kind === 'predicate'
        ? [
            {
              what: toldLock(kind, of),
              session: pid,
              isGranted: granted,
              isExclusive: mode === 'ExclusiveLock',
            },
          ]
        : [],
    ),
    inTransaction: state[0]?.open ?? [],
    nowMs: state[0]?.now ?? Number.NaN,
  }
}

/**
 * Until every session has ended what it was told to do, or waits for a lock: PostgreSQL tells of an error
 * before it ends the transaction that failed.
 */
async function atRest(observer: pg.Pool, pids: readonly number[]): Promise<void> {
  const endMs = monotonicMs() + REST_MS_MAX
  for (;;) {
    const { rows } = await observer.query({
      name: 'view-at-rest',
      // One that was given its lock a moment ago still seems to wait, but not to pg_locks.
      text: `select from pg_stat_activity a where pid = any ($1::int[]) and state = 'active'
               and not exists (select from pg_locks l where l.pid = a.pid and not l.granted) limit 1`,
      values: [pids],
    })
    if (rows.length === 0 || monotonicMs() > endMs) return
    await delay(REST_POLL_MS)
  }
}

async function tablesIn(observer: pg.Pool, schema: string): Promise<readonly string[]> {
  const { rows } = await observer.query<{ name: string }>({
    name: 'view-tables',
    text: 'select tablename as name from pg_tables where schemaname = $1 order by 1',
    values: [schema],
  })
  return rows.map(({ name }) => name)
}

/** The observer's search path begins with the schema. A mark is no prefix of another's. */
async function rowsOf(observer: pg.Pool, tables: readonly string[], mark: string): Promise<readonly Row[]> {
  const each = tables.map(
    (name) => `select '${name}' as name, t.ctid::text as place, t.xmax::text as locker, to_json(t) as cells,
                 t::text as whole from ${name} t where t::text ~ $1`,
  )
  const { rows } = await observer.query<Row>(`${each.join(' union all ')} order by name, whole`, [
    `${mark}([^0-9]|$)`,
  ])
  return rows
}

/**
 * Locks on indexes and on whole tables that any statement takes are left out. The key of an advisory lock is
 * shown by the name of which it is the hash: the resource's, perhaps with its schema.
 */
async function locksOf(
  observer: pg.Pool,
  {
    schema,
    pids,
    names,
  }: { readonly schema: string; readonly pids: readonly number[]; readonly names: readonly string[] },
): Promise<readonly Lock[]> {
  const { rows } = await observer.query<Lock>({
    name: 'view-locks',
    text: `
      with named as (
        select name, key from unnest($3::text[]) name,
          lateral (values (hashtextextended(name, 0)), (hashtextextended($2 || ' ' || name, 0)), (hashtext(name)::bigint)) k (key)
      )
      select l.pid, l.granted, l.mode,
        case when l.locktype = 'transactionid' then 'transaction' when l.locktype = 'advisory' then 'advisory'
             when l.mode = 'SIReadLock' then 'predicate' else 'row' end as kind,
        case l.locktype when 'transactionid' then l.transactionid::text
          when 'advisory' then coalesce((select name from named
            where key = (l.classid::bigint << 32) | l.objid::bigint limit 1), '')
          else c.relname end as of,
        case when l.locktype = 'tuple' then format('(%s,%s)', l.page, l.tuple) else '' end as place
      from pg_locks l left join pg_class c on c.oid = l.relation
      where l.pid = any ($1::int[])
        and (l.locktype in ('transactionid', 'advisory', 'tuple') or l.mode = 'SIReadLock')
        and (c.relkind is null or c.relkind = 'r')
      order by 1, 3, 4, 5`,
    values: [pids, schema, names],
  })
  return rows
}

function toldLock(kind: 'advisory' | 'predicate', of: string): string {
  const name = kind === 'advisory' ? 'advisory lock' : 'predicate lock (SIREAD)'
  return of === '' ? name : `${name} on ${of}`
}

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/

function toldValue(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'string' && MOMENT.test(value)) return `at ${Date.parse(value)}`
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
