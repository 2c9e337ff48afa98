/**
 * Goal: what a fault does to a server is what it says, and is undone: a standby that is behind lacks what was
 * acknowledged, a synchronous one does not; a power cut takes what was not flushed, and nothing else; a server on a
 * full disk acknowledges nothing that it does not keep; a stepped clock is the server's alone; sessions whose client is
 * gone are told. Method: servers of our own, and what they hold, read before and after.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import type { StrikableServer } from '../../harness/engines/engine.ts'
import { whyMachineCannot } from '../../harness/engines/local/machine.ts'
import { openPostgres } from '../../harness/engines/postgres/open.ts'
import { openRedis } from '../../harness/engines/redis/open.ts'
import { openNetwork } from '../../harness/network/network.ts'
import { FULL } from '../size.ts'
import { isGone, runFolders, temporaryCache, until } from './harness.ts'
import { redisCache, serverProgram } from './redis-harness.ts'

const HOUR_MS = 3_600_000
const lacksDisk = await whyMachineCannot('small-disk', process.env)
const lacksThreads = await whyMachineCannot('thread-runs', process.env)
const lacksClock = await whyMachineCannot('stepped-clock', process.env)

function only<T>(items: readonly T[] | undefined): T {
  return items?.[0] ?? expect.fail('there is none')
}

async function onPostgres(
  step: (on: {
    readonly engine: Awaited<ReturnType<typeof openPostgres>>
    readonly server: StrikableServer
    readonly client: (port?: number) => Promise<pg.Client>
    readonly port: number
    readonly folder: string
  }) => Promise<void>,
): Promise<void> {
  const cache = temporaryCache()
  try {
    await using undo = new AsyncDisposableStack()
    const engine = undo.use(await openPostgres({ durability: 'durable', env: cache.env }))
    const url = new URL(engine.connectionString())
    const client = async (port = Number(url.port)): Promise<pg.Client> => {
      const at = new URL(url)
      at.port = String(port)
      const opened = new pg.Client({ connectionString: at.href, connectionTimeoutMillis: 5_000 })
      opened.on('error', () => undefined)
      await opened.connect()
      undo.defer(() => opened.end().catch(() => undefined))
      return opened
    }
    const run = only(runFolders(cache))
    await step({
      engine,
      server: only(engine.ownServers),
      client,
      port: Number(url.port),
      folder: join(cache.folder, 'holdfast', 'postgres-runs', run),
    })
  } finally {
    cache.remove()
  }
}

async function countOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ n: number }>('select count(*)::integer as n from sale')
  return only(rows).n
}

describe('a PostgreSQL server', FULL, () => {
  test.for([
    ['asynchronous', false],
    ['synchronous', true],
    ['remote-apply', true],
  ] as const)('whose %s standby takes its place', async ([kind, isSynchronous]) => {
    await onPostgres(async ({ server, client, port, folder }) => {
      await using network = await openNetwork({ latencyMs: 0 })
      const way = await network.proxy({ host: '127.0.0.1', port })
      const before = await client()
      await before.query('create table sale (id integer primary key)')
      {
        await using follower = await server.followedBy?.(way.address)
        if (follower === undefined || !('port' in follower.address))
          return expect.fail('there is no follower')
        if (isSynchronous) await follower.confirms?.(true)
        if (kind === 'remote-apply') await before.query('set synchronous_commit = remote_apply')
        await before.query('insert into sale values (1)')
        // Read at once: who was answered reads it there, too.
        if (kind === 'remote-apply') expect(await countOf(await client(follower.address.port))).toBe(1)
        await until('the standby to have it', async () => {
          const { rows } = await before.query(
            'select from pg_stat_replication where flush_lsn >= pg_current_wal_flush_lsn()',
          )
          return rows.length > 0
        })
        const stalled = await way.inflict({ kind: 'stall', toward: 'client' })
        let acknowledged = 1
        const second = before.query('insert into sale values (2)').then(
          () => {
            acknowledged = 2
          },
          () => undefined,
        )
        if (isSynchronous) {
          const observer = await client()
          await until('the commit to wait for the standby', async () => {
            const { rows } = await observer.query("select from pg_stat_activity where wait_event = 'SyncRep'")
            return rows.length > 0
          })
        } else await second
        await server.kill()
        await second
        const cut = await way.inflict({ kind: 'cut' })
        await cut.heal()
        expect((await stalled.heal()).bytes).toBeGreaterThan(0)
        await follower.promote()
        const promoted = await client(follower.address.port)
        expect(acknowledged).toBe(isSynchronous ? 1 : 2)
        expect(await countOf(promoted)).toBe(1)
        await promoted.query('insert into sale values (3)')
        await promoted.end()
        await follower.handBack()
        expect(await countOf(await client())).toBe(2)
      }
      expect(readdirSync(folder).filter((name) => /^node-\d+$/.test(name))).toEqual(['node-0'])
      const { rows } = await (await client()).query<{ names: string }>(
        "select current_setting('synchronous_standby_names') as names",
      )
      expect(only(rows).names).toBe('')
    })
  })

  test.skipIf(lacksDisk)(
    'on a full disk keeps what it acknowledged, and takes writes when there is room',
    async () => {
      await onPostgres(async ({ server, client, folder }) => {
        const { disk = expect.fail('there is no disk') } = server
        {
          await using _on = await disk.put()
          const before = await client()
          await before.query('create table sale (id integer primary key)')
          await before.query('insert into sale values (1)')
          await disk.fill()
          expect(disk.noticed()).toMatch(/No space left on device/)
          await disk.makeRoom()
          const after = await client()
          expect(await countOf(after)).toBe(1)
          await after.query('insert into sale values (2)')
        }
        expect(await countOf(await client())).toBe(2)
        expect(readdirSync(folder).filter((name) => name.endsWith('.disk'))).toEqual([])
      })
    },
  )

  test.skipIf(lacksClock)('reads a stepped clock, and its own again', async () => {
    await onPostgres(async ({ server, client }) => {
      const { clock = expect.fail('there is no clock') } = server
      const wrongMs = async (): Promise<number> => {
        const { rows } = await (await client()).query<{ ms: number }>(
          'select extract(epoch from clock_timestamp())::float8 * 1000 as ms',
        )
        return only(rows).ms - Date.now()
      }
      {
        await using _on = await clock.put()
        for (const byMs of [HOUR_MS, -HOUR_MS, 0]) {
          await clock.step(byMs)
          expect(Math.abs((await wrongMs()) - byMs)).toBeLessThan(5_000)
        }
        await clock.step(HOUR_MS)
      }
      expect(Math.abs(await wrongMs())).toBeLessThan(5_000)
    })
  })

  test('tells of a session whose client is gone', async () => {
    await onPostgres(async ({ engine, client }) => {
      await using space = await engine.openNamespace({ label: 'left', poolSize: 2 })
      expect(await space.leftBehind?.()).toEqual([])
      const stranger = await client()
      await stranger.query("select set_config('application_name', $1, false)", [space.schema])
      expect(await space.leftBehind?.()).toEqual([
        expect.stringMatching(/^session \d+ \(idle\) is still there/),
      ])
    })
  })
})

describe.skipIf(serverProgram === undefined)('a Redis server', FULL, () => {
  async function onRedis(
    step: (on: {
      readonly engine: Awaited<ReturnType<typeof openRedis>>
      readonly server: StrikableServer
      readonly client: Redis
    }) => Promise<void>,
  ): Promise<void> {
    const cache = redisCache()
    try {
      await using engine = await openRedis({ nodes: 1, durability: 'always', env: cache.env })
      const client = new Redis(engine.nodes[0].connectionString(), { maxRetriesPerRequest: null })
      client.on('error', () => undefined)
      try {
        await step({ engine, server: only(engine.ownServers), client })
      } finally {
        client.disconnect()
      }
    } finally {
      cache.remove()
    }
  }

  test.skipIf(lacksThreads).for(['every-second', 'never'] as const)(
    'that flushes %s loses in a power cut what it had not flushed, and nothing else',
    async (when) => {
      await onRedis(async ({ server, client }) => {
        const { flushing = expect.fail('it cannot flush later') } = server
        await client.set('before', '1')
        await flushing.set(when)
        let lostBytes: number | undefined
        let last = ''
        for (let time = 0; time < 10 && lostBytes === undefined; time++) {
          // What was written in a try that came too late is on disk.
          last = `after:${time}`
          lostBytes = await flushing.cutPower({ before: () => client.set(last, '1'), deadMs: 0 })
        }
        expect(lostBytes).toBeGreaterThan(0)
        expect(await client.mget('before', last)).toEqual(['1', null])
        expect((await client.keys('*')).filter((key) => !/^(before|after:\d)$/.test(key))).toEqual([])
      })
    },
  )

  test.skipIf(lacksThreads)(
    'that has flushed meanwhile is not cut off: there was nothing to lose',
    async () => {
      await onRedis(async ({ server, client }) => {
        const { flushing = expect.fail('it cannot flush later') } = server
        await flushing.set('every-second')
        // Longer than it lets anything wait.
        const before = async (): Promise<void> => {
          await client.set('after', '1')
          await delay(2_000)
        }
        expect(await flushing.cutPower({ before, deadMs: 0 })).toBeUndefined()
        expect(await client.get('after')).toBe('1')
      })
    },
  )

  test.skipIf(lacksDisk).for(['at-once', 'every-second'] as const)(
    'that flushes %s keeps what it acknowledged on a full disk, and takes writes when there is room',
    async (when) => {
      await onRedis(async ({ server, client }) => {
        const { disk = expect.fail('there is no disk'), flushing } = server
        await using _on = await disk.put()
        await flushing?.set(when)
        let acknowledged = 0
        const over = new AbortController()
        const writing = (async () => {
          while (!over.signal.aborted) {
            await client.set(`key:${acknowledged}`, 'x'.repeat(100)).then(
              () => acknowledged++,
              () => undefined,
            )
          }
        })()
        await disk.fill()
        expect(disk.noticed()).toMatch(/cannot write/)
        await disk.makeRoom()
        const then = acknowledged
        await until('it takes writes', () => acknowledged > then)
        over.abort()
        await writing
        const keys = await client.keys('key:*')
        expect(keys.length).toBeGreaterThanOrEqual(acknowledged)
      })
    },
  )

  test.skipIf(lacksClock)('reads a stepped clock, so that its keys expire', async () => {
    await onRedis(async ({ server, client }) => {
      const { clock = expect.fail('there is no clock') } = server
      await using _on = await clock.put()
      await client.set('lease', '1', 'PX', HOUR_MS / 2)
      await clock.step(HOUR_MS)
      expect(await client.get('lease')).toBeNull()
      await clock.step(0)
      await client.set('lease', '1', 'PX', HOUR_MS / 2)
      expect(await client.pttl('lease')).toBeLessThanOrEqual(HOUR_MS / 2)
    })
  })
})

test.skipIf(lacksClock)('a library that shares its clock leaves nothing in memory', FULL, async () => {
  const shared = (): readonly string[] =>
    existsSync('/dev/shm') ? readdirSync('/dev/shm').filter((name) => name.includes('faketime')) : []
  const before = shared()
  await onPostgres(async ({ server, folder }) => {
    const { clock = expect.fail('there is no clock') } = server
    await using _on = await clock.put()
    const pid = Number(readFileSync(join(folder, 'node-0', 'postmaster.pid'), 'utf8').split('\n')[0])
    await server.kill()
    await isGone(pid)
    await server.start()
  })
  await until('nothing to be left', () => shared().every((name) => before.includes(name)))
})
