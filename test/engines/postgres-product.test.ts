/**
 * Goal: PostgreSQL is refused by its version where it is too old, and another product is not, whatever version it says it is.
 * Method: a server of our own behind a proxy that changes what it says of itself.
 */
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openPostgres, type PostgresEngine } from '../../harness/engines/postgres/open.ts'
import { FULL } from '../size.ts'
import { temporaryCache } from './harness.ts'
import { type Lie, startLyingServer } from './lying-server.ts'

const cache = temporaryCache()
let host: PostgresEngine

beforeAll(async () => {
  host = await openPostgres({ durability: 'relaxed', env: cache.env })
})
afterAll(async () => {
  await host[Symbol.asyncDispose]()
  cache.remove()
})

const open = (url: string) =>
  openPostgres({ durability: 'relaxed', env: { ...cache.env, POSTGRES_URL: url } })

const SETTING = 'current_setting(name, true) as value'
const saysNumber = (number: number): Lie => [
  /current_setting\(name, true\) as value/g,
  `case name when 'server_version_num' then '${number}' else ${SETTING.replace(' as value', '')} end as value`,
]
const saysVersion = (version: string): Lie => [/select version\(\)/g, `select '${version}'::text`]

describe('a server that says it is version 13', FULL, () => {
  it.each([
    ['PostgreSQL 13.14 on x86_64-pc-linux-gnu, compiled by gcc', 130_014],
    ['PostgreSQL 9.4.24 (Greenplum Database 6.25.3) on x86_64-unknown-linux-gnu', 90_424],
  ])('and %s is refused as too old', async (version, number) => {
    await using server = await startLyingServer(host.connectionString(), [
      saysNumber(number),
      saysVersion(version),
    ])
    await expect(open(server.url)).rejects.toMatchObject({
      name: 'EngineError',
      problem: 'wrong-server',
      message: expect.stringMatching(/ is version 18\.\d.*; PostgreSQL 14 or newer is needed\.$/),
    })
  })

  it.each([
    ['CockroachDB CCL v23.1.11 (x86_64-pc-linux-gnu, built 2023/09/27)', 130_000, 'CockroachDB CCL v23.1.11'],
    [
      'PostgreSQL 11.2-YB-2.20.1.3-b0 on x86_64-pc-linux-gnu, compiled by clang',
      110_002,
      'PostgreSQL 11.2-YB-2.20.1.3-b0',
    ],
  ])('and %s is probed and used, and told by its name', async (version, number, name) => {
    await using server = await startLyingServer(host.connectionString(), [
      saysNumber(number),
      saysVersion(version),
    ])
    await using engine = await open(server.url)
    expect(engine.version).toBe(name)
    expect(engine.caveats).toEqual([
      expect.stringContaining(`it is ${name}, which speaks PostgreSQL's protocol`),
    ])
    const probed = await engine.probe?.()
    expect(probed?.abilities.filter(({ state }) => state !== 'has')).toEqual([])
    await using space = await engine.openNamespace({ poolSize: 1, label: 'another product' })
    expect((await space.pool.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  })
})

it('a setting that a server does not have is not set in any session', FULL, async () => {
  const owner = new pg.Client({ connectionString: host.connectionString() })
  await owner.connect()
  const deferrable = async (url: string): Promise<unknown> => {
    await using engine = await open(url)
    await using space = await engine.openNamespace({ poolSize: 1, label: 'settings' })
    const { rows } = await space.pool.query('show default_transaction_deferrable')
    return rows[0]?.default_transaction_deferrable
  }
  try {
    await owner.query('alter database postgres set default_transaction_deferrable = on')
    await using server = await startLyingServer(host.connectionString(), [
      [
        /where current_setting\(name, true\) is not null/g,
        `where name <> 'default_transaction_deferrable' and current_setting(name, true) is not null`,
      ],
    ])
    expect(await deferrable(host.connectionString())).toBe('off')
    expect(await deferrable(server.url)).toBe('on')
  } finally {
    await owner.query('alter database postgres reset default_transaction_deferrable')
    await owner.end()
  }
})
