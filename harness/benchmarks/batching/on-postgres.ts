/** The rows of a hold on PostgreSQL without a strategy: by the server itself, and by its client alone. */
import type pg from 'pg'
import { registry } from '../../../strategies/registry.ts'
import { resourceId, UNITS_MAX } from '../../../strategies/validation.ts'
import type { Engines } from '../../engines/open.ts'
import type { PostgresNamespace } from '../../engines/postgres/namespace.ts'
import { prepareGround } from '../../ground/ground.ts'
import type { HoldMaker } from './turns.ts'

/** Whose tables are used. */
const OWNER = 'postgres-conditional-update'
/** As large as the strategy's may be. */
const BATCH = 1_000
const ROW = 'general-admission'
const TTL_MS = 10 * 60_000

/** Tables of their own, in one session. */
export class RowsAlone implements AsyncDisposable {
  readonly #pool: pg.Pool
  readonly #undo: AsyncDisposableStack

  private constructor(pool: pg.Pool, undo: AsyncDisposableStack) {
    this.#pool = pool
    this.#undo = undo
  }

  static async open(engines: Engines): Promise<RowsAlone> {
    const entry = registry.find(({ name }) => name === OWNER)
    if (entry === undefined) throw new Error(`there is no ${OWNER}`)
    await using undo = new AsyncDisposableStack()
    const ground = undo.adopt(await prepareGround(entry, engines, 1), (each) => each.dispose())
    const settings = { criticalSection: async () => {}, random: Math.random }
    const strategy = undo.adopt(await entry.open(ground.connections, settings), (each) => each.close())
    await strategy.createResources([{ id: resourceId(ROW), capacity: UNITS_MAX }])
    const { pool } = ground.namespaces.get('postgres') as PostgresNamespace
    return new RowsAlone(pool, undo.move())
  }

  /** No round trips, no parameters, no answers. */
  inside(): HoldMaker {
    return {
      name: `the server by itself, ${BATCH} a commit`,
      make: async (round, durationMs) => {
        const before = await this.#taken()
        await this.#pool.query(insideOf(round, durationMs))
        return (await this.#taken()) - before
      },
    }
  }

  /** The least that a client does for the same rows: it sends the ids, and looks at nothing. */
  sent(): HoldMaker {
    return {
      name: `pg alone, ${BATCH} a statement`,
      make: async (round, durationMs) => {
        const endMs = performance.now() + durationMs
        let made = 0
        for (let batch = 0; performance.now() < endMs; batch++) {
          const ids = Array.from({ length: BATCH }, (_, at) => `c-${round}-${batch}-${at}`)
          await this.#pool.query(SENT, [`{${ids.join(',')}}`, ROW, TTL_MS])
          made += BATCH
        }
        return made
      },
    }
  }

  async #taken(): Promise<number> {
    const { rows } = await this.#pool.query<{ taken: number }>('select taken from resource where id = $1', [
      ROW,
    ])
    return rows[0]?.taken ?? 0
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#undo[Symbol.asyncDispose]()
  }
}

const SENT = `
  with counted as (
    update resource
    set taken = taken + cardinality($1::text[]), version = version + cardinality($1::text[])
    where id = $2
  ), h as (
    insert into hold (id, deadline)
    select id, (select clock_timestamp()) + $3::integer * interval '1 millisecond' from unnest($1::text[]) id
  )
  insert into hold_line (hold_id, line, resource_id, quantity, version, deadline)
  select id, 1, $2, 1, version, (select clock_timestamp()) + $3::integer * interval '1 millisecond'
  from unnest($1::text[]) with ordinality l (id, version)`

function insideOf(round: number, durationMs: number): string {
  const deadline = `clock_timestamp() + ${TTL_MS} * interval '1 millisecond'`
  return `
    do $$
    declare
      started constant timestamptz := clock_timestamp();
      batch integer := 0;
    begin
      while clock_timestamp() < started + ${durationMs} * interval '1 millisecond' loop
        batch := batch + 1;
        update resource set taken = taken + ${BATCH}, version = version + ${BATCH};
        insert into hold (id, deadline)
        select 'm-${round}-' || batch || '-' || n, ${deadline} from generate_series(1, ${BATCH}) n;
        insert into hold_line (hold_id, line, resource_id, quantity, version, deadline)
        select 'm-${round}-' || batch || '-' || n, 1, '${ROW}', 1, n, ${deadline}
        from generate_series(1, ${BATCH}) n;
        commit;
      end loop;
    end $$`
}
