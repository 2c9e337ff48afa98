/**
 * Goal: every complaint of the witness of transfers is raised by the damage it is about, and by nothing else.
 * Method: one hold of each kind is made through a strategy, the store is found in order, then transfers that
 * no strategy would send are sent by hand. What TigerBeetle itself never gets wrong is put into its answers
 * on their way to the witness. Every test has a ledger of its own.
 */
import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Account, Client, Transfer } from 'tigerbeetle-node'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type AuditOrder, audit } from '../../harness/audit/audit.ts'
import { openEngines } from '../../harness/engines/open.ts'
import type { Ground } from '../../harness/ground/ground.ts'
import { prepareGround } from '../../harness/ground/ground.ts'
import { runTrial } from '../../harness/trial/trial.ts'
import { drain } from '../../harness/workloads/drain.ts'
import type { ReadOrder } from '../../strategies/ledgers/ledger.ts'
import { transfers } from '../../strategies/ledgers/registry.ts'
import { tigerbeetleIn } from '../../strategies/ledgers/stores.ts'
import { registry, type StrategyEntry } from '../../strategies/registry.ts'
import type { ReservationStrategy, Resource } from '../../strategies/strategy.ts'
import { holdId, resourceId } from '../../strategies/validation.ts'
import { FULL } from '../size.ts'

const opened = await openEngines(['tigerbeetle'], { durability: 'relaxed' })
afterAll(async () => {
  await opened[Symbol.asyncDispose]()
})
const { tigerbeetle: engine } = opened.engines
if (engine === undefined) {
  const why = opened.missing.map((each) => `${each.why} ${each.remedy}`).join(' ')
  console.error(`\n  tigerbeetle: NOT PROVEN\n  The audit of TigerBeetle was not tested: ${why}\n`)
}

const seat: Resource = { id: resourceId('seat'), capacity: 1 }
const stalls: Resource = { id: resourceId('stalls'), capacity: 10 }
const resources = [seat, stalls]
const nothingSkipped = { prefix: '' }

let ground: Ground
let strategy: ReservationStrategy
let holds: ReadOrder['holds'][number][]

function entryNamed(name: string): StrategyEntry {
  return registry.find((each) => each.name === name) ?? expect.fail(`no strategy is called ${name}`)
}

async function open(name: string): Promise<void> {
  const entry = entryNamed(name)
  ground = await prepareGround(entry, opened.engines, 1)
  strategy = await entry.open(ground.connections, { criticalSection: async () => {}, random: () => 0.5 })
  await strategy.createResources(resources)
  holds = []
}

/** A sale, a live hold of two lines, one released and one that was refused. */
async function populate(name: string): Promise<void> {
  await open(name)
  await hold('sold', 600_000, [stalls, 2])
  expect(await strategy.confirm(holdId('sold'))).toEqual({ kind: 'confirmed' })
  await hold('live', 600_000, [stalls, 3], [seat, 1])
  await hold('released', 600_000, [stalls, 1])
  expect(await strategy.release(holdId('released'))).toEqual({ kind: 'released' })
  expect(await ask('refused', 600_000, [stalls, 1], [seat, 1])).toMatchObject({ kind: 'sold-out' })
}

function ask(id: string, ttlMs: number, ...asked: readonly (readonly [Resource, number])[]) {
  const lines = asked.map(([resource, quantity]) => ({ resourceId: resource.id, quantity }))
  holds.push({ id: holdId(id), lines: asked.map(([resource, quantity]) => [resource.id, quantity]) })
  return strategy.hold({ holdId: holdId(id), lines, ttlMs })
}

async function hold(...asked: Parameters<typeof ask>): Promise<number> {
  const outcome = await ask(...asked)
  return outcome.kind === 'held' ? outcome.deadlineMs : expect.fail(`was answered ${outcome.kind}`)
}

function store() {
  return tigerbeetleIn(ground.stores)
}

/** The id of what is so called. */
function id(...name: readonly (string | number)[]): bigint {
  const digest = createHash('sha256').update(JSON.stringify([store().ledger, ...name]))
  return BigInt(`0x${digest.digest('hex').slice(0, 32)}`)
}

const PENDING = 2
const POST = 4
const VOID = 8
const CREATED = 4_294_967_295
const AMOUNT_MAX = 2n ** 128n - 1n

async function send(fields: Partial<Transfer>): Promise<void> {
  const transfer = {
    id: id('by hand'),
    debit_account_id: 0n,
    credit_account_id: 0n,
    amount: 1n,
    pending_id: 0n,
    user_data_128: 0n,
    user_data_64: 0n,
    user_data_32: 0,
    timeout: 0,
    ledger: store().ledger,
    code: (fields.flags ?? 0) > PENDING ? 0 : 11,
    flags: 0,
    timestamp: 0n,
    ...fields,
  }
  const [result] = await store().observer.createTransfers([transfer])
  expect(result?.status).toBe(CREATED)
}

async function readIn(tigerbeetle: ReturnType<typeof store>, asked: Omit<ReadOrder, 'begins'>) {
  const witness = await transfers.witness()
  return witness.read({ tigerbeetle }, { ...asked, begins() {} })
}

function order(of: Partial<AuditOrder> = {}): AuditOrder {
  return {
    strategy,
    ledger: transfers,
    stores: ground.stores,
    leftOpen: () => ground.leftOpen(),
    resources,
    holds,
    skip: nothingSkipped,
    ...of,
  }
}

async function reading({ skip = nothingSkipped, observer = store().observer, asked = holds } = {}) {
  const { ledger } = store()
  const read = await readIn({ observer, ledger }, { resources, holds: asked, skip })
  if (read.kind === 'not-read') throw new Error(read.reason)
  return {
    complaints: read.complaints,
    taken: Object.fromEntries(read.resources.map(({ id, taken }) => [id, taken])),
    statuses: Object.fromEntries(read.holds.map(({ id, status }) => [id, status])),
    holds: read.holds,
  }
}

/** An observer whose answers are changed on their way. */
function lying(changes: {
  readonly account?: (account: Account, lookups: number) => Partial<Account>
  readonly clock?: (timestamp: bigint, asked: number) => bigint
}): Client {
  const { observer } = store()
  let lookups = 0
  let asked = 0
  return {
    ...observer,
    async lookupAccounts(ids) {
      lookups++
      const accounts = await observer.lookupAccounts(ids)
      return accounts.map((account) => ({ ...account, ...changes.account?.(account, lookups) }))
    },
    async createAccounts(batch) {
      asked++
      const results = await observer.createAccounts(batch)
      const { clock = (timestamp) => timestamp } = changes
      return results.map((result) => ({ ...result, timestamp: clock(result.timestamp, asked) }))
    },
  }
}

describe.skipIf(engine === undefined)('the witness of transfers', () => {
  afterEach(() => ground.dispose())

  describe.each(['tigerbeetle-pending-transfer', 'tigerbeetle-pending-transfer-batched'])(
    'after %s',
    (name) => {
      it('finds nothing wrong in a store in order, and every hold in it', async () => {
        await populate(name)
        const { complaints, taken, statuses, holds: stored } = await reading()
        expect(complaints).toEqual([])
        expect(taken).toEqual({ seat: 1, stalls: 5 })
        expect(statuses).toEqual({ sold: 'confirmed', live: 'held', released: 'released' })
        const live = stored.find(({ id }) => id === 'live')
        expect(new Map(live?.lines)).toEqual(
          new Map([
            [seat.id, 1],
            [stalls.id, 3],
          ]),
        )
        const answered = await strategy.hold({
          holdId: holdId('live'),
          lines: [
            { resourceId: stalls.id, quantity: 3 },
            { resourceId: seat.id, quantity: 1 },
          ],
          ttlMs: 600_000,
        })
        expect(answered).toMatchObject({ kind: 'held', deadlineMs: live?.deadlineMs })
      })

      it('can hold what it finds free, and not one more', async () => {
        await populate(name)
        const { record, failures } = await audit(order())
        expect(failures).toEqual([])
        expect(record?.probes).toEqual([
          { resourceId: seat.id, unitsExpected: 0, unitsHeld: 0, oneMoreRefused: true },
          { resourceId: stalls.id, unitsExpected: 5, unitsHeld: 5, oneMoreRefused: true },
        ])
      })

      it('finds nothing wrong after a whole trial', async () => {
        await open(name)
        const settings = { workload: drain, concurrency: 8, durationMs: 300, warmupMs: 50, repeat: 1 }
        const more = { seed: 7, poolSize: 1, criticalSectionMs: 0 }
        const { trial, history } = await runTrial(entryNamed(name), opened.engines, { ...settings, ...more })
        expect(trial).toMatchObject({ verdict: 'valid', asPromised: true, violations: [] })
        const record = [...history].at(-1)
        expect(record?.type === 'audit' && record.holds.length).toBeGreaterThan(0)
        if (name.endsWith('batched')) {
          expect(trial.batches?.mean).toBeGreaterThan(1)
          expect(trial.batches?.max).toBeLessThanOrEqual(8)
        } else expect(trial.batches).toBeUndefined()
      })
    },
  )

  it('takes a hold past its timeout for expired, whether its units are back already or not', async () => {
    await open('tigerbeetle-pending-transfer')
    const deadlineMs = await hold('short', 1_000, [stalls, 4], [seat, 1])
    await hold('long', 600_000, [stalls, 1])
    while ((await nowMs()) <= deadlineMs) await delay(5)
    const { complaints, taken, statuses } = await reading()
    expect(complaints).toEqual([])
    expect(taken).toEqual({ seat: 0, stalls: 1 })
    expect(statuses).toEqual({ short: 'expired', long: 'held' })
  })

  it('leaves out what is not of the trial', async () => {
    await populate('tigerbeetle-pending-transfer')
    const warm: Resource = { id: resourceId('warmup-seat'), capacity: 1 }
    await strategy.createResources([warm])
    await hold('warmup-1', 600_000, [warm, 1])
    const { complaints, statuses } = await reading({ skip: { prefix: 'warmup-' } })
    expect(complaints).toEqual([])
    expect(Object.keys(statuses)).toEqual(['sold', 'live', 'released'])
  })

  describe('of a store that was damaged', () => {
    beforeEach(() => populate('tigerbeetle-pending-transfer'))

    const strange = (what: string) => `there is ${what} that no hold requested`

    it('complains about a hold of which one line is sold and one is not', async () => {
      await send({ pending_id: id('hold', 'live', 0), amount: AMOUNT_MAX, flags: POST })
      const { complaints, statuses } = await reading()
      expect(complaints).toEqual([
        'the lines of hold live ended differently: seat is confirmed, stalls is held',
      ])
      expect(statuses.live).toBe('confirmed')
    })

    it('complains about a hold of which one line was released', async () => {
      await send({ pending_id: id('hold', 'live', 1), amount: 0n, flags: VOID })
      const { complaints, taken } = await reading()
      expect(complaints).toEqual([
        'the lines of hold live ended differently: seat is held, stalls is released',
      ])
      expect(taken).toEqual({ seat: 1, stalls: 2 })
    })

    it('complains about a line that was sold in part', async () => {
      await send({ pending_id: id('hold', 'live', 1), amount: 1n, flags: POST })
      expect((await reading()).complaints).toContain('hold live has 3 units of stalls, but 1 ended')
    })

    it('complains about a pending transfer that nobody asked for, sold or not', async () => {
      const stranger = { debit_account_id: id('budget', 'stalls'), credit_account_id: id('spent', 'stalls') }
      await send({ ...stranger, flags: PENDING, timeout: 600 })
      const complaints = [strange('a pending transfer of 1 units on stalls')]
      expect(await reading()).toMatchObject({ complaints, taken: { stalls: 6 } })
      await send({ id: id('post by hand'), pending_id: id('by hand'), amount: AMOUNT_MAX, flags: POST })
      expect((await reading()).complaints).toEqual(complaints)
    })

    it('complains about a hold that is not in the history', async () => {
      const { complaints } = await reading({ asked: holds.filter((each) => each.id !== 'live') })
      expect(complaints).toEqual([
        strange('a pending transfer of 1 units on seat'),
        strange('a pending transfer of 3 units on stalls'),
      ])
    })

    it('complains about a sale without a hold', async () => {
      await send({ debit_account_id: id('budget', 'stalls'), credit_account_id: id('spent', 'stalls') })
      expect((await reading()).complaints).toEqual([strange('a transfer of 1 units on stalls')])
    })

    it('complains about units that were made up', async () => {
      await send({ debit_account_id: id('operator', 'seat'), credit_account_id: id('budget', 'seat') })
      expect((await reading()).complaints).toEqual([
        'seat was funded with 2 units, but has a capacity of 1',
        strange('a transfer of 1 units on Operator of seat'),
      ])
    })

    it('complains about units that came from elsewhere', async () => {
      await send({ debit_account_id: id('spent', 'stalls'), credit_account_id: id('budget', 'seat') })
      expect((await reading()).complaints).toEqual([
        'the Operator of seat gave 1 units, but its Budget was given 2',
        'the Spent of stalls returned 1 units',
        strange('a transfer of 1 units on Spent of stalls'),
      ])
    })

    it('complains about a hold whose line leads nowhere, and never expires', async () => {
      await send({
        id: id('hold', 'refused', 5),
        debit_account_id: id('budget', 'stalls'),
        credit_account_id: id('operator', 'stalls'),
        flags: PENDING,
      })
      const lines = Array.from({ length: 6 }, () => [stalls.id, 1] as const)
      const { complaints } = await reading({ asked: [...holds, { id: holdId('refused'), lines }] })
      expect(complaints).toEqual([
        'the Budget of stalls gave 2 units and 4 pending, but its Spent was given 2 and 3 pending',
        'hold refused moves units from stalls to Operator of stalls',
        'hold refused has a line on stalls that never expires',
      ])
    })

    it('complains about a resource without accounts', async () => {
      const ghost: Resource = { id: resourceId('ghost'), capacity: 1 }
      const read = await readIn(store(), { resources: [...resources, ghost], holds, skip: nothingSkipped })
      expect(read).toMatchObject({
        complaints: ['ghost has no Operator and no Budget and no Spent account'],
      })
    })

    it.each<[string, Partial<Account>, string]>([
      ['pending', { debits_pending: 2n }, 'seat counts 2 units as pending, but its live transfers have 1'],
      ['posted', { debits_posted: 1n }, 'seat counts 1 units as posted, but its posted transfers have 0'],
      [
        'given and received',
        { debits_pending: 0n },
        'the Budget of seat gave 0 units and 0 pending, but its Spent was given 0 and 1 pending',
      ],
      [
        'more than there is',
        { debits_posted: 1n },
        'the Budget of seat gave 2 units, including pending ones, of 1',
      ],
    ])('complains about balances that its transfers do not explain: %s', async (_, balances, complaint) => {
      const budget = id('budget', 'seat')
      const observer = lying({ account: (account) => (account.id === budget ? balances : {}) })
      expect((await reading({ observer })).complaints).toContain(complaint)
    })
  })

  describe('of a store in motion', () => {
    beforeEach(() => populate('tigerbeetle-pending-transfer'))

    /** Later than every deadline. */
    const LATER_NS = 700n * 1_000_000_000n

    it('waits for the units of a hold that is due', async () => {
      const observer = lying({
        clock: (timestamp) => timestamp + LATER_NS,
        account: ({ debits_pending, credits_pending }, lookups) =>
          lookups < 3 ? {} : { debits_pending: debits_pending && 0n, credits_pending: credits_pending && 0n },
      })
      expect(await reading({ observer })).toMatchObject({
        complaints: [],
        taken: { seat: 0, stalls: 2 },
        statuses: { live: 'expired', sold: 'confirmed' },
      })
    })

    it('complains about units that do not come back', { ...FULL, timeout: 20_000 }, async () => {
      const observer = lying({ clock: (timestamp) => timestamp + LATER_NS })
      const { complaints, taken } = await reading({ observer })
      expect(complaints).toEqual([
        expect.stringMatching(/^seat still counts 1 units as pending, /),
        expect.stringMatching(/^stalls still counts 3 units as pending, /),
      ])
      expect(taken).toEqual({ seat: 0, stalls: 2 })
    })

    it('reads again when a hold falls due meanwhile, and says so when that never expires', async () => {
      const once = lying({ clock: (timestamp, asked) => timestamp + (asked === 2 ? LATER_NS : 0n) })
      expect((await reading({ observer: once })).statuses.live).toBe('held')
      const always = lying({ clock: (timestamp, asked) => timestamp + (asked % 2 === 0 ? LATER_NS : 0n) })
      await expect(reading({ observer: always })).rejects.toThrow('holds fell due during each of 5 readings')
    })
  })

  it('of sales alone is at rest, whenever their holds would have been due', async () => {
    await open('tigerbeetle-pending-transfer')
    await hold('sold', 600_000, [stalls, 2])
    await strategy.confirm(holdId('sold'))
    const always = lying({
      clock: (timestamp, asked) => timestamp + (asked % 2 === 0 ? 700n * 1_000_000_000n : 0n),
    })
    expect((await reading({ observer: always })).statuses).toEqual({ sold: 'confirmed' })
  })

  describe('of another store', () => {
    beforeEach(() => open('tigerbeetle-pending-transfer'))
    const elsewhere = [{ id: resourceId('elsewhere'), capacity: 1 }]

    it('is not judged, and proves nothing', async () => {
      expect(await audit(order({ resources: elsewhere }))).toEqual({
        failures: [
          expect.stringMatching(
            /^the store is not the ledger that the strategy names \(transfers\): ledger \d+ has none of the accounts of these resources$/,
          ),
        ],
        operations: [],
        isStuck: false,
      })
    })

    it('is not passed where nothing is left', async () => {
      const ledger = store().ledger + 1_000_000
      expect(await audit(order({ stores: { tigerbeetle: { ...store(), ledger } } }))).toEqual({
        failures: ['the store could not be read at rest: TigerBeetle no longer has any data of this trial'],
        operations: [],
        isStuck: false,
      })
    })
  })
})

/** The cluster's: it tells the time with a refusal. */
async function nowMs(): Promise<number> {
  const { observer, ledger } = store()
  const none = { debits_pending: 0n, debits_posted: 0n, credits_pending: 0n, credits_posted: 0n }
  const data = { user_data_128: 0n, user_data_64: 0n, user_data_32: 0, reserved: 0, flags: 0, timestamp: 0n }
  const [refusal] = await observer.createAccounts([{ id: 0n, ...none, ...data, ledger, code: 1 }])
  return Number(refusal?.timestamp) / 1e6
}
