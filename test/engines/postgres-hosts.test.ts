/**
 * Goal: a run finds the primary among several hosts, and a standby of its own means what it says. Method:
 * servers of our own; what the standby has is read from the standby.
 */
import pg from 'pg'
import { afterAll, describe, expect, it } from 'vitest'
import { EngineError } from '../../harness/engines/engine-error.ts'
import { hostsOf } from '../../harness/engines/postgres/hosts.ts'
import { openPostgres } from '../../harness/engines/postgres/open.ts'
import { standbyIn } from '../../harness/engines/postgres/own-standby.ts'
import { ownShardsIn } from '../../harness/engines/postgres/shards/own.ts'
import { openNetwork } from '../../harness/network/network.ts'
import { runTrial } from '../../harness/trial/trial.ts'
import { sellOut } from '../../harness/workloads/sell-out.ts'
import { registry } from '../../strategies/registry.ts'
import { FULL } from '../size.ts'
import { temporaryCache, until } from './harness.ts'

const cache = temporaryCache()
afterAll(() => cache.remove())

describe('a URL of several hosts', () => {
  it.each([
    ['postgres://u:p@one/db', ['postgres://u:p@one/db']],
    ['postgres://u:p@one,two:5433/db', ['postgres://u:p@one/db', 'postgres://u:p@two:5433/db']],
    [
      'postgresql://u@one:1,two:2/db?target_session_attrs=read-write&connect_timeout=3',
      ['postgresql://u@one:1/db?connect_timeout=3', 'postgresql://u@two:2/db?connect_timeout=3'],
    ],
    ['postgres://one/db?target_session_attrs=primary', ['postgres://one/db']],
  ])('is one URL for each of them: %s', (text, urls) => {
    expect(hostsOf(text)).toEqual(urls)
  })

  it('is refused where it asks for what a run cannot use', () => {
    expect(() => hostsOf('postgres://one,two/db?target_session_attrs=standby')).toThrow(/and a run writes/)
    expect(() => hostsOf(`postgres://${'one,'.repeat(17)}/db`)).toThrow(/at most 16/)
  })
})

it('HOLDFAST_POSTGRES names a kind of standby, or is refused', () => {
  expect(standbyIn({})).toBeUndefined()
  expect(standbyIn({ HOLDFAST_POSTGRES: 'standby' })).toBe('asynchronous')
  expect(standbyIn({ HOLDFAST_POSTGRES: 'standby:remote-apply' })).toBe('remote-apply')
  expect(() => standbyIn({ HOLDFAST_POSTGRES: 'standby:sync' })).toThrow(/it can be standby, or one of/)
  const both = { HOLDFAST_POSTGRES: 'standby', POSTGRES_URL: 'postgres://one/db' }
  expect(() => standbyIn(both)).toThrow(/POSTGRES_URL or POSTGRES_URLS names servers/)
})

it('HOLDFAST_POSTGRES asks for several servers, or is refused', () => {
  expect(ownShardsIn({})).toBeUndefined()
  expect(ownShardsIn({ HOLDFAST_POSTGRES: 'standby' })).toBeUndefined()
  expect(ownShardsIn({ HOLDFAST_POSTGRES: ' shards:3 ' })).toBe(3)
  for (const said of ['shards', 'shards:', 'shards:1', 'shards:9', 'shards:3.5', 'shards:three'])
    expect(() => ownShardsIn({ HOLDFAST_POSTGRES: said }), said).toThrow(/shards:N, with 2 to 8 servers/)
  for (const name of ['POSTGRES_URL', 'POSTGRES_URLS'])
    expect(() => ownShardsIn({ HOLDFAST_POSTGRES: 'shards:2', [name]: 'postgres://one/db' })).toThrow(
      /POSTGRES_URL or POSTGRES_URLS names some/,
    )
})

describe('a server with a standby', FULL, () => {
  it('is found among its hosts, and the promoted one after it is gone', async () => {
    const env = { ...cache.env, HOLDFAST_POSTGRES: 'standby:synchronous' }
    await using engine = await openPostgres({ durability: 'durable', env })
    const { primary, standby, both } = urlsOf(engine)
    const open = () => openPostgres({ durability: 'durable', env: { ...cache.env, POSTGRES_URL: both } })
    const portOf = (url: string) => new URL(url).port
    const sellsOn = async (found: Awaited<ReturnType<typeof open>>): Promise<void> => {
      const entry = registry.find(({ name }) => name === 'postgres-conditional-update') ?? expect.fail()
      const settings = { concurrency: 4, durationMs: 200, warmupMs: 0, repeat: 1, seed: 1, poolSize: 4 }
      const { trial } = await runTrial(
        entry,
        { postgres: found },
        { ...settings, criticalSectionMs: 0, workload: sellOut },
      )
      expect([trial.verdict, trial.verdictReasons]).toEqual(['valid', []])
      expect(trial.goodputPerSecond).toBeGreaterThan(0)
    }
    {
      await using found = await open()
      expect(portOf(found.connectionString())).toBe(portOf(primary))
      await sellsOn(found)
    }
    await engine.ownServers?.[0]?.kill()
    const refusal = await open().catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(EngineError)
    expect((refusal as Error).message).toMatch(
      /^None of the 2 hosts .* takes writes\. .*it is a standby.*No server listens/,
    )
    await onServer(standby, (client) => client.query('select pg_promote(true, 15)'))
    await using found = await open()
    expect(portOf(found.connectionString())).toBe(portOf(standby))
    await sellsOn(found)
  }, 90_000)

  it.each([
    ['asynchronous', 'on', ''],
    ['synchronous', 'on', 'holdfast_standby'],
    ['remote-apply', 'remote_apply', 'holdfast_standby'],
  ])(
    'tells what an answer means: %s',
    async (kind, commit, names) => {
      const env = { ...cache.env, HOLDFAST_POSTGRES: `standby:${kind}` }
      await using engine = await openPostgres({ durability: 'durable', env })
      const { settings } = engine.durability
      expect([settings.synchronous_commit, settings.synchronous_standby_names]).toEqual([commit, names])
      const { primary, standby } = urlsOf(engine)
      await onServer(primary, async (writer) => {
        await writer.query('create table seen (n integer)')
        await onServer(standby, async (reader) => {
          const seen = async () => {
            const { rows } = await reader.query<{ n: number }>('select count(*)::integer as n from seen')
            return rows[0]?.n
          }
          await until('the standby has the table', () =>
            seen().then(
              (n) => n === 0,
              () => false,
            ),
          )
          for (let n = 1; n <= 200; n++) {
            await writer.query('insert into seen values ($1)', [n])
            // Read at once: only where an answer means that the standby shows it must it be there.
            if (kind === 'remote-apply') expect(await seen()).toBe(n)
          }
          await until('the standby has all', async () => (await seen()) === 200)
        })
      })
    },
    60_000,
  )

  it('shows its readers an old seat map while what follows is under way', async () => {
    await using engine = await openPostgres({ durability: 'durable', env: cache.env })
    const { primary } = urlsOf(engine)
    await using network = await openNetwork({ latencyMs: 0 })
    const way = await network.proxy({ host: '127.0.0.1', port: Number(new URL(primary).port) })
    await onServer(primary, (client) => client.query('create table seen (n integer)'))
    const server = engine.ownServers?.[0] ?? expect.fail('there is no server')
    const follower = (await server.followedBy?.(way.address)) ?? expect.fail('it is not followed')
    try {
      const port = 'port' in follower.address ? follower.address.port : 0
      const standby = Object.assign(new URL(primary), { port: String(port) }).href
      const rows = async () =>
        await onServer(standby, async (client) => (await client.query('select from seen')).rowCount)
      const stalled = await way.inflict({ kind: 'stall', toward: 'client' })
      await onServer(primary, (client) => client.query('insert into seen values (1)'))
      expect(await rows()).toBe(0)
      await stalled.heal()
      await until('the standby has it', async () => (await rows()) === 1)
    } finally {
      await follower[Symbol.asyncDispose]()
    }
  }, 60_000)
})

function urlsOf(engine: Awaited<ReturnType<typeof openPostgres>>) {
  const primary = engine.connectionString()
  const url = new URL(primary)
  const port = engine.standby !== undefined && 'port' in engine.standby ? engine.standby.port : 0
  const standby = Object.assign(new URL(primary), { port: String(port) }).href
  const [account] = primary.split('@')
  // The standby first: the primary is found, and not only taken because it stands first.
  const both = `${account}@127.0.0.1:${port},${url.hostname}:${url.port}${url.pathname}?target_session_attrs=read-write`
  return { primary, standby, both }
}

async function onServer<T>(url: string, step: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await step(client)
  } finally {
    await client.end().catch(() => undefined)
  }
}
