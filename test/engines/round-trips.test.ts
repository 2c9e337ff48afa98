/**
 * Goal: a hold takes as many round trips as its strategy's header says, and what travels together succeeds or
 * fails together. Method: a pool that counts what is sent to it; a server that refuses BEGIN, a statement or
 * COMMIT; the rows that are then there.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Kysely, sql } from 'kysely'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LentDialect, type StatementClient } from '../../harness/engines/postgres/lent-dialect.ts'
import type { PostgresNamespace } from '../../harness/engines/postgres/namespace.ts'
import { openPostgres, type PostgresEngine } from '../../harness/engines/postgres/open.ts'
import { type Statement, textsOf } from '../../harness/engines/postgres/statement.ts'
import { registry } from '../../strategies/registry.ts'
import { holdId, resourceId } from '../../strategies/validation.ts'
import { temporaryCache } from './harness.ts'

const cache = temporaryCache()
let engine: PostgresEngine
let space: PostgresNamespace
beforeAll(async () => {
  engine = await openPostgres({ durability: 'relaxed', env: cache.env })
  space = await engine.openNamespace({ poolSize: 2, label: 'round trips' })
  await space.observer.query(`
    create table noted (id integer primary key);
    create table late (id integer references noted deferrable initially deferred)`)
})
afterAll(async () => {
  await space[Symbol.asyncDispose]()
  await engine[Symbol.asyncDispose]()
  cache.remove()
})

/** `change`: what is sent instead of a statement. */
function counting(
  pool: pg.Pool,
  change: (statement: Statement) => Statement = (statement) => statement,
): { readonly db: Kysely<unknown>; readonly sent: string[] } {
  const sent: string[] = []
  const dialect = new LentDialect({
    async connect() {
      const client = (await pool.connect()) as unknown as StatementClient
      return {
        query(statement) {
          sent.push(textsOf(statement).join('; '))
          return client.query(change(statement))
        },
        release: () => client.release(),
      }
    },
  })
  return { db: new Kysely<unknown>({ dialect }), sent }
}

const note = (id: number) => sql`insert into noted values (${id})`
const noted = async () =>
  (await space.observer.query<{ id: number }>('select id from noted order by id')).rows.map(({ id }) => id)
/** Whether any connection of the pool is still in a transaction. */
const openTransactions = async () =>
  (
    await space.observer.query(
      `select from pg_stat_activity where application_name = $1 and state like 'idle in transaction%'`,
      [space.schema],
    )
  ).rowCount

describe('a hold of one line', () => {
  it.for(
    registry
      .filter(({ engines }) => engines.join() === 'postgres')
      .map((entry) => [entry.name, entry] as const),
  )('of %s takes the round trips that its header says', async ([name, entry]) => {
    await using own = await engine.openNamespace({ poolSize: 2, label: name })
    const { db, sent } = counting(own.pool)
    const strategy = await entry.open({ postgres: db }, { criticalSection: async () => {}, random: () => 0 })
    const seat = resourceId('seat')
    await strategy.createResources([{ id: seat, capacity: 1 }])
    sent.length = 0
    const held = await strategy.hold({
      holdId: holdId('one'),
      lines: [{ resourceId: seat, quantity: 1 }],
      ttlMs: 60_000,
    })
    expect(held.kind).toBe('held')
    const header = readFileSync(join(import.meta.dirname, `../../strategies/${name}.ts`), 'utf8')
    const said = /Round trips per hold: (\d+)/.exec(header)?.[1]
    expect(sent, sent.join('\n')).toHaveLength(Number(said))
    await strategy.close()
  })
})

describe('BEGIN', () => {
  it('is sent with the first statement, and not at all without one', async () => {
    const { db, sent } = counting(space.pool)
    await db.transaction().execute(async () => {})
    const unused = await db.startTransaction().setIsolationLevel('serializable').execute()
    await unused.rollback().execute()
    expect(sent).toEqual([])
    await db
      .transaction()
      .setIsolationLevel('serializable')
      .execute(async (tx) => {
        const { rows } = await sql<{ level: string }>`
          select current_setting('transaction_isolation') as level`.execute(tx)
        expect(rows).toEqual([{ level: 'serializable' }])
      })
    expect(sent).toHaveLength(2)
    expect(sent[0]).toMatch(/^start transaction isolation level serializable; /)
  })

  it('that fails takes its statement with it, and everything up to the rollback', async () => {
    const { db } = counting(space.pool, (statement) =>
      statement.begin === undefined
        ? statement
        : { ...statement, begin: 'start transaction isolation level nonsense' },
    )
    const tx = await db.startTransaction().execute()
    // All three are asked for at once.
    const all = await Promise.allSettled([note(1).execute(tx), note(2).execute(tx), note(3).execute(tx)])
    expect(all.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    await expect(note(4).execute(tx)).rejects.toMatchObject({ code: '25P02' })
    await tx.rollback().execute()
    expect(await noted()).toEqual([])
    expect(await openTransactions()).toBe(0)
  })

  it('that was sent with a statement that fails is rolled back, and the connection is as before', async () => {
    const { db } = counting(space.pool)
    const failed = db.transaction().execute(async (tx) => {
      await sql`select 1 / 0`.execute(tx)
    })
    await expect(failed).rejects.toMatchObject({ code: '22012' })
    expect(await openTransactions()).toBe(0)
    await note(1).execute(db)
    expect(await noted()).toEqual([1])
    await space.observer.query('truncate noted, late')
  })
})

/** As the ledgers mark the last statement of a claim. */
function last(db: Kysely<unknown>, statement: ReturnType<typeof note>) {
  const marked = { ...statement.compile(db), endsTransaction: true }
  return db.executeQuery(marked)
}

describe('COMMIT', () => {
  it('travels with the last statement, and nothing can follow it', async () => {
    const { db, sent } = counting(space.pool)
    const tx = await db.startTransaction().execute()
    await note(1).execute(tx)
    await last(tx, note(2))
    expect(await noted()).toEqual([1, 2])
    await expect(note(3).execute(tx)).rejects.toThrow('COMMIT went with')
    await tx.commit().execute()
    expect(sent).toHaveLength(2)
    expect(await noted()).toEqual([1, 2])
    const another = await db.startTransaction().execute()
    await last(another, note(3))
    await expect(another.rollback().execute()).rejects.toThrow('COMMIT went with')
    expect(await noted()).toEqual([1, 2, 3])
    await note(4).execute(db)
    await space.observer.query('truncate noted, late')
  })

  it('is skipped where the statement fails', async () => {
    const { db } = counting(space.pool)
    const tx = await db.startTransaction().execute()
    await note(1).execute(tx)
    await expect(last(tx, note(1))).rejects.toMatchObject({ code: '23505' })
    await tx.rollback().execute()
    expect(await noted()).toEqual([])
    expect(await openTransactions()).toBe(0)
  })

  it('that is refused fails the statement, which had no effect', async () => {
    const { db } = counting(space.pool)
    const tx = await db.startTransaction().execute()
    await note(1).execute(tx)
    await expect(last(tx, sql`insert into late values (9)`)).rejects.toMatchObject({ code: '23503' })
    await tx.rollback().execute()
    expect(await noted()).toEqual([])
    expect(await openTransactions()).toBe(0)
  })

  it('outside a transaction, the mark means nothing', async () => {
    const { db } = counting(space.pool)
    await last(db, note(7))
    expect(await noted()).toEqual([7])
  })
})
