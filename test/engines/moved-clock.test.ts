/**
 * Goal: when an exploration moves an engine's clock, whatever reads it there reads the moved one, and what is left alone
 * stays as it was. Method: every way to read a clock, before and after, beside the server's own time.
 */
import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'
import { type Kysely, sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { MovableClock, Namespace } from '../../harness/engines/engine.ts'
import type { EngineName } from '../../strategies/strategy.ts'
import { withEngines } from '../with-engines.ts'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
/** A deadline is reached in whole seconds, and one more. */
const ROUNDED_MS = 2_000
/** Of the scripts that EVAL brought, a server remembers this many. */
const KNOWN_TO_SERVER = 500

const opened = await withEngines(['postgres', 'redis'])

async function explorable(engine: EngineName): Promise<Namespace & { readonly clock: MovableClock }> {
  const namespace = await opened.engines[engine]?.openNamespace({ poolSize: 4, label: 'clock' })
  const clock = namespace?.explorable.clock
  if (namespace === undefined || clock === undefined) return expect.fail('there is no clock')
  await clock.make()
  await namespace.explorable.prepare()
  return Object.assign(namespace, { clock })
}

const open = {
  pass: (request: { send(): Promise<unknown> }) => request.send(),
  openBehind: <T>(work: () => T) => work(),
}

describe('PostgreSQL', () => {
  const CLOCKS = {
    'now()': sql`now()`,
    'transaction_timestamp()': sql`transaction_timestamp()`,
    'statement_timestamp()': sql`statement_timestamp()`,
    'clock_timestamp()': sql`clock_timestamp()`,
    current_timestamp: sql`current_timestamp`,
    'localtimestamp, in the zone of the session': sql`localtimestamp at time zone current_setting('timezone')`,
  }

  async function aheadMs(postgres: Kysely<unknown>, clock: ReturnType<typeof sql>): Promise<number> {
    const { rows } = await sql<{ ahead: number }>`
      select (extract(epoch from ${clock} - pg_catalog.now()) * 1000)::float8 as ahead`.execute(postgres)
    return rows[0]?.ahead ?? Number.NaN
  }

  test('each way to read the clock is moved, a default of a column, too', async ({ skip }) => {
    if (opened.lacks(['postgres'])) skip('PostgreSQL is not there')
    await using namespace = await explorable('postgres')
    const postgres = namespace.explorable.gated(open).connections as Kysely<unknown>
    await sql`create table made (at timestamptz default current_timestamp, also timestamptz default now())`.execute(
      postgres,
    )
    await namespace.clock.moveTo(Date.now() + HOUR_MS, { leastMs: MINUTE_MS })
    for (const [name, clock] of Object.entries(CLOCKS)) {
      const ahead = await aheadMs(postgres, clock)
      expect(ahead, name).toBeGreaterThan(HOUR_MS - MINUTE_MS)
      expect(ahead, name).toBeLessThan(HOUR_MS + MINUTE_MS)
    }
    await sql`insert into made default values`.execute(postgres)
    const { rows } = await sql<{ at: Date; also: Date }>`select * from made`.execute(postgres)
    for (const at of Object.values(rows[0] ?? {}))
      expect(at.getTime() - Date.now()).toBeGreaterThan(HOUR_MS - MINUTE_MS)
    await namespace.clock.reset()
    for (const [name, clock] of Object.entries(CLOCKS)) {
      expect(Math.abs(await aheadMs(postgres, clock)), name).toBeLessThan(MINUTE_MS)
    }
  })

  test('a transaction keeps the time at which it began, at every level of isolation', async ({ skip }) => {
    if (opened.lacks(['postgres'])) skip('PostgreSQL is not there')
    await using namespace = await explorable('postgres')
    const postgres = namespace.explorable.gated(open).connections as Kysely<unknown>
    for (const level of ['read committed', 'repeatable read', 'serializable'] as const) {
      const movedBefore = await aheadMs(postgres, CLOCKS['now()'])
      await postgres
        .transaction()
        .setIsolationLevel(level)
        .execute(async (transaction) => {
          expect(await aheadMs(transaction, CLOCKS['now()'])).toBeCloseTo(movedBefore, 0)
          await namespace.clock.moveTo(Date.now() + movedBefore + HOUR_MS, { leastMs: MINUTE_MS })
          expect(await aheadMs(transaction, CLOCKS['now()'])).toBeCloseTo(movedBefore, 0)
          expect(await aheadMs(transaction, CLOCKS['clock_timestamp()'])).toBeGreaterThan(
            movedBefore + HOUR_MS - MINUTE_MS,
          )
        })
      expect(await aheadMs(postgres, CLOCKS['now()'])).toBeGreaterThan(movedBefore + HOUR_MS - MINUTE_MS)
    }
  })

  test('words in quotes are no clock', async ({ skip }) => {
    if (opened.lacks(['postgres'])) skip('PostgreSQL is not there')
    await using namespace = await explorable('postgres')
    const postgres = namespace.explorable.gated(open).connections as Kysely<unknown>
    const { rows } = await sql<{ text: string }>`select 'it''s current_timestamp' as text`.execute(postgres)
    expect(rows).toEqual([{ text: "it's current_timestamp" }])
  })
})

describe('Redis', () => {
  async function redis(): Promise<{
    readonly namespace: Awaited<ReturnType<typeof explorable>>
    readonly client: Redis
  }> {
    const namespace = await explorable('redis')
    const [client] = namespace.explorable.gated(open).connections as readonly Redis[]
    return { namespace, client: client ?? expect.fail('there is no client') }
  }
  const SCRIPT = `local t = redis.call('TIME') return t[1]`
  const at = async (seconds: Promise<unknown>) => Number(await seconds) * 1_000 - Date.now()

  test('TIME is moved, in scripts, too, and so is what expires at a moment', async ({ skip }) => {
    if (opened.lacks(['redis'])) skip('Redis is not there')
    const { namespace, client } = await redis()
    await using _ = namespace
    const sha = String(await client.script('LOAD', SCRIPT))
    await client.set('lasting', 'a', 'PX', 2 * HOUR_MS)
    await client.set('due', 'a', 'PX', HOUR_MS - MINUTE_MS)
    await client.set('lock', 'a', 'PX', MINUTE_MS / 2)
    await namespace.clock.moveTo(Date.now() + HOUR_MS, { leastMs: MINUTE_MS })

    const clocks = {
      TIME: client.time().then(([seconds]) => seconds),
      EVAL: client.eval(SCRIPT, 0),
      EVALSHA: client.evalsha(sha, 0),
      'a script with a first line of its own': client.eval(`#!lua flags=no-writes\n${SCRIPT}`, 0),
    }
    for (const [name, told] of Object.entries(clocks)) {
      expect(Math.abs((await at(told)) - HOUR_MS), name).toBeLessThan(MINUTE_MS)
    }
    expect(await client.exists('due')).toBe(0)
    expect(Math.abs((await client.pttl('lasting')) - HOUR_MS)).toBeLessThan(MINUTE_MS)
    expect(await client.pttl('lock')).toBeGreaterThan(0)
    expect(await client.pttl('lock')).toBeLessThan(MINUTE_MS)

    const moment = Number((await client.time())[0]) + 600
    await client.set('until', 'a', 'EXAT', moment)
    await client.eval(
      `redis.call('SET', KEYS[1], 'a') redis.call('PEXPIREAT', KEYS[1], ARGV[1])`,
      1,
      'until too',
      moment * 1_000,
    )
    for (const key of ['until', 'until too']) {
      expect(await client.ttl(key)).toBeGreaterThan(590)
      expect(await client.ttl(key)).toBeLessThanOrEqual(600)
      expect(await client.call('EXPIRETIME', key)).toBe(moment)
    }
    await namespace.clock.reset()
    expect(Math.abs(await at(client.time().then(([seconds]) => seconds)))).toBeLessThan(MINUTE_MS)
  })

  test('every key ends at the same moment of the moved clock as before, to the millisecond', async ({
    skip,
  }) => {
    if (opened.lacks(['redis'])) skip('Redis is not there')
    const { namespace, client } = await redis()
    await using _ = namespace
    const keys = Array.from({ length: 200 }, (_each, at) => `lasting ${at}`)
    const ends = () => Promise.all(keys.map((key) => client.call('PEXPIRETIME', key)))
    for (const [at, key] of keys.entries()) await client.set(key, 'a', 'PX', 2 * HOUR_MS + at)
    const before = await ends()
    await namespace.clock.moveTo(Date.now() + HOUR_MS, { leastMs: MINUTE_MS })
    expect(await ends()).toEqual(before)
  })

  test('fields that expire do, where the server has such fields', async ({ skip }) => {
    if (opened.lacks(['redis'])) skip('Redis is not there')
    const { namespace, client } = await redis()
    await using _ = namespace
    await client.hset('record', 'due', '1', 'lasting', '1', 'endless', '1')
    const has = await client.call('HPEXPIRE', 'record', HOUR_MS / 2, 'FIELDS', 1, 'due').then(
      () => true,
      () => false,
    )
    if (!has) skip('this server has no fields that expire')
    await client.call('HPEXPIRE', 'record', 2 * HOUR_MS, 'FIELDS', 1, 'lasting')
    await namespace.clock.moveTo(Date.now() + HOUR_MS, { leastMs: MINUTE_MS })
    expect((await client.hkeys('record')).toSorted()).toEqual(['endless', 'lasting'])
  })

  test('however often it is moved, the server remembers the scripts that it knew, and their own arguments', async ({
    skip,
  }) => {
    if (opened.lacks(['redis'])) skip('Redis is not there')
    const { namespace, client } = await redis()
    await using _ = namespace
    const text = `return { #KEYS, #ARGV, ARGV[1] }`
    const sha = createHash('sha1').update(text).digest('hex')
    expect(await client.eval(text, 1, 'key', 'own')).toEqual([1, 1, 'own'])
    for (let move = 1; move <= KNOWN_TO_SERVER; move++) {
      await namespace.clock.moveTo(Date.now() + move * HOUR_MS, { leastMs: MINUTE_MS })
      expect(await client.eval(text, 1, 'key', 'own')).toEqual([1, 1, 'own'])
    }
    await namespace.clock.reset()
    expect(await client.evalsha(sha, 1, 'key', 'own')).toEqual([1, 1, 'own'])
  })

  test('a script that fails says so with the clock moved, too', async ({ skip }) => {
    if (opened.lacks(['redis'])) skip('Redis is not there')
    const { namespace, client } = await redis()
    await using _ = namespace
    await namespace.clock.moveTo(Date.now() + HOUR_MS + ROUNDED_MS, { leastMs: MINUTE_MS })
    await expect(client.eval(`return redis.call('HGET', KEYS[1])`, 1, 'a')).rejects.toThrow(
      /wrong number of args/i,
    )
    expect(
      await client.eval(`local answer = redis.pcall('NONE') return answer.err ~= nil and 'told' or 'not'`, 0),
    ).toBe('told')
  })
})
