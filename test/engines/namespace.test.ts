/**
 * Goal: each strategy gets a schema of its own, a pool whose waits are measured and end, and the engine's clock.
 * Method: one server; the pool is driven in every form its users know, and connections are cut in mid-use.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { invokedNowUs, monotonicMs, returnedNowUs } from '../../harness/clock.ts'
import { openPostgres, type PostgresEngine } from '../../harness/engines/postgres/open.ts'
import { temporaryCache, until } from './harness.ts'

const cache = temporaryCache()
let engine: PostgresEngine
beforeAll(async () => {
  engine = await openPostgres({ durability: 'relaxed', env: cache.env })
})
afterAll(async () => {
  await engine[Symbol.asyncDispose]()
  cache.remove()
})

describe('a namespace', () => {
  it('is a schema that nobody else sees, and is dropped', async () => {
    const one = await engine.openNamespace({ poolSize: 2, label: 'one' })
    const two = await engine.openNamespace({ poolSize: 2, label: 'two' })
    await one.pool.query('create table seats (id int)')
    await two.pool.query('create table seats (id int)')
    await one.pool.query('insert into seats values (1)')
    expect((await two.observer.query('select * from seats')).rowCount).toBe(0)
    expect((await one.observer.query('select * from seats')).rowCount).toBe(1)
    await one[Symbol.asyncDispose]()
    await one[Symbol.asyncDispose]()
    const left = await two.observer.query('select nspname from pg_namespace where nspname like $1', [
      'holdfast%',
    ])
    expect(left.rows).toEqual([{ nspname: two.schema }])
    await two[Symbol.asyncDispose]()
  })

  it('is dropped though a connection was never released and holds locks', async () => {
    const space = await engine.openNamespace({ poolSize: 2, label: 'leak' })
    await space.pool.query('create table seats (id int)')
    const leaked = await space.pool.connect()
    await leaked.query('begin')
    await leaked.query('lock table seats')
    await space[Symbol.asyncDispose]()
    await using after = await engine.openNamespace({ poolSize: 1, label: 'after' })
    const { rowCount } = await after.pool.query('select 1 from pg_namespace where nspname = $1', [
      space.schema,
    ])
    expect(rowCount).toBe(0)
  })

  it('is dropped though its pool was ended by a strategy', async () => {
    const space = await engine.openNamespace({ poolSize: 2, label: 'ended' })
    await space.pool.end()
    await space[Symbol.asyncDispose]()
  })

  it('has a deadline on every wait, and says who it is', async () => {
    await using space = await engine.openNamespace({ poolSize: 1, label: 'deadlines' })
    const shown = async (name: string) =>
      Object.values((await space.pool.query(`show ${name}`)).rows[0] ?? {})[0]
    expect(await shown('statement_timeout')).toBe('30s')
    expect(await shown('idle_in_transaction_session_timeout')).toBe('30s')
    expect(await shown('application_name')).toMatch(/^holdfast/)
  })

  it('is refused a pool larger than the server', async () => {
    const opening = engine.openNamespace({ poolSize: 5_000, label: 'large' })
    await expect(opening).rejects.toMatchObject({ name: 'EngineError', problem: 'too-small' })
  })
})

describe('the meter', () => {
  it('counts every form of asking for a connection once', async () => {
    await using space = await engine.openNamespace({ poolSize: 2, label: 'forms' })
    expect(space.pool.read()).toMatchObject({ waitMs: { count: 0, p99: 0 }, connectionSeconds: 0, open: 2 })
    await space.pool.query('select 1')
    const client = await space.pool.connect()
    client.release()
    await new Promise<void>((resolve, reject) => {
      space.pool.connect((error, _client, done) => {
        done()
        if (error) reject(error)
        else resolve()
      })
    })
    expect(space.pool.read()).toMatchObject({ waitMs: { count: 3 }, inUse: 0, waitsFailed: 0 })
  })

  it('sees the wait for a connection, and the time it is held', async () => {
    await using space = await engine.openNamespace({ poolSize: 1, label: 'waits' })
    const holder = await space.pool.connect()
    const waiting = space.pool.query('select 1')
    await until('somebody waits', () => space.pool.read().waiting === 1)
    await holder.query('select pg_sleep(0.05)')
    expect(space.pool.read()).toMatchObject({ inUse: 1 })
    holder.release()
    await waiting
    const { waitMs, connectionSeconds } = space.pool.read()
    expect(waitMs.count).toBe(2)
    expect(waitMs.max).toBeGreaterThanOrEqual(50)
    expect(connectionSeconds).toBeGreaterThanOrEqual(0.05)
    space.pool.reset()
    expect(space.pool.read()).toMatchObject({ waitMs: { count: 0, max: 0 }, connectionSeconds: 0 })
  })

  it('records connections that the server cuts, idle or held between statements, and the program goes on', async () => {
    await using space = await engine.openNamespace({ poolSize: 2, label: 'cut' })
    const held = await space.pool.connect()
    const { rowCount } = await space.observer.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1',
      [space.schema],
    )
    expect(rowCount).toBe(2)
    await until('both are seen broken', () => space.pool.read().connectionsBroken === 2)
    held.release()
    expect((await space.pool.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    expect(space.pool.read().lastBreak).toMatch(/terminat/)
  })
})

describe('the clocks', () => {
  it('of the engine is known to within the fastest round trip', async () => {
    await using space = await engine.openNamespace({ poolSize: 1, label: 'clock' })
    const { offsetMs, errorMs } = await space.readClock()
    expect(errorMs).toBeGreaterThan(0)
    expect(errorMs).toBeLessThan(50)
    // Server and test read the same wall clock here; Date.now() is a whole number of milliseconds.
    const wallMs = Date.now()
    expect(Math.abs(offsetMs + monotonicMs() - wallMs)).toBeLessThan(errorMs + 5)
    // Neither is part of the measured pool's figures.
    expect(space.pool.read().waitMs.count).toBe(0)
  })

  it('of this host rounds an operation outwards', () => {
    for (let round = 0; round < 1_000; round += 1) {
      const invokedUs = invokedNowUs()
      const returnedUs = returnedNowUs()
      expect(Number.isSafeInteger(invokedUs) && Number.isSafeInteger(returnedUs)).toBe(true)
      expect(returnedUs).toBeGreaterThan(invokedUs - 1)
    }
  })
})
