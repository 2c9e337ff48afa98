/**
 * Goal: a position costs the same however many wait. Method: no clock, but what the stores say of their work: the plans of PostgreSQL
 * with 100,000 places, and the commands that Redis counts.
 */
import type { Redis } from 'ioredis'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { PlaceId } from '../../shop/waiting-room/queue/room.ts'
import { figuresQuery, lookAt, seenNow } from '../../shop/waiting-room/stores/postgres-room.ts'
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
  test('a position is read by indexes alone', async () => {
    const engine = engines.postgres ?? expect.fail('no PostgreSQL')
    await using namespace = await engine.openNamespace({ label: 'room', poolSize: 2 })
    const connections = { postgres: namespace.connections } as Connections
    const store = await openRoom('postgres', connections, rules, LIMITS)
    const db = connections.postgres as Kysely<unknown>
    await sql`
      insert into room_place (id, identity, binding, draw, state, number, seen_at, due_at)
      select lpad(to_hex(n), 32, '0'), 'visitor ' || n, 'visitor ' || n, '',
        case when n <= ${CALLED} then 'called' else 'waiting' end, n,
        case when n > ${CALLED} then room_now() end, case when n <= ${CALLED} then room_now() + 60000 end
      from generate_series(1, ${PLACES}::int) as n`.execute(db)
    await sql`update room set length = ${PLACES - CALLED}, called_number = ${CALLED}, drawn_number = ${PLACES}`.execute(
      db,
    )
    await sql`analyze room_place`.execute(db)
    const some: readonly PlaceId[] = [placeName(7), placeName(PLACES - 3)]
    for (const query of [lookAt(some), seenNow(some), figuresQuery()])
      expect(await readWhole(db, query)).toEqual([])
    expect(await store.figures()).toMatchObject({ length: PLACES - CALLED, called: CALLED })
    // The same look at what is no index: otherwise this could not fail.
    expect(await readWhole(db, sql`select id from room_place where binding = 'visitor 7'`)).toEqual([
      'room_place',
    ])
  })
})

/** Tables of places that a query reads from the beginning to the end. */
async function readWhole(db: Kysely<unknown>, query: RawBuilder<unknown>): Promise<readonly string[]> {
  const { rows } = await sql<{
    'QUERY PLAN': readonly { Plan: PlanNode }[]
  }>`explain (format json) ${query}`.execute(db)
  const nodes = (node: PlanNode): readonly PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodes)]
  return rows
    .flatMap((row) => row['QUERY PLAN'])
    .flatMap(({ Plan }) => nodes(Plan))
    .filter((node) => node['Node Type'].endsWith('Seq Scan') && node['Relation Name'] === 'room_place')
    .map((node) => node['Relation Name'] ?? '')
}

interface PlanNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly Plans?: readonly PlanNode[]
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
