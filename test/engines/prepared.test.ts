/**
 * Goal: every statement is prepared once on each connection, within a bound, for any user of it; what a
 * session has lost or a change of a table has outdated is prepared again where nothing can have happened, and
 * told where something can. Method: the server's own list (pg_prepared_statements), through Kysely as a
 * strategy has it; and a PgBouncer before it.
 * @module-tag full
 */
import { type Kysely, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { attach } from '../../harness/engines/postgres/attach.ts'
import type { PostgresNamespace } from '../../harness/engines/postgres/namespace.ts'
import { openPostgres, type PostgresEngine } from '../../harness/engines/postgres/open.ts'
import { NAMES_MAX } from '../../harness/engines/postgres/statement-names.ts'
import { registry } from '../../strategies/registry.ts'
import { holdId, resourceId } from '../../strategies/validation.ts'
import { sizeOf } from '../size.ts'
import { temporaryCache } from './harness.ts'
import { pgbouncerProgram, startPgBouncer } from './pgbouncer.ts'

const cache = temporaryCache()
let engine: PostgresEngine
beforeAll(async () => {
  engine = await openPostgres({ durability: 'relaxed', env: cache.env })
})
afterAll(async () => {
  await engine[Symbol.asyncDispose]()
  cache.remove()
})

const settings = { criticalSection: async () => {}, random: () => 0 }
const namespace = (poolSize = 1) => engine.openNamespace({ poolSize, label: 'prepared' })

/** What is prepared on the only connection of this pool, by text, and how often it was planned. */
async function prepared(
  space: PostgresNamespace,
): Promise<readonly { readonly text: string; readonly plans: number }[]> {
  const { rows } = await space.pool.query<{ text: string; plans: number }>({
    name: 'what-is-prepared',
    text: `select statement as text, (generic_plans + custom_plans)::integer as plans from pg_prepared_statements
           where name <> 'what-is-prepared' order by 1`,
  })
  // Asked once of each new session: whether it is ours.
  return rows.filter(({ text }) => !text.includes('current_schema() as schema'))
}

const one = sql<{ one: number }>`select 1 as one`

describe('a statement', () => {
  const onPostgres = registry.filter(({ engines }) => engines.join() === 'postgres')
  for (const entry of onPostgres)
    it(`of ${entry.name} is prepared once on a connection`, sizeOf(entry), async () => {
      await using space = await namespace()
      const strategy = await entry.open({ postgres: space.connections }, settings)
      const seat = resourceId('seat')
      await strategy.createResources([{ id: seat, capacity: 100 }])
      const hold = async (number: number) => {
        const id = holdId(`h-${number}`)
        expect(
          (await strategy.hold({ holdId: id, lines: [{ resourceId: seat, quantity: 1 }], ttlMs: 60_000 }))
            .kind,
        ).toBe('held')
        await strategy.confirm(id)
      }
      await hold(0)
      const first = await prepared(space)
      for (let number = 1; number < 10; number++) await hold(number)
      const then = await prepared(space)
      expect(then.map(({ text }) => text)).toEqual(first.map(({ text }) => text))
      expect(new Set(then.map(({ text }) => text)).size).toBe(then.length)
      expect(then.filter(({ text }) => /insert into hold\b/.test(text)).map(({ plans }) => plans)).toEqual([
        10,
      ])
      await strategy.close()
    })

  it('has its name for everybody on the connection: Kysely, a pool, a client, another process', async () => {
    await using space = await namespace()
    await one.execute(space.connections)
    await space.pool.query('select 1 as one')
    await space.pool.query('select 1 as one', [])
    await new Promise((resolve) => space.pool.query('select 1 as one', resolve))
    const client = await space.pool.connect()
    expect((await client.query({ text: 'select 1 as one', values: [] })).rows).toEqual([{ one: 1 }])
    client.release()
    expect(await prepared(space)).toEqual([{ text: 'select 1 as one', plans: 5 }])
    await using other = await attach(space.attachment(1))
    const db = other.connections as Kysely<unknown>
    await one.execute(db)
    await one.execute(db)
    const { rows } = await sql<{ calls: number }>`
      select count(*)::integer as calls from pg_prepared_statements where statement = 'select 1 as one'`.execute(
      db,
    )
    expect(rows).toEqual([{ calls: 1 }])
  })

  it('is one of a bounded number: the one that was unused for the longest is forgotten', async () => {
    await using space = await namespace()
    for (let number = 0; number < 2 * NAMES_MAX; number++) {
      await sql`select ${sql.lit(number)} as number`.execute(space.connections)
      // Used again and again, so never the oldest.
      await one.execute(space.connections)
    }
    const texts = (await prepared(space)).map(({ text }) => text)
    // The one that made room is told to the server with the next.
    expect(texts.length).toBeLessThanOrEqual(NAMES_MAX + 1)
    expect(texts).toContain('select 1 as one')
    expect(texts).toContain(`select ${2 * NAMES_MAX - 1} as number`)
    expect(texts).not.toContain('select 0 as number')
  })

  it('is sent whole where it changes tables, and where several stand in one text', async () => {
    await using space = await namespace()
    await space.pool.query('create table plain (id integer)')
    await space.pool.query('select 1; select 2')
    await space.pool.query('drop table plain')
    expect(await prepared(space)).toEqual([])
  })

  it('that failed the first time is prepared all the same, and works the next time', async () => {
    await using space = await namespace()
    const divided = (by: number) =>
      sql<{ is: number }>`select 1 / ${by}::integer as is`.execute(space.connections)
    await expect(divided(0)).rejects.toMatchObject({ code: '22012' })
    expect((await divided(1)).rows).toEqual([{ is: 1 }])
    expect(await prepared(space)).toHaveLength(1)
    const wrong = () => sql`select nonsense from nowhere`.execute(space.connections)
    await expect(wrong()).rejects.toMatchObject({ code: '42P01' })
    await expect(wrong()).rejects.toMatchObject({ code: '42P01' })
    expect(await prepared(space)).toHaveLength(1)
  })

  it('whose value cannot be written down sends nothing', async () => {
    await using space = await namespace()
    const circle: { self?: unknown } = {}
    circle.self = circle
    await expect(sql`select ${circle}::text`.execute(space.connections)).rejects.toThrow(/circular/i)
    expect((await one.execute(space.connections)).rows).toEqual([{ one: 1 }])
  })
})

describe('off by the setting', () => {
  it('nothing is prepared, and the results say so', async () => {
    const env = { ...cache.env, POSTGRES_URL: engine.connectionString(), POSTGRES_PREPARED: 'off' }
    await using plain = await openPostgres({ durability: 'relaxed', env })
    expect(plain.settings.prepared_statements).toBe('off')
    expect(plain.caveats.join()).toContain('statements are not prepared: POSTGRES_PREPARED is off')
    await using space = await plain.openNamespace({ poolSize: 1, label: 'off' })
    await one.execute(space.connections)
    await space.connections.transaction().execute((tx) => one.execute(tx))
    expect(await prepared(space)).toEqual([])
    expect(engine.settings.prepared_statements).toBe('on')
  })

  it('another value is refused in one sentence', async () => {
    const env = { ...cache.env, POSTGRES_PREPARED: 'maybe' }
    await expect(openPostgres({ durability: 'relaxed', env })).rejects.toThrow('it can be on or off')
  })
})

/** A table whose column changes its type under a prepared statement. */
async function withTable(space: PostgresNamespace) {
  const db = space.connections
  await space.observer.query('create table thing (id integer primary key, amount integer)')
  await space.observer.query('insert into thing values (1, 10)')
  const read = (on: Kysely<unknown>) => sql<{ amount: unknown }>`select amount from thing`.execute(on)
  expect((await read(db)).rows).toEqual([{ amount: 10 }])
  const change = () => space.observer.query('alter table thing alter column amount type text')
  return { db, read, change }
}

describe('a table that is changed in the middle of a run', () => {
  it('is read on: outside a transaction, and as the first statement of one', async () => {
    await using space = await namespace()
    const { db, read, change } = await withTable(space)
    await change()
    expect((await read(db)).rows).toEqual([{ amount: '10' }])
    await space.observer.query('alter table thing alter column amount type integer using amount::integer')
    const inside = await db.transaction().execute(async (tx) => {
      const first = await read(tx)
      await sql`update thing set id = 2`.execute(tx)
      return first
    })
    expect(inside.rows).toEqual([{ amount: 10 }])
    expect((await space.observer.query('select id from thing')).rows).toEqual([{ id: 2 }])
  })

  it('fails a transaction that is under way, which has no effect, and is told in one sentence', async () => {
    await using space = await namespace()
    const { db, read, change } = await withTable(space)
    await sql`update thing set id = 1`.execute(db)
    const failed = db.transaction().execute(async (tx) => {
      await sql`select pg_advisory_xact_lock(1)`.execute(tx)
      await change()
      await read(tx)
    })
    await expect(failed).rejects.toMatchObject({
      code: '0A000',
      message: expect.stringMatching(
        /^a table was changed while a statement on it was prepared, so .*prepares it again: [^\n]*$/,
      ),
    })
    expect((await read(db)).rows).toEqual([{ amount: '10' }])
  })
})

describe('statements that their session has lost', () => {
  it.for(['discard all', 'deallocate all'])('by %s are prepared again', async (lose) => {
    await using space = await namespace()
    const { connections: db, pool, schema } = space
    // What else DISCARD ALL resets is set again, as a pooler or a program that says so would.
    const lost = async () =>
      void (await pool.query(lose).then(() => pool.query(`set search_path = ${schema}`)))
    await one.execute(db)
    await lost()
    expect((await one.execute(db)).rows).toEqual([{ one: 1 }])
    await lost()
    const inside = await db.transaction().execute(async (tx) => (await one.execute(tx)).rows)
    expect(inside).toEqual([{ one: 1 }])
    const failed = db.transaction().execute(async (tx) => {
      await one.execute(tx)
      await sql`deallocate all`.execute(tx)
      await one.execute(tx)
    })
    await expect(failed).rejects.toMatchObject({
      code: '26000',
      message: expect.stringMatching(/^a prepared statement was gone from its session [^\n]* had no effect/),
    })
    expect((await one.execute(db)).rows).toEqual([{ one: 1 }])
  })

  it('are not sent again into a transaction that has begun meanwhile', async () => {
    await using space = await namespace()
    await space.observer.query('create table made (id integer)')
    const client = await space.pool.connect()
    const insert = () => client.query({ text: 'insert into made values ($1)', values: [1] })
    await insert()
    await client.query('deallocate all')
    // All three are on their way at once: the second time would be inside, and end with, the transaction.
    const [again] = await Promise.allSettled([insert(), client.query('begin'), client.query('rollback')])
    client.release()
    const { rowCount } = await space.observer.query('select from made')
    expect(rowCount).toBe(again.status === 'fulfilled' ? 2 : 1)
  })
})

describe.skipIf(pgbouncerProgram() === undefined)('behind PgBouncer', () => {
  it.for([
    ['in session mode statements are prepared', 'session', 'on'],
    ['in transaction mode, which loses them, none is', 'transaction', 'off'],
  ] as const)('%s', async ([, pool_mode, expected]) => {
    await using pooler = await startPgBouncer(engine.connectionString(), { pool_mode })
    const env = { ...cache.env, POSTGRES_URL: pooler.url }
    await using behind = await openPostgres({ durability: 'relaxed', env })
    expect(behind.settings.prepared_statements).toBe(expected)
    const caveat = 'statements are not prepared: the pooler before it loses them between transactions'
    expect(behind.caveats.includes(caveat)).toBe(expected === 'off')
    await using space = await behind.openNamespace({ poolSize: 4, label: 'pooled' })
    const all = Array.from({ length: 40 }, () =>
      space.connections.transaction().execute(async (tx) => {
        await one.execute(tx)
        return (await one.execute(tx)).rows
      }),
    )
    expect(await Promise.all(all)).toEqual(all.map(() => [{ one: 1 }]))
  })
})
