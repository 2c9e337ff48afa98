/**
 * Goal: a position costs the same however many wait. Method: no clock, but what the stores count of their work: how often PostgreSQL
 * has read a table of 100,000 places from one end to the other, and the commands of Redis.
 * @module-tag full
 */
import type { Redis } from 'ioredis'
import { type Kysely, sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { PlaceId } from '../../shop/waiting-room/queue/room.ts'
import { openRoom } from '../../shop/waiting-room/stores/room-stores.ts'
import type { Connections } from '../../strategies/registry.ts'
import { withEngines } from '../with-engines.ts'
import { LIMITS, placeName, RULES, visitor } from './rooms.ts'

const { engines, lacks } = await withEngines(['postgres', 'redis'])
const PLACES = 100_000
/** Some of them were called, as in a room that works. */
const CALLED = 500
const rules = { ...RULES, awayMs: 3_600_000, waitingMax: 2 * PLACES }

describe.skipIf(lacks(['postgres']))('in PostgreSQL', () => {
  test('what is used while the room is empty does not read all of it once it is full', async () => {
    const engine = engines.postgres ?? expect.fail('no PostgreSQL')
    await using namespace = await engine.openNamespace({ label: 'room', poolSize: 1 })
    const connections = { postgres: namespace.connections } as Connections
    const store = await openRoom('postgres', connections, rules, LIMITS)
    const db = connections.postgres as Kysely<unknown>
    // Nobody tells the planner that the table has grown.
    await sql`alter table room_place set (autovacuum_enabled = off)`.execute(db)
    const some: readonly PlaceId[] = [placeName(CALLED + 7), placeName(PLACES - 3)]
    const use = async (visitorAt: number): Promise<void> => {
      await store.join([visitor(visitorAt)])
      await store.look(some, true)
      await store.insideMs(placeName(7))
      await store.figures()
      await store.drawn(1, 10)
      await store.move({ kind: 'step' })
    }
    // A session keeps a plan once it has made it five times.
    for (let times = 0; times < 10; times++) await use(PLACES + 1 + times)
    await sql`
      insert into room_place (id, identity, binding, draw, state, number, seen_at, due_at)
      select lpad(to_hex(n), 32, '0'), 'visitor ' || n, 'visitor ' || n, '',
        case when n <= ${CALLED} then 'called' else 'waiting' end, n,
        case when n > ${CALLED} then room_now() end, case when n <= ${CALLED} then room_now() + 60000 end
      from generate_series(1, ${PLACES}::int) as n`.execute(db)
    const before = await timesReadWhole(db)
    await use(PLACES + 100)
    expect(await timesReadWhole(db)).toBe(before)
    // The same look at what is no index: otherwise this could not fail.
    await sql`select id from room_place where binding = 'visitor 7'`.execute(db)
    expect(await timesReadWhole(db)).toBe(before + 1)
  })
})

/** How often the table of places was read from the beginning to the end, as the server counts it. */
async function timesReadWhole(db: Kysely<unknown>): Promise<number> {
  // What a session has counted is added to the server's sums in a while, or at once if it is asked to.
  await sql`select pg_stat_force_next_flush()`.execute(db)
  const { rows } = await sql<{ seq_scan: string }>`
    select seq_scan from pg_stat_user_tables where relid = 'room_place'::regclass`.execute(db)
  return Number(rows[0]?.seq_scan)
}

/** Of these none depends on how many there are, but for its logarithm. */
const CHEAP = ['hgetall', 'hmget', 'time', 'zcard', 'zscore']

describe.skipIf(lacks(['redis']))('in Redis', () => {
  test('a position takes the same few commands, and writes nothing', async () => {
    const engine = engines.redis ?? expect.fail('no Redis')
    await using namespace = await engine.openNamespace({ label: 'room' })
    const connections = { redis: namespace.connections } as Connections
    const store = await openRoom('redis', connections, rules, { activeMax: 5, perMinute: 0 })
    const client = connections.redis?.[0] ?? expect.fail('no client')
    // A script's first call sends its text.
    await store.look([placeName(0)], true)
    await store.figures()
    const counted: Readonly<Record<string, number>>[] = []
    let joined = 0
    for (const size of [50, 3_000]) {
      const some = Array.from({ length: size - joined }, (_, at) => visitor(joined + at))
      await store.join(some)
      joined = size
      await store.move({ kind: 'step' })
      const before = await commandsOf(client)
      await store.look([placeName(size - 1), placeName(2)], true)
      await store.figures()
      // Those who are away are counted, by one command, unless the room stood still before.
      const { zcount: _, ...others } = difference(before, await commandsOf(client))
      counted.push(others)
    }
    const [few, many] = counted
    expect(few).toMatchObject({ evalsha: 2 })
    expect(many).toEqual(few)
    expect(Object.keys(many ?? {}).filter((name) => name !== 'evalsha' && !CHEAP.includes(name))).toEqual([])
  })
})

/** How often each command was run, by scripts or not; without the ones that ask for this. */
async function commandsOf(client: Redis): Promise<ReadonlyMap<string, number>> {
  const told = await client.info('commandstats')
  const counts = [...told.matchAll(/cmdstat_([^:]+):calls=(\d+)/g)]
  return new Map(counts.map(([, name = '', calls]) => [name.toLowerCase(), Number(calls)]))
}

function difference(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): Readonly<Record<string, number>> {
  const more = [...after].map(([name, calls]) => [name, calls - (before.get(name) ?? 0)] as const)
  return Object.fromEntries(more.filter(([name, count]) => count > 0 && name !== 'info'))
}
