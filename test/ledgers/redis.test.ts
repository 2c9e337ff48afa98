/**
 * Goal: every complaint of the witnesses of the Lua record, hash fields and seat keys is raised by the damage it is
 * about, and by nothing else. Method: one hold of each kind is made through a strategy, the store is found in
 * order, then one key or row at a time is damaged by hand. Each damage is undone by giving every test keys
 * and a schema of its own.
 */
import type { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type AuditOrder, audit } from '../../harness/audit/audit.ts'
import { whyNotTestable } from '../../harness/ground/fit.ts'
import { type Ground, prepareGround } from '../../harness/ground/ground.ts'
import type { NotRead, StoreReading, Stores } from '../../strategies/ledgers/ledger.ts'
import { postgresIn, redisIn } from '../../strategies/ledgers/stores.ts'
import { COMPLAINTS_MAX } from '../../strategies/ledgers/witnessing/complaints.ts'
import { registry, type StrategyEntry } from '../../strategies/registry.ts'
import type { ReservationStrategy, Resource } from '../../strategies/strategy.ts'
import { holdId, resourceId } from '../../strategies/validation.ts'
import { inTwoSizes } from '../size.ts'
import { withEngines } from '../with-engines.ts'

const seat: Resource = { id: resourceId('seat'), capacity: 1 }
/** Its name has a colon, as those that separate the parts of a key. */
const stalls: Resource = { id: resourceId('hall:stalls'), capacity: 10 }
const nothingSkipped = { prefix: '' }

const opened = await withEngines(['postgres', 'redis'])
let entry: StrategyEntry
let ground: Ground
let strategy: ReservationStrategy

afterEach(async () => {
  await ground.dispose()
})

function entryNamed(name: string): StrategyEntry {
  return registry.find((each) => each.name === name) ?? expect.fail(`no strategy is called ${name}`)
}

async function open(name: string): Promise<void> {
  entry = entryNamed(name)
  ground = await prepareGround(entry, opened.engines, 3)
  strategy = await entry.open(ground.connections, { criticalSection: async () => {}, random: () => 0.5 })
  await strategy.createResources([seat, stalls])
}

/** A sale, a live hold of two lines and one released. */
async function populate(name: string): Promise<void> {
  await open(name)
  await hold('sold', 600_000, [stalls, 2])
  expect(await strategy.confirm(holdId('sold'))).toEqual({ kind: 'confirmed' })
  await hold('live', 600_000, [seat, 1], [stalls, 3])
  await hold('released', 600_000, [stalls, 1])
  expect(await strategy.release(holdId('released'))).toEqual({ kind: 'released' })
}

async function hold(
  id: string,
  ttlMs: number,
  ...lines: readonly (readonly [Resource, number])[]
): Promise<number> {
  const outcome = await strategy.hold({
    holdId: holdId(id),
    lines: lines.map(([resource, quantity]) => ({ resourceId: resource.id, quantity })),
    ttlMs,
  })
  return outcome.kind === 'held' ? outcome.deadlineMs : expect.fail(`${id} was answered ${outcome.kind}`)
}

function store() {
  return redisIn(ground.stores)
}

/** Runs a command on keys as the audit sees them: `KEY…` stands for the prefix. */
async function redis(command: string, ...args: readonly (string | number)[]): Promise<unknown> {
  const { observers, prefix } = store()
  return observers[0].call(command, ...args.map((arg) => String(arg).replace(/^KEY/, prefix)))
}

async function sql(text: string): Promise<void> {
  await postgresIn(ground.stores).observer.query(text)
}

async function readIn(stores: Stores, skip = nothingSkipped): Promise<StoreReading | NotRead> {
  const witness = await (entry.ledger ?? expect.fail('the strategy names no ledger')).witness()
  return witness.read(stores, { resources: [], holds: [], skip, begins() {} })
}

function order(of: Partial<AuditOrder> = {}): AuditOrder {
  return {
    strategy,
    ledger: entry.ledger,
    stores: ground.stores,
    leftOpen: () => ground.leftOpen(),
    resources: [seat, stalls],
    skip: nothingSkipped,
    ...of,
  }
}

async function reading(skip = nothingSkipped) {
  const read = await readIn(ground.stores, skip)
  if (read.kind === 'not-read') throw new Error(read.reason)
  return {
    complaints: read.complaints,
    taken: Object.fromEntries(read.resources.map(({ id, taken }) => [id, taken])),
    statuses: Object.fromEntries(read.holds.map(({ id, status }) => [id, status])),
    holds: read.holds,
  }
}

/** By the server's clock, which decides what is due. */
async function untilPast(deadlineMs: number): Promise<void> {
  for (;;) {
    const [seconds, microseconds] = await store().observers[0].time()
    if (Number(seconds) * 1_000 + Number(microseconds) / 1_000 > deadlineMs + 2) return
  }
}

const atRest = { sold: 'confirmed', live: 'held', released: 'released' }

async function isInOrder(): Promise<void> {
  const { complaints, taken, statuses, holds } = await reading()
  expect(complaints).toEqual([])
  expect(taken).toEqual({ seat: 1, 'hall:stalls': 5 })
  expect(statuses).toEqual(atRest)
  const live = holds.find(({ id }) => id === 'live')
  expect(new Map(live?.lines)).toEqual(
    new Map([
      [seat.id, 1],
      [stalls.id, 3],
    ]),
  )
  expect(live?.deadlineMs).toBeGreaterThan(Date.now())
}

async function leavesOutWarmup(): Promise<void> {
  const warm = { id: resourceId('warmup-seat'), capacity: 1 }
  await strategy.createResources([warm])
  await hold('warmup-1', 600_000, [warm, 1])
  const skipping = await reading({ prefix: 'warmup-' })
  expect(skipping).toMatchObject({ complaints: [], statuses: atRest })
  expect(skipping.taken).toEqual({ seat: 1, 'hall:stalls': 5 })
  expect((await reading()).statuses).toHaveProperty('warmup-1', 'held')
}

async function isNotDisturbedByProbing(): Promise<void> {
  const before = await reading()
  const { record, failures } = await audit(order())
  expect(failures).toEqual([])
  expect(record?.complaints).toEqual([])
  expect(record?.probes.toSorted((one, other) => one.unitsExpected - other.unitsExpected)).toEqual([
    { resourceId: seat.id, unitsExpected: 0, unitsHeld: 0, oneMoreRefused: true },
    { resourceId: stalls.id, unitsExpected: 5, unitsHeld: 5, oneMoreRefused: true },
  ])
  const { holds, ...after } = await reading()
  expect([after.complaints, after.taken]).toEqual([[], before.taken])
  // The id of a probe names the event of what it holds.
  const others = holds.filter(({ id }) => !/(?:^|:)probe-/.test(id))
  expect(new Set(others)).toEqual(new Set(before.holds))
}

type Damage = readonly [damage: string, inflict: () => Promise<unknown>, complaint: RegExp]

const hashFields = registry.find(({ name }) => name === 'redis-hash-fields')
const lacksHashFields = hashFields !== undefined && whyNotTestable(hashFields, opened) !== undefined

describe.skipIf(opened.lacks(['redis']) || lacksHashFields)('fields of one hash', () => {
  beforeEach(() => populate('redis-hash-fields'))

  it('are in order after ordinary use, and are read as they are', isInOrder)

  const UNITS = 'KEY{venue}:units'

  /** One unit of the sale, by its field. */
  async function soldField(): Promise<string> {
    const fields = await store().observers[0].hgetall(`${store().prefix}{venue}:units`)
    const [field] = Object.entries(fields).find(([, owner]) => owner === 'sold') ?? []
    return field ?? expect.fail('no unit is sold')
  }

  const damages: readonly Damage[] = [
    [
      'a unit of a live hold that is gone',
      () => redis('hdel', UNITS, 'unit:1:seat'),
      /^hold live has unit:1:seat, but that field does not name it$/,
    ],
    [
      'a unit that names another hold',
      () => redis('hset', UNITS, 'unit:1:seat', 'sold'),
      /^unit:1:seat names hold sold, which does not have it$/,
    ],
    [
      'a unit of nobody',
      () => redis('hset', UNITS, 'unit:1:seat', 'nobody'),
      /^unit:1:seat names hold nobody, which is not stored$/,
    ],
    [
      'a unit of a hold that has ended',
      () => redis('hset', UNITS, 'unit:1:seat', 'released'),
      /^unit:1:seat names hold released, which is released$/,
    ],
    [
      'one unit too many',
      () => redis('hset', UNITS, 'unit:2:seat', 'live'),
      /^there is unit:2:seat, but seat has 1 units$/,
    ],
    [
      'a unit of nothing',
      () => redis('hset', UNITS, 'unit:1:nowhere', 'live'),
      /^there is unit:1:nowhere, but nowhere does not exist$/,
    ],
    [
      'a sold unit that expires',
      async () => redis('hexpire', UNITS, 600, 'FIELDS', 1, await soldField()),
      /^unit:\d+:hall:stalls expires, but hold sold is confirmed$/,
    ],
    [
      'a hold with fewer units than its lines',
      () => redis('hset', UNITS, 'hold:sold', '[["hall:stalls",2]]\n[["hall:stalls",1]]'),
      /^hold sold has other units than its lines ask for$/,
    ],
    [
      'a hold without a deadline',
      () => redis('hpersist', UNITS, 'FIELDS', 1, 'hold:released'),
      /^hold released has no deadline$/,
    ],
    [
      'a status nobody knows',
      () => redis('hset', UNITS, 'end:released', 'lost'),
      /^hold released is "lost", which is not a status$/,
    ],
  ]

  for (const [size, some] of inTwoSizes(damages, 3))
    it.each(some)('are complained about: %s', size, async (_, inflict, complaint) => {
      await inflict()
      const { complaints } = await reading()
      expect(
        complaints.filter((each) => complaint.test(each)),
        complaints.join('\n'),
      ).toHaveLength(1)
    })

  it('of a due hold that nobody freed yet are no damage, and its units count as free', async () => {
    await untilPast(await hold('due', 1_000, [stalls, 4]))
    const { complaints, taken, statuses } = await reading()
    expect(complaints).toEqual([])
    expect(statuses).toEqual({ ...atRest, due: 'expired' })
    expect(taken).toEqual({ seat: 1, 'hall:stalls': 5 })
  })

  it('of a warm-up are left out', leavesOutWarmup)

  it('are not changed by the reading, and the probe releases what it held', isNotDisturbedByProbing)

  it('are refused, with a sentence, on a server that does not know the command', () => {
    const redisEngine = opened.engines.redis ?? expect.fail('there is no Redis')
    const needs = { sessionState: false, servers: 1, isAlone: true }
    expect(redisEngine.refusal?.({ ...needs, reliesOn: ['HSETEX'] })).toBeUndefined()
    expect(redisEngine.refusal?.({ ...needs, reliesOn: ['HSETEX', 'NOSUCH'] })).toMatchObject({
      why: expect.stringMatching(/^it needs the command NOSUCH, which (Valkey|Redis) [\d.]+ does not know$/),
    })
  })
})

describe.skipIf(opened.lacks(['redis']))('records and counters', () => {
  beforeEach(() => populate('redis-lua'))

  /** The record of a hold, damaged. */
  async function changeRecord(id: string, from: RegExp, to: string): Promise<void> {
    const record = String(await redis('get', `KEY{venue}:hold:${id}`))
    expect(record).toMatch(from)
    await redis('set', `KEY{venue}:hold:${id}`, record.replace(from, to))
  }

  it('are in order after ordinary use, and are read as they are', isInOrder)

  const damages: readonly Damage[] = [
    [
      'a counter one too high',
      () => redis('hincrby', 'KEY{venue}:resource:hall:stalls', 'taken', 1),
      /^hall:stalls counts 6 units as taken, but its holds have 5$/,
    ],
    [
      'a negative counter',
      () => redis('hset', 'KEY{venue}:resource:seat', 'taken', -1),
      /^seat counts -1 units as taken, but its holds have 1$/,
    ],
    [
      'a counter that is gone',
      () => redis('hdel', 'KEY{venue}:resource:seat', 'taken'),
      /^seat counts NaN units as taken, but its holds have 1$/,
    ],
    [
      'a sale that was lost',
      () => redis('del', 'KEY{venue}:hold:sold'),
      /^hall:stalls counts 5 units as taken, but its holds have 3$/,
    ],
    [
      'a lost hold that is still listed',
      () => redis('del', 'KEY{venue}:hold:live'),
      /^the live holds of seat name live, which is not stored$/,
    ],
    [
      'an ended hold that is still listed',
      () => redis('zadd', 'KEY{venue}:live:hall:stalls', 1, 'released'),
      /^the live holds of hall:stalls name released, which is released$/,
    ],
    [
      'a hold that is listed where it has nothing',
      async () => {
        await redis('zrem', 'KEY{venue}:live:seat', 'live')
        await hold('another', 600_000, [stalls, 1])
        await redis('zadd', 'KEY{venue}:live:seat', 1, 'another')
      },
      /^the live holds of seat name another, which is held elsewhere$/,
    ],
    [
      'a live hold that nobody will find when it is due',
      () => redis('zrem', 'KEY{venue}:live:seat', 'live'),
      /^hold live is held, but missing from the live holds of seat$/,
    ],
    [
      'a live hold that no sweep will find',
      async () => {
        await redis('zrem', 'KEY{venue}:due', 'seat')
        await redis('hdel', 'KEY{venue}:resource:seat', 'due_us')
      },
      /^hold live is held on seat, but no sweep will find it in time$/,
    ],
    [
      'a live hold that a sweep will find late',
      async () => {
        await redis('zincrby', 'KEY{venue}:due', 60_000_000, 'seat')
        await redis('hincrby', 'KEY{venue}:resource:seat', 'due_us', 60_000_000)
      },
      /^hold live is held on seat, but no sweep will find it in time$/,
    ],
    [
      'a resource that thinks that sweeps know of it',
      () => redis('zrem', 'KEY{venue}:due', 'seat'),
      /^seat is due at [\d.]+ ms by its own count, and by the list at no ms$/,
    ],
    [
      'a hold that is listed with another deadline',
      () => redis('zincrby', 'KEY{venue}:live:seat', 1_000_000, 'live'),
      /^hold live ends at [\d.]+ ms, but by the live holds of seat at [\d.]+ ms$/,
    ],
    [
      'a status nobody knows',
      () => changeRecord('released', /^released/, 'lost'),
      /^hold released is "lost", which is not a status$/,
    ],
    [
      'a hold without a deadline',
      () => changeRecord('released', / \d+ /, '  '),
      /^hold released has no deadline$/,
    ],
    [
      'lines that cannot be read',
      () => changeRecord('released', /lls",\d+\]\]$/, ''),
      /^hold released has no lines$/,
    ],
    [
      'two lines on one resource',
      () => changeRecord('live', /\]$/, ',["seat",3]]'),
      /^hold live has more than one line on seat$/,
    ],
    [
      'a line on nothing',
      () => changeRecord('released', /\[\[".*$/, '[["nowhere",1]]'),
      /^hold released has a line on nowhere, which does not exist$/,
    ],
    [
      'a resource that is gone',
      () => redis('del', 'KEY{venue}:resource:seat'),
      /^hold live has a line on seat, which does not exist$/,
    ],
  ]

  for (const [size, some] of inTwoSizes(damages, 3))
    it.each(some)('are complained about: %s', size, async (_, inflict, complaint) => {
      await inflict()
      const { complaints } = await reading()
      expect(
        complaints.filter((each) => complaint.test(each)),
        complaints.join('\n'),
      ).toHaveLength(1)
      for (const each of complaints) expect(each).not.toContain('\n')
    })

  it('of a due hold that nobody freed yet are no damage, and its units count as free', async () => {
    const deadlineMs = await hold('due', 1_000, [stalls, 4])
    await untilPast(deadlineMs)
    expect(await redis('hget', 'KEY{venue}:resource:hall:stalls', 'taken')).toBe('9')
    const { complaints, taken, statuses } = await reading()
    expect(complaints).toEqual([])
    expect(statuses).toEqual({ ...atRest, due: 'expired' })
    expect(taken).toEqual({ seat: 1, 'hall:stalls': 5 })
  })

  it('of a warm-up are left out', leavesOutWarmup)

  it('of a warm-up are complained about all the same', async () => {
    await strategy.createResources([{ id: resourceId('warmup-seat'), capacity: 1 }])
    await redis('hincrby', 'KEY{venue}:resource:warmup-seat', 'taken', 1)
    const { complaints } = await reading({ prefix: 'warmup-' })
    expect(complaints).toEqual(['warmup-seat counts 1 units as taken, but its holds have 0'])
  })

  it('are not changed by the reading, and the probe releases what it held', isNotDisturbedByProbing)

  it('are complained about in a few sentences, which say how many there are', async () => {
    const many = Array.from({ length: 100 }, (_, n) => ({ id: resourceId(`r${n}`), capacity: 1 }))
    await strategy.createResources(many)
    for (const { id } of many) await redis('hincrby', `KEY{venue}:resource:${id}`, 'taken', 1)
    const { complaints } = await reading()
    expect(complaints).toHaveLength(COMPLAINTS_MAX + 1)
    expect(complaints.at(-1)).toBe('and 80 more of 100 in all')
  })

  it('are read past what one step reads', async () => {
    const many = Array.from({ length: 2_500 }, (_, n) => ({ id: resourceId(`r${n}`), capacity: 1 }))
    await strategy.createResources(many)
    const { complaints, taken } = await reading()
    expect(complaints).toEqual([])
    expect(Object.keys(taken)).toHaveLength(2_502)
  })

  it('under a prefix that looks like a pattern are told from their neighbours', async () => {
    const [observer] = store().observers
    const prefix = `${store().prefix}odd[x]*?\\:`
    const neighbour = `${store().prefix}oddx-anything:`
    for (const [at, capacity] of [
      [prefix, 1],
      [neighbour, 2],
    ] as const) {
      await observer.hset(`${at}{venue}:resource:seat-${capacity}`, { capacity, taken: 0, version: 0 })
    }
    const read = await readIn({ redis: { observers: [observer], prefix } })
    expect(read).toMatchObject({ kind: 'read', resources: [{ id: 'seat-1', taken: 0 }], complaints: [] })
  })

  it('that are all gone prove nothing: no record, and the reason', async () => {
    const { observers, prefix } = store()
    for (const key of await observers[0].keys(`${prefix}*`)) await observers[0].del(key)
    expect(await audit(order({ resources: [seat] }))).toEqual({
      failures: ['the store could not be read at rest: Redis no longer has any data of this trial'],
      operations: [],
      isStuck: false,
    })
  })

  it('of another kind are not judged, and prove nothing', async () => {
    const { observers, prefix } = store()
    for (const key of await observers[0].keys(`${prefix}*`)) await observers[0].del(key)
    await redis('set', 'KEYbasket:1', 'seat')
    expect(await audit(order({ resources: [seat] }))).toEqual({
      failures: [
        'the store is not the ledger that the strategy names (lua-record): Redis holds no counters of resources',
      ],
      operations: [],
      isStuck: false,
    })
  })

  it('are read again when a hold falls due meanwhile, and given up when that never ends', async () => {
    const { observers, prefix } = store()
    const [, deadlineUs] = String(await redis('get', 'KEY{venue}:hold:live')).split(' ')
    const deadlineMs = Number(deadlineUs) / 1_000
    let asked = 0
    /** Tells the deadline as the time, so many times. */
    const atDeadline = (times: number): Redis =>
      new Proxy(observers[0], {
        get(target, name) {
          if (name === 'time' && asked++ < times) {
            return async () => [Math.floor(deadlineMs / 1_000), (deadlineMs % 1_000) * 1_000]
          }
          const member: unknown = Reflect.get(target, name)
          return typeof member === 'function' ? member.bind(target) : member
        },
      })
    const read = await readIn({ redis: { observers: [atDeadline(2)], prefix } })
    expect(read).toMatchObject({ kind: 'read', complaints: [] })
    expect(asked).toBe(4)
    asked = 0
    await expect(
      readIn({ redis: { observers: [atDeadline(Number.POSITIVE_INFINITY)], prefix } }),
    ).rejects.toThrow('holds fell due during each of 5 readings of Redis')
  })
})

describe.skipIf(opened.lacks(['redis']))('a key per unit', () => {
  beforeEach(() => populate('redis-seat-key'))

  it('is in order after ordinary use, and is read as it is', isInOrder)

  const damages: readonly Damage[] = [
    [
      'a key that was lost',
      () => redis('del', 'KEY{venue}:seat:1:seat'),
      /^hold live has unit 1 of seat, but it has no key$/,
    ],
    [
      'a key of a sale that was lost',
      () => redis('del', 'KEY{venue}:seat:1:hall:stalls'),
      /^hold sold has unit 1 of hall:stalls, but it has no key$/,
    ],
    [
      'a key that names another hold',
      () => redis('set', 'KEY{venue}:seat:1:seat', 'sold', 'KEEPTTL'),
      /^hold live has unit 1 of seat, but its key names hold sold$/,
    ],
    [
      'a key that names nobody’s hold',
      () => redis('set', 'KEY{venue}:seat:10:hall:stalls', 'stranger'),
      /^the key of unit 10 of hall:stalls names hold stranger, which is not stored$/,
    ],
    [
      'a key that names a hold which has ended',
      () => redis('set', 'KEY{venue}:seat:10:hall:stalls', 'released'),
      /^the key of unit 10 of hall:stalls names hold released, which is released and does not have it$/,
    ],
    [
      'a key beyond the capacity',
      () => redis('set', 'KEY{venue}:seat:11:hall:stalls', 'live'),
      /^there is a key of unit 11 of hall:stalls, but hall:stalls has 10 units$/,
    ],
    [
      'a key of nothing',
      () => redis('set', 'KEY{venue}:seat:1:nowhere', 'live'),
      /^there is a key of unit 1 of nowhere, but nowhere does not exist$/,
    ],
    [
      'a key that outlives its hold',
      () => redis('persist', 'KEY{venue}:seat:1:seat'),
      /^the key of unit 1 of seat never expires, but hold live does$/,
    ],
    [
      'a key that expires too early',
      () => redis('pexpire', 'KEY{venue}:seat:1:seat', 300_000),
      /^the key of unit 1 of seat does not expire when hold live does, but in \d+ ms$/,
    ],
    [
      'a key of a sale that expires',
      () => redis('pexpire', 'KEY{venue}:seat:1:hall:stalls', 300_000),
      /^the key of unit 1 of hall:stalls expires, but hold sold is confirmed$/,
    ],
    [
      'two holds of one unit',
      () =>
        redis(
          'hset',
          'KEY{venue}:hold:live',
          'units',
          '[["seat",1],["hall:stalls",1],["hall:stalls",4],["hall:stalls",5]]',
        ),
      /^unit 1 of hall:stalls belongs to hold (sold and to hold live|live and to hold sold)$/,
    ],
    [
      'a hold with too few units',
      () => redis('hset', 'KEY{venue}:hold:live', 'units', '[["seat",1]]'),
      /^hold live has other units than its lines ask for$/,
    ],
    [
      'a lost hold',
      () => redis('del', 'KEY{venue}:hold:live'),
      /^the key of unit 1 of seat names hold live, which is not stored$/,
    ],
    [
      'a sale whose hold was forgotten',
      () => redis('del', 'KEY{venue}:hold:sold'),
      /^PostgreSQL has sold 2 units to hold sold, which Redis does not know$/,
    ],
    [
      'a sale to somebody whose hold was never confirmed',
      () => sql(`insert into sale values ('seat', 1, 'live')`),
      /^hold live is held in Redis, but PostgreSQL has sold 1 units to it$/,
    ],
    [
      'a sale to somebody who released it',
      () => sql(`insert into sale values ('hall:stalls', 9, 'released')`),
      /^hold released is released in Redis, but PostgreSQL has sold 1 units to it$/,
    ],
    [
      'half a sale',
      () => sql(`delete from sale where unit_no = 1`),
      /^hold sold is confirmed with 2 units in Redis, but PostgreSQL has sold 1 units to it$/,
    ],
    [
      'a sale of another unit',
      () => sql(`update sale set unit_no = 9 where unit_no = 1`),
      /^hold sold is confirmed with 2 units in Redis, but PostgreSQL has sold other units to it$/,
    ],
  ]

  for (const [size, some] of inTwoSizes(damages, 3))
    it.each(some)('is complained about: %s', size, async (_, inflict, complaint) => {
      await inflict()
      const { complaints } = await reading()
      expect(
        complaints.filter((each) => complaint.test(each)),
        complaints.join('\n'),
      ).toHaveLength(1)
      for (const each of complaints) expect(each).not.toContain('\n')
    })

  it('tells a sale by PostgreSQL alone: until it is there the units are merely taken, for good', async () => {
    await sql('delete from sale')
    const { complaints, taken, statuses } = await reading()
    expect(complaints).toEqual([])
    expect(statuses).toEqual({ ...atRest, sold: 'held' })
    expect(taken).toEqual({ seat: 1, 'hall:stalls': 5 })
  })

  it('takes a hold whose keys have expired for what it is', async () => {
    const deadlineMs = await hold('due', 1_000, [stalls, 4])
    expect((await reading()).taken).toEqual({ seat: 1, 'hall:stalls': 9 })
    await untilPast(deadlineMs)
    const { complaints, taken, statuses } = await reading()
    expect(complaints).toEqual([])
    expect(statuses).toEqual({ ...atRest, due: 'expired' })
    expect(taken).toEqual({ seat: 1, 'hall:stalls': 5 })
  })

  it('of a warm-up is left out', leavesOutWarmup)

  it('is not changed by the reading, and the probe releases what it held', isNotDisturbedByProbing)

  it('without the table of sales is another ledger', async () => {
    await sql('drop table sale')
    expect((await audit(order())).failures).toEqual([
      expect.stringMatching(
        /^the store is not the ledger that the strategy names \(seat-keys\): schema ".*" has no table sale$/,
      ),
    ])
  })

  it('that is a counter is another ledger', async () => {
    await redis('del', 'KEY{venue}:resource:seat')
    await redis('hset', 'KEY{venue}:resource:seat', 'capacity', 1)
    expect((await audit(order())).failures).toEqual([
      expect.stringMatching(/\(seat-keys\): Redis holds no capacities of resources$/),
    ])
  })

  it('that Redis has forgotten altogether leaves the sales to complain', async () => {
    const { observers, prefix } = store()
    for (const key of await observers[0].keys(`${prefix}*`)) await observers[0].del(key)
    const { record, failures } = await audit(order({ resources: [seat] }))
    expect(record?.complaints).toEqual([
      'PostgreSQL has sold 2 units to hold sold, which Redis does not know',
    ])
    expect(failures).toEqual([expect.stringMatching(/^the probe of seat failed: /)])
  })
})

describe.skipIf(opened.lacks(['redis']))('leases around rows of PostgreSQL', () => {
  it.each(['redis-setnx', 'redis-setnx-fenced', 'redlock', 'redlock-guarded'])(
    '%s leaves none, and the rows are audited',
    async (name) => {
      await open(name)
      await hold('live', 600_000, [seat, 1], [stalls, 3])
      const { record, failures } = await audit(order())
      expect(failures).toEqual([])
      expect(record).toMatchObject({ complaints: [], holds: [{ id: 'live', status: 'held' }] })
    },
  )

  it('are complained about if they never expire, on whichever node, but not while they do', async () => {
    await open('redlock')
    const { observers, prefix } = store()
    expect(observers.length).toBeGreaterThan(1)
    await observers[0].set(`${prefix}lease:seat`, 'a', 'PX', 200)
    expect(await ground.leftOpen()).toEqual([])
    // The probe that follows must not meet it.
    expect(await observers[0].exists(`${prefix}lease:seat`)).toBe(0)
    await observers[0].set(`${prefix}lease:seat`, 'a')
    await observers.at(-1)?.set(`${prefix}lock:hall:stalls`, 'a')
    await observers[0].set(`${prefix}token:seat`, '7')
    expect(await ground.leftOpen()).toEqual([
      'lease:seat is held on node 1 and never expires',
      `lock:hall:stalls is held on node ${observers.length} and never expires`,
    ])
    expect((await audit(order({ resources: [stalls] }))).record?.complaints).toHaveLength(2)
  })
})
