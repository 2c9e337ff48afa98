/**
 * The clock of PostgreSQL, moved forward for all readers in one schema. The schema's functions take
 * precedence over those of the same names in pg_catalog, because the search path names pg_catalog last. The
 * offset is kept in sequences: with a table, an older snapshot would still see the earlier offset. A
 * transaction or statement that began earlier keeps the time at which it began.
 *
 * Only functions can be shadowed: `current_timestamp` and `localtimestamp` are replaced by `now()` in the
 * text of a statement (`withMovableClock`), which means the same. The literal 'now' stays as it is.
 */
import type pg from 'pg'
import type { MovableClock } from '../engine.ts'
import { onEverySession } from './every-session.ts'
import { touching } from './touch.ts'

const US_PER_SECOND = 1_000_000

export function movableClock(space: {
  readonly schema: string
  readonly pool: pg.Pool
  readonly observer: pg.Pool
}): MovableClock {
  const { schema, pool, observer } = space
  return {
    async make() {
      await observer.query(functionsIn(schema))
      await Promise.all([pool, observer].map((each) => onEverySession(each, searchPath(schema))))
    },
    async moveTo(ms) {
      await observer.query(move(schema), [Math.ceil(ms * 1_000)])
      return [touching('time', 'all')]
    },
    async reset() {
      await observer.query(
        `select setval('${schema}.clock_moved_by', 0), setval('${schema}.clock_was_moved_by', 0)`,
      )
    },
  }
}

/** For every session that should read the moved clock. */
export function searchPath(schema: string): string {
  return `set search_path = ${schema}, pg_catalog`
}

/** The same statement with a clock that can be moved. Quoted texts are not changed. */
export function withMovableClock(sql: string): string {
  return sql.replaceAll(CLOCK_WORDS, (word) =>
    /^current_timestamp$/i.test(word) ? 'now()' : /^localtimestamp$/i.test(word) ? 'now()::timestamp' : word,
  )
}

const CLOCK_WORDS =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\bcurrent_timestamp\b(?!\s*\()|\blocaltimestamp\b(?!\s*\()/gi

/**
 * Moves by whole seconds, as for the other engines. A transaction that began earlier keeps the earlier
 * offset.
 */
function move(schema: string): string {
  const by = `greatest($1 - us, 0) / ${US_PER_SECOND} * ${US_PER_SECOND} + ${US_PER_SECOND}`
  return `select setval('${schema}.clock_was_moved_by', (select last_value from ${schema}.clock_moved_by)),
                 setval('${schema}.clock_moved_at', us), setval('${schema}.clock_moved_by', ${by})
          from (select (extract(epoch from pg_catalog.clock_timestamp()) * ${US_PER_SECOND})::bigint as us) t`
}

/** Created once; it is dropped with the schema. */
function functionsIn(schema: string): string {
  const shadow = (name: string, volatility: string) =>
    `create or replace function ${schema}.${name}() returns timestamptz language sql ${volatility}
       as $$ select ${schema}.moved(pg_catalog.${name}()) $$;`
  return `
    create sequence if not exists ${schema}.clock_moved_by minvalue 0 start 0;
    create sequence if not exists ${schema}.clock_moved_at minvalue 0 start 0;
    create sequence if not exists ${schema}.clock_was_moved_by minvalue 0 start 0;
    create or replace function ${schema}.moved(moment timestamptz) returns timestamptz language sql volatile as $$
      select moment + interval '1 microsecond' * case
        when extract(epoch from moment) * ${US_PER_SECOND} < (select last_value from ${schema}.clock_moved_at)
        then (select last_value from ${schema}.clock_was_moved_by)
        else (select last_value from ${schema}.clock_moved_by)
      end $$;
    ${shadow('now', 'stable')}
    ${shadow('transaction_timestamp', 'stable')}
    ${shadow('statement_timestamp', 'stable')}
    ${shadow('clock_timestamp', 'volatile')}`
}
