/**
 * Goal: every complaint of the witnesses of counter rows and unit rows is raised by the damage it is about,
 * and by nothing else. Method: one hold of each kind is made through a strategy, the store is found in order,
 * then one row at a time is damaged by hand. Each damage is undone by giving every test a schema of its own.
 */
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type AuditOrder, audit } from '../../harness/audit/audit.ts'
import type { PostgresNamespace } from '../../harness/engines/postgres/namespace.ts'
import { openPostgres, type PostgresEngine } from '../../harness/engines/postgres/open.ts'
import { type Ground, prepareGround } from '../../harness/ground/ground.ts'
import type { NotRead, StoreReading } from '../../strategies/ledgers/ledger.ts'
import { counterRows, ledgers, unitRows } from '../../strategies/ledgers/registry.ts'
import { postgresIn } from '../../strategies/ledgers/stores.ts'
import { COMPLAINTS_MAX } from '../../strategies/ledgers/witnessing/complaints.ts'
import { registry, type StrategyEntry } from '../../strategies/registry.ts'
import type { ReservationStrategy, Resource } from '../../strategies/strategy.ts'
import { holdId, resourceId } from '../../strategies/validation.ts'

const seat: Resource = { id: resourceId('seat'), capacity: 1 }
const stalls: Resource = { id: resourceId('stalls'), capacity: 10 }
const nothingSkipped = { prefix: '' }

let engine: PostgresEngine
let entry: StrategyEntry
let ground: Ground
let strategy: ReservationStrategy

beforeAll(async () => {
  engine = await openPostgres({ durability: 'relaxed' })
})
afterAll(async () => {
  await engine[Symbol.asyncDispose]()
})

function entryNamed(name: string): StrategyEntry {
  const entry = registry.find((each) => each.name === name)
  if (entry === undefined) throw new Error(`no strategy is called ${name}`)
  return entry
}

/** A sale, a live hold of two lines and one released. */
async function populate(name: string): Promise<void> {
  entry = entryNamed(name)
  ground = await prepareGround(entry, { postgres: engine }, 3)
  strategy = await entry.open(ground.connections, { criticalSection: async () => {}, random: () => 0.5 })
  await strategy.createResources([seat, stalls])
  await hold('sold', [stalls, 2])
  await strategy.confirm(holdId('sold'))
  await hold('live', [seat, 1], [stalls, 3])
  await hold('released', [stalls, 1])
  await strategy.release(holdId('released'))
}

async function hold(id: string, ...lines: readonly (readonly [Resource, number])[]): Promise<void> {
  const outcome = await strategy.hold({
    holdId: holdId(id),
    lines: lines.map(([resource, quantity]) => ({ resourceId: resource.id, quantity })),
    ttlMs: 600_000,
  })
  expect(outcome.kind).toBe('held')
}

afterEach(async () => {
  await ground.dispose()
})

function store() {
  return postgresIn(ground.stores)
}

/** The one under test. */
function pool() {
  return (ground.namespaces.get('postgres') as PostgresNamespace).pool
}

async function sql(text: string): Promise<void> {
  await store().observer.query(text)
}

/** What the witness of the strategy's ledger reads, or another one's. */
async function readBy(ledger = entry.ledger, skip = nothingSkipped): Promise<StoreReading | NotRead> {
  if (ledger === undefined) return expect.fail('the strategy names no ledger')
  const witness = await ledger.witness()
  return witness.read(ground.stores, { resources: [], holds: [], skip, begins() {} })
}

async function reading(skip = nothingSkipped): Promise<StoreReading> {
  const read = await readBy(entry.ledger, skip)
  return read.kind === 'read' ? read : expect.fail(read.reason)
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

const damages: readonly (readonly [damage: string, statement: string, complaint: RegExp])[] = [
  [
    'a counter one too high',
    `update resource set taken = taken + 1 where id = 'stalls'`,
    /^stalls counts 6 units as taken, but its holds have 5$/,
  ],
  [
    'a negative counter',
    `update resource set taken = -1 where id = 'seat'`,
    /^seat counts -1 units as taken, but its holds have 1$/,
  ],
  [
    'a lost line',
    `delete from hold_line where hold_id = 'live' and resource_id = 'seat'`,
    /^seat counts 1 units as taken, but its holds have 0$/,
  ],
  [
    'a hold without lines',
    `delete from hold_line where hold_id = 'released'`,
    /^hold released has no lines$/,
  ],
  [
    'lines without a hold',
    `delete from hold where id = 'released'`,
    /^there are lines of hold released, but no such hold$/,
  ],
  [
    'a torn confirm',
    `update hold_line set status = 'confirmed' where hold_id = 'live' and line = 1`,
    /^hold live is held, but its line on (seat|stalls) is confirmed$/,
  ],
  [
    'a line with a deadline of its own',
    `update hold_line set deadline = deadline + interval '1 s' where hold_id = 'sold'`,
    /^hold sold ends at .*, but its line on stalls at .*$/,
  ],
  [
    'a status nobody knows',
    `update hold set status = 'lost' where id = 'released'`,
    /^hold released is "lost", which is not a status$/,
  ],
  [
    'two lines on one resource',
    `update hold_line set resource_id = 'seat' where hold_id = 'live'`,
    /^hold live has 2 lines on seat$/,
  ],
  [
    'a line on nothing',
    `update hold_line set resource_id = 'nowhere' where hold_id = 'released'`,
    /^hold released has a line on nowhere, which does not exist$/,
  ],
]

describe('a store of counters', () => {
  beforeEach(() => populate('postgres-conditional-update'))

  it('is in order after ordinary use, and is read as it is', async () => {
    const { complaints, holds, resources } = await reading()
    expect(complaints).toEqual([])
    expect(resources).toEqual([
      { id: 'seat', taken: 1 },
      { id: 'stalls', taken: 5 },
    ])
    expect(Object.fromEntries(holds.map(({ id, status }) => [id, status]))).toEqual({
      sold: 'confirmed',
      live: 'held',
      released: 'released',
    })
    const live = holds.find(({ id }) => id === 'live')
    expect(new Map(live?.lines)).toEqual(
      new Map([
        [seat.id, 1],
        [stalls.id, 3],
      ]),
    )
  })

  it.each(damages)('complains about %s', async (_, statement, complaint) => {
    await sql(statement)
    const { complaints } = await reading()
    expect(complaints.filter((each) => complaint.test(each))).toHaveLength(1)
  })

  it('does not mistake a due hold that nobody freed yet for damage, and counts its units as free', async () => {
    await sql(`update hold set deadline = clock_timestamp() where id = 'live'`)
    await sql(`update hold_line l set deadline = h.deadline from hold h where h.id = l.hold_id`)
    const { complaints, holds, resources } = await reading()
    expect(complaints).toEqual([])
    expect(holds.find(({ id }) => id === 'live')?.status).toBe('expired')
    expect(resources.map(({ taken }) => taken)).toEqual([0, 2])
  })

  it('complains about an advisory lock that was left behind, but not about another program’s', async () => {
    const other = new pg.Client({ connectionString: engine.connectionString() })
    await other.connect()
    await other.query('select pg_advisory_lock(1)')
    expect(await ground.leftOpen()).toEqual([])
    await other.end()
    await pool().query('select pg_advisory_lock(2)')
    expect((await audit(order())).record?.complaints).toEqual([
      expect.stringMatching(/^session \d+ still has 1 advisory locks$/),
    ])
  })

  it('complains about a transaction and a connection that nobody will end', async () => {
    const client = await pool().connect()
    await client.query('begin')
    await client.query('select 1 as forgotten')
    expect((await audit(order())).record?.complaints).toEqual([
      '1 of 3 connections were never released to the pool',
      expect.stringMatching(
        /^session \d+ has left a transaction open \(idle in transaction\) after: select 1 as forgotten$/,
      ),
    ])
    client.release(true)
  })

  it('leaves out what belongs to a warm-up, but complains about it all the same', async () => {
    await strategy.createResources([{ id: resourceId('warmup-seat'), capacity: 1 }])
    await hold('warmup-1', [{ id: resourceId('warmup-seat'), capacity: 1 }, 1])
    await sql(`update resource set taken = 0 where id = 'warmup-seat'`)
    const { complaints, holds, resources } = await reading({ prefix: 'warmup-' })
    expect(resources.map(({ id }) => id)).toEqual(['seat', 'stalls'])
    expect(holds.map(({ id }) => id)).not.toContain('warmup-1')
    expect(complaints).toEqual(['warmup-seat counts 0 units as taken, but its holds have 1'])
  })

  it('keeps to a few complaints and says how many there are', async () => {
    await sql(
      `insert into resource (id, capacity, taken) select 'r' || n, 1, 1 from generate_series(1, 100) n`,
    )
    const { complaints } = await reading()
    expect(complaints).toHaveLength(COMPLAINTS_MAX + 1)
    expect(complaints.at(-1)).toBe('and 80 more of 100 in all')
  })

  it('changes nothing: it can be repeated, and the probe releases what it held', async () => {
    const before = await reading()
    const { record, failures } = await audit(order({ skip: { prefix: 'probe-' } }))
    expect(failures).toEqual([])
    expect(record?.probes.toSorted((one, other) => one.unitsExpected - other.unitsExpected)).toEqual([
      { resourceId: 'seat', unitsExpected: 0, unitsHeld: 0, oneMoreRefused: true },
      { resourceId: 'stalls', unitsExpected: 5, unitsHeld: 5, oneMoreRefused: true },
    ])
    const after = await reading({ prefix: 'probe-' })
    expect(after.complaints).toEqual([])
    expect(after.resources).toEqual(before.resources)
    expect(after.holds).toHaveLength(before.holds.length)
  })

  it('has a probe that notices units which the rows have and a buyer cannot get, and units beyond the capacity', async () => {
    const ofStalls = order({ resources: [stalls] })
    await sql(`update resource set taken = taken + 1 where id = 'stalls'`)
    expect((await audit(ofStalls)).record?.probes).toEqual([
      { resourceId: 'stalls', unitsExpected: 5, unitsHeld: 0, oneMoreRefused: false },
    ])
    await sql(`update resource set taken = taken - 2 where id = 'stalls'`)
    expect((await audit(ofStalls)).record?.probes).toEqual([
      { resourceId: 'stalls', unitsExpected: 5, unitsHeld: 5, oneMoreRefused: false },
    ])
  })

  it('says so when a probe fails, and does not go on probing', async () => {
    const broken = { ...strategy, hold: () => Promise.reject(new Error('no answer')) }
    const { record, failures } = await audit(order({ strategy: broken, resources: [stalls] }))
    expect(failures).toEqual(['the probe of stalls failed: no answer'])
    expect(record?.probes).toEqual([])
  })

  it('does not probe what is oversold', async () => {
    await sql(`update hold_line set quantity = 20 where hold_id = 'sold'`)
    const { record } = await audit(order())
    expect(record?.probes.map((probe) => probe.resourceId)).toEqual(['seat'])
  })
})

describe('a store of unit rows', () => {
  beforeEach(() => populate('postgres-skip-locked'))

  it('is in order after ordinary use, and is read as it is', async () => {
    const { complaints, resources } = await reading()
    expect(complaints).toEqual([])
    expect(resources).toEqual([
      { id: 'seat', taken: 1 },
      { id: 'stalls', taken: 5 },
    ])
  })

  it.each([
    [
      'a unit that names a hold which has ended',
      `update unit set hold_id = 'released' where resource_id = 'stalls' and unit_no = 10`,
      '1 units of stalls still name hold released, which has ended or never existed',
    ],
    [
      'a unit that was lost',
      `update unit set hold_id = null where hold_id = 'live' and resource_id = 'seat'`,
      '0 units of seat name hold live, but it has 1',
    ],
    [
      'a unit too many',
      `update unit set hold_id = 'sold' where resource_id = 'stalls' and unit_no = 10`,
      '3 units of stalls name hold sold, but it has 2',
    ],
    [
      'a missing row',
      `delete from unit where resource_id = 'stalls' and hold_id is null and unit_no = 10`,
      'stalls has 9 unit rows, but a capacity of 10',
    ],
  ])('complains about %s', async (_, statement, complaint) => {
    await sql(statement)
    expect((await reading()).complaints).toEqual([complaint])
  })

  it('does not mistake a due hold that nobody freed yet for damage', async () => {
    await sql(`update hold set deadline = clock_timestamp() where id = 'live'`)
    await sql(`update hold_line l set deadline = h.deadline from hold h where h.id = l.hold_id`)
    const { complaints, resources } = await reading()
    expect(complaints).toEqual([])
    expect(resources.map(({ taken }) => taken)).toEqual([0, 2])
  })
})

describe('a store that is not the ledger', () => {
  beforeEach(() => populate('postgres-conditional-update'))

  const notThe = (ledger: string, why: RegExp) => ({
    operations: [],
    isStuck: false,
    failures: [
      expect.stringMatching(
        new RegExp(`^the store is not the ledger that the strategy names \\(${ledger}\\): ${why.source}$`),
      ),
    ],
  })

  it('is not judged, and proves nothing: a table has another name', async () => {
    await sql('alter table hold_line rename to basket_line')
    expect(await audit(order())).toEqual(notThe('counter-rows', /schema ".*" has no table hold_line/))
  })

  it('likewise where a column has another name or type', async () => {
    await sql('alter table hold_line rename column quantity to units')
    expect(await audit(order())).toEqual(notThe('counter-rows', /schema ".*" has other tables: .*quantity.*/))
  })

  it('likewise where the schema is gone', async () => {
    await sql(`drop schema "${store().schema}" cascade`)
    expect(await audit(order())).toEqual(
      notThe('counter-rows', /schema ".*" has no table resource, hold, hold_line/),
    )
  })

  it('likewise where another ledger is stated', async () => {
    const others = ledgers.filter(
      ({ name, engines }) => name !== 'counter-rows' && engines.includes('postgres'),
    )
    expect(others).toContain(unitRows)
    expect(await audit(order({ ledger: unitRows }))).toEqual(
      notThe('unit-rows', /schema ".*" has no table unit/),
    )
  })
})

describe('counter rows, looked for where there are unit rows', () => {
  beforeEach(() => populate('postgres-skip-locked'))

  it('are found to count nothing', async () => {
    expect(await readBy(counterRows)).toMatchObject({
      complaints: [
        'seat counts 0 units as taken, but its holds have 1',
        'stalls counts 0 units as taken, but its holds have 5',
      ],
    })
  })
})
