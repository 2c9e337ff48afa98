/**
 * Goal: what a server lacks is found before a strategy relies on it, and a server that lacks nothing is not accused.
 * Method: a server of our own, by its address: as it is, behind poolers, with another isolation by default, and behind a proxy
 * that does less than what is asked, in one thing each time.
 * @module-tag full
 */
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ProbeFindings } from '../../harness/engines/ability.ts'
import { inspectEngines } from '../../harness/engines/inspect.ts'
import { openPostgres, type PostgresEngine } from '../../harness/engines/postgres/open.ts'
import { anomalies } from '../../harness/engines/postgres/probe/anomalies.ts'
import { ABILITY_NAMES } from '../../harness/engines/postgres/probe/probe.ts'
import { whyUnfit } from '../../harness/ground/fit.ts'
import { registry } from '../../strategies/registry.ts'
import { temporaryCache } from './harness.ts'
import { type Lie, startLyingServer } from './lying-server.ts'
import { pgbouncerProgram, startPgBouncer } from './pgbouncer.ts'

const cache = temporaryCache()
let host: PostgresEngine
let owner: pg.Client

beforeAll(async () => {
  host = await openPostgres({ durability: 'relaxed', env: cache.env })
  owner = new pg.Client({ connectionString: host.connectionString() })
  await owner.connect()
})
afterAll(async () => {
  await owner.end()
  await host[Symbol.asyncDispose]()
  cache.remove()
})

interface Found {
  readonly probed: ProbeFindings
  readonly lacking: readonly string[]
  /** Strategies that are refused there because of it. */
  readonly refused: readonly string[]
  readonly caveats: readonly string[]
}

async function foundAt(url: string): Promise<Found> {
  await using engine = await openPostgres({ durability: 'relaxed', env: { ...cache.env, POSTGRES_URL: url } })
  const probed = await engine.probe?.()
  if (probed === undefined) throw new Error('it was not probed')
  const refused = registry.filter((entry) => whyUnfit(entry, { postgres: engine }) !== undefined)
  return {
    probed,
    lacking: probed.abilities.filter(({ state }) => state === 'lacks').map(({ name }) => name),
    refused: refused.map(({ name }) => name),
    caveats: engine.caveats,
  }
}

async function left(): Promise<readonly unknown[]> {
  const { rows } = await owner.query(`
    select nspname as what from pg_namespace where nspname like 'holdfast%'
    union all select 'a lock' from pg_locks where locktype = 'advisory'
    union all select application_name from pg_stat_activity where application_name like 'holdfast_%1000000'`)
  return rows
}

const occurring = ({ isolation }: ProbeFindings, level: string): readonly string[] =>
  isolation
    .find(({ asked }) => asked === level)
    ?.anomalies.filter(({ outcome }) => outcome === 'occurs')
    .map(({ name }) => name) ?? []

const OCCURRING_AT_READ_COMMITTED = [
  'non-repeatable read',
  'fractured read',
  'causality violation',
  'long fork',
  'lost update',
  'write skew',
]
/** Longer than a step is waited for at first, and shorter than at the second time. */
const SLOW_SECONDS = 0.06

describe('a PostgreSQL server as it is', () => {
  it('has all that strategies rely on, and isolates as its documentation says', async () => {
    const { probed, lacking, refused, caveats } = await foundAt(host.connectionString())
    expect(probed.abilities.map(({ name }) => name)).toEqual(ABILITY_NAMES)
    expect(probed.abilities.filter(({ state }) => state !== 'has')).toEqual([])
    expect({ lacking, refused, caveats }).toEqual({ lacking: [], refused: [], caveats: [] })
    expect(probed.isolation.map(({ asked, told, found }) => [asked, told, found])).toEqual([
      ['read committed', 'read committed', 'read committed'],
      ['repeatable read', 'repeatable read', 'snapshot isolation'],
      ['serializable', 'serializable', 'serializable'],
    ])
    expect(occurring(probed, 'read committed')).toEqual(OCCURRING_AT_READ_COMMITTED)
    expect(occurring(probed, 'repeatable read')).toEqual(['write skew'])
    expect(await left()).toEqual([])
  })

  it('that is slow is isolated neither better nor worse', async () => {
    const update = 'update item set n = $2::integer where id = $1'
    const slowly = `${update} and (id not like 'read committed %' or pg_sleep(${SLOW_SECONDS}) is not null)`
    await using server = await startLyingServer(host.connectionString(), [
      [new RegExp(update.replaceAll('$', '\\$'), 'g'), slowly.replaceAll('$', '$$$$')],
    ])
    const { probed } = await foundAt(server.url)
    expect(occurring(probed, 'read committed')).toEqual(OCCURRING_AT_READ_COMMITTED)
    expect(probed.isolation.map(({ found }) => found)).toEqual([
      'read committed',
      'snapshot isolation',
      'serializable',
    ])
  })

  it('set to another isolation by default is found the same, and told', async () => {
    await owner.query(`alter database postgres set default_transaction_isolation = 'serializable'`)
    try {
      const { probed, lacking } = await foundAt(host.connectionString())
      expect(lacking).toEqual([])
      expect(Object.fromEntries(probed.facts)['set in every session']).toContain(
        'default_transaction_isolation = read committed instead of serializable',
      )
    } finally {
      await owner.query('alter database postgres reset default_transaction_isolation')
    }
  })

  it('of our own is not probed unless somebody asks, and is then shown by the doctor', async () => {
    const asking = await inspectEngines(cache.env, { probes: true })
    expect(asking.find(({ engine }) => engine === 'postgres')).toMatchObject({
      state: 'ready',
      source: 'embedded',
      probed: { abilities: expect.arrayContaining([expect.objectContaining({ state: 'has' })]) },
    })
  })
})

/** What all strategies on PostgreSQL rely on, by their ledgers. */
const ALL = registry.filter(({ engines }) => engines.includes('postgres')).map(({ name }) => name)
const WITHOUT_SALES = ALL.filter((name) => name !== 'redis-seat-key')

const LIES: readonly (readonly [
  lie: string,
  lies: readonly Lie[],
  lacking: readonly string[],
  refused: readonly string[],
])[] = [
  [
    'grants every advisory lock',
    [
      [/pg_try_advisory_xact_lock\(/g, 'true or 0 = hashint8('],
      [/pg_advisory_xact_lock\(/g, 'hashint8('],
      [/pg_advisory_(?:un)?lock\(/g, 'hashint8('],
    ],
    ['advisory-lock', 'session-lock'],
    ['postgres-advisory-lock'],
  ],
  ['locks no row', [[/ for update(?! nowait| skip)/g, '']], ['row-lock'], WITHOUT_SALES],
  [
    'is not serializable where it says so',
    [[/isolation level serializable/g, 'isolation level repeatable read']],
    ['serializable'],
    ['postgres-serializable'],
  ],
  [
    'changes a row whatever the condition says by then',
    [[/ and n < 1 returning/g, ' and n < 9 returning']],
    ['recheck'],
    ['postgres-optimistic-version', 'postgres-conditional-update', 'redis-setnx-fenced', 'redlock-guarded'],
  ],
  ['waits although it should not', [[/ nowait/g, '']], ['nowait'], ['postgres-nowait']],
  ['skips nothing', [[/ skip locked/g, '']], ['skip-locked'], ['postgres-skip-locked']],
  [
    'takes two rows for one key',
    [[/insert into key \(id\) values \('same'\)/g, 'insert into key (id) values (gen_random_uuid()::text)']],
    ['unique-key'],
    ALL,
  ],
  ['has a clock that stands still', [[/clock_timestamp\(\)/g, 'now()']], ['clock'], WITHOUT_SALES],
  [
    'answers reads from a copy that is late',
    [[/select n from item where id = \$1$/g, 'select greatest(n - 1, 0) as n from item where id = $1']],
    ['fresh-reads', 'advisory-lock', 'read-committed', 'serializable'],
    ALL,
  ],
  ['lacks a function', [[/hashtextextended\(/g, 'no_such_function(']], ['statements'], WITHOUT_SALES],
  [
    'has no READ COMMITTED',
    [[/isolation level read committed/g, 'isolation level serializable']],
    // Who waits for a lock has the snapshot of its transaction's beginning.
    ['advisory-lock'],
    ['postgres-advisory-lock'],
  ],
]

describe('a server that lies', () => {
  for (const [name, lies, lacking, refused] of LIES)
    it(`and ${name} is found out, and nothing is left there`, async () => {
      await using server = await startLyingServer(host.connectionString(), lies)
      const found = await foundAt(server.url)
      expect(found.lacking.toSorted()).toEqual(lacking.toSorted())
      expect(found.refused.toSorted()).toEqual(refused.toSorted())
      expect(found.caveats.join()).toContain(`it was found to lack ${lacking[0]}`)
      expect(await left()).toEqual([])
    })
})

describe.skipIf(pgbouncerProgram() === undefined)('behind a pooler in transaction mode', () => {
  const POOLER = { pool_mode: 'transaction', server_round_robin: 1 }

  it('all is there but what is kept in a session', async () => {
    await using pooler = await startPgBouncer(host.connectionString(), POOLER)
    const { probed, lacking, refused } = await foundAt(pooler.url)
    expect({ lacking, refused }).toEqual({ lacking: ['session-lock'], refused: [] })
    expect(Object.fromEntries(probed.facts)['between here and there']).toContain('for one transaction')
    expect(await left()).toEqual([])
  })

  it('that lends too few sessions, nothing is tried, and nobody accused', async () => {
    const few = { ...POOLER, default_pool_size: 2, query_wait_timeout: 1 }
    await using pooler = await startPgBouncer(host.connectionString(), few)
    const { probed, lacking, refused, caveats } = await foundAt(pooler.url)
    expect({ lacking, refused }).toEqual({ lacking: [], refused: [] })
    expect(probed.abilities.every(({ state }) => state === 'not-tried')).toBe(true)
    expect(caveats.join()).toContain('not tried there: statements')
  })
})

describe('what strategies rely on', () => {
  const named = (names: Readonly<Partial<Record<string, readonly string[]>>> | undefined) =>
    names?.postgres ?? []
  const relied = registry.flatMap(({ ledger, reliesOn }) => [...named(ledger?.reliesOn), ...named(reliesOn)])

  it('is tried, all of it', () => {
    expect(relied.filter((name) => !ABILITY_NAMES.includes(name))).toEqual([])
  })

  it('is all that is tried, but for what only other people’s strategies keep in a session', () => {
    expect(ABILITY_NAMES.filter((name) => !relied.includes(name))).toEqual(['session-lock'])
  })
})

it('the anomalies are fourteen, of transactions with at most four reads and writes', () => {
  expect(anomalies).toHaveLength(14)
  expect(new Set(anomalies.map(({ name }) => name)).size).toBe(14)
  for (const { steps } of anomalies) {
    for (const letter of ['A', 'B', 'C']) {
      const own = steps.filter((step) => step.startsWith(letter) && / [rw] /.test(step))
      expect(own.length).toBeLessThanOrEqual(4)
    }
  }
})
