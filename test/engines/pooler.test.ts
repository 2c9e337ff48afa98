/**
 * Goal: behind a pooler nothing is written where it does not belong, and what is right is found right.
 * Method: a PgBouncer before a server of our own, in each of its modes, with tables of somebody else under the names that
 * strategies use.
 */
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openPool } from '../../harness/engines/postgres/namespace.ts'
import { openPostgres, type PostgresEngine } from '../../harness/engines/postgres/open.ts'
import { parsePostgresUrl } from '../../harness/engines/postgres/url.ts'
import { runTrial } from '../../harness/trial/trial.ts'
import { hotSeat } from '../../harness/workloads/hot-seat.ts'
import { registry } from '../../strategies/registry.ts'
import { FULL, SLICE } from '../size.ts'
import { temporaryCache, until } from './harness.ts'
import { pgbouncerProgram, startPgBouncer } from './pgbouncer.ts'

const cache = temporaryCache()
let host: PostgresEngine
let owner: pg.Client

const IGNORING = { ignore_startup_parameters: 'options,extra_float_digits' }
/** One of each kind: a statement alone, a transaction, one that is retried, one that batches, and the control. */
const STRATEGIES = [
  'postgres-conditional-update',
  'postgres-select-for-update',
  'postgres-serializable',
  'postgres-conditional-update-batched',
  'postgres-naive',
]
const THEIRS = ['resource', 'hold', 'hold_line', 'sale', 'unit']
/** In their order, which is the tables' own. */
const LEFT = ['public.hold', 'public.hold_line', 'public.resource', 'public.sale', 'public.unit']

describe.skipIf(pgbouncerProgram() === undefined)('behind PgBouncer', FULL, () => {
  beforeAll(async () => {
    host = await openPostgres({ durability: 'durable', env: cache.env })
    owner = new pg.Client({ connectionString: host.connectionString() })
    await owner.connect()
    for (const table of THEIRS) await owner.query(`create table public.${table} (id text)`)
  })
  afterAll(async () => {
    await owner.end()
    await host[Symbol.asyncDispose]()
    cache.remove()
  })

  /** Everything that is not the system's, and locks that outlive a transaction. */
  async function left(): Promise<readonly string[]> {
    const { rows } = await owner.query<{ what: string }>(`
      select nspname as what from pg_namespace where nspname like 'holdfast%'
      union all select schemaname || '.' || tablename from pg_tables
        where schemaname not in ('pg_catalog', 'information_schema')
      union all select 'a lock' from pg_locks where locktype = 'advisory' order by 1`)
    return rows.map(({ what }) => what)
  }

  const POOLERS = [
    ['session mode, ignoring what is asked at the start', 'session', IGNORING, SLICE],
    ['session mode, refusing what is asked at the start', 'session', {}, FULL],
    ['transaction mode, ignoring what is asked at the start', 'transaction', IGNORING, FULL],
    ['transaction mode, refusing what is asked at the start', 'transaction', {}, FULL],
    [
      'transaction mode, handing sessions out in turn',
      'transaction',
      { server_round_robin: 1, ...IGNORING },
      SLICE,
    ],
  ] as const

  for (const [name, pooling, settings, size] of POOLERS)
    describe(`in ${name}`, size, () => {
      it.for(
        registry.filter(({ name }) => STRATEGIES.includes(name)).map((entry) => [entry.name, entry] as const),
      )(
        '%s is found as it promises, and nothing of others is touched',
        { timeout: 60_000 },
        async ([, entry]) => {
          await using pooler = await startPgBouncer(host.connectionString(), {
            pool_mode: pooling,
            ...settings,
          })
          const env = { ...cache.env, POSTGRES_URL: pooler.url }
          const engine = await openPostgres({ durability: 'durable', env })
          expect(engine.pooling).toBe(pooling)
          expect(engine.describe()).toContain(`pooler (${pooling} mode)`)
          const { trial } = await runTrial(
            entry,
            { postgres: engine },
            {
              workload: hotSeat,
              concurrency: 8,
              durationMs: 300,
              warmupMs: 0,
              repeat: 1,
              seed: 7,
              poolSize: 8,
              criticalSectionMs: 0,
            },
          )
          if (entry.promises.safe === 'always')
            expect(trial).toMatchObject({ verdict: 'valid', violations: [] })
          await engine[Symbol.asyncDispose]()
          await until('only what was theirs is left', async () => (await left()).length === THEIRS.length)
          expect(await left()).toEqual(LEFT)
          for (const table of THEIRS) {
            expect((await owner.query(`select from public.${table}`)).rowCount).toBe(0)
          }
        },
      )
    })

  it('a session that works elsewhere is refused before anything is written on it', async () => {
    await using pooler = await startPgBouncer(host.connectionString(), { pool_mode: 'session', ...IGNORING })
    await owner.query('create schema elsewhere')
    const target = { ...parsePostgresUrl(pooler.url), pooling: 'direct' } as const
    await expect(openPool(target, { schema: 'elsewhere', poolSize: 1 })).rejects.toMatchObject({
      name: 'EngineError',
      message: expect.stringContaining('works in schema "public" instead of "elsewhere"'),
    })
    await owner.query('drop schema elsewhere')
  })

  it('that lends sessions for single statements is refused', async () => {
    await using pooler = await startPgBouncer(host.connectionString(), {
      pool_mode: 'statement',
      ...IGNORING,
    })
    const env = { ...cache.env, POSTGRES_URL: pooler.url }
    await expect(openPostgres({ durability: 'durable', env })).rejects.toMatchObject({
      name: 'EngineError',
      problem: 'wrong-server',
      message: expect.stringContaining('single statements'),
    })
    expect(await left()).toEqual(LEFT)
  })
})
