/**
 * Goal: a reader's own test body is run through every interleaving of its statements: one with a race fails with the shortest schedule
 * and fails again when that is replayed; one without is proved; and where nothing can be proved, the reader is told why.
 * Method: bodies as readers write them, with pg, Kysely, Drizzle, Knex and ioredis, on the real engines.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { eq } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { integer, pgTable, text } from 'drizzle-orm/pg-core'
import type { Kysely } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Body, BodyClient, BodyExplored, BodyOptions } from '../../harness/testing/bodies/body.ts'
import { exploreOnEngines } from '../../harness/testing/bodies/explore.ts'
import { missChance } from '../../harness/testing/bodies/random-order.ts'
import { openForTests } from '../../harness/testing/open-for-tests.ts'
import { FULL } from '../size.ts'

type Opened = Awaited<ReturnType<typeof openForTests>>

let opened: Opened
beforeAll(async () => {
  opened = await openForTests(['postgres', 'redis'])
})
afterAll(() => opened[Symbol.asyncDispose]())

const SEATS: BodyOptions = {
  engines: ['postgres'],
  name: 'the last seat',
  setup: ({ pg }) => pg.query('create table seat (id integer primary key, buyer text)'),
  before: ({ pg }) => pg.query('insert into seat values (1, null)'),
}

const explored = (body: Body, options: Partial<BodyOptions> = {}): Promise<BodyExplored> =>
  exploreOnEngines(opened.engines, body, { ...SEATS, ...options })

async function failureOf(exploring: Promise<BodyExplored>): Promise<Error> {
  const ended = await exploring.catch((error: Error) => error)
  if (ended instanceof Error) return ended
  throw new Error(`it did not fail: ${ended.text}`)
}

/** Check, then act. */
async function naive({ name, pg }: BodyClient): Promise<boolean> {
  const { rows } = await pg.query('select buyer from seat where id = 1')
  if (rows[0].buyer !== null) return false
  await pg.query('update seat set buyer = $1 where id = 1', [name])
  return true
}

async function locking({ name, pg }: BodyClient): Promise<boolean> {
  const connection = await pg.connect()
  try {
    await connection.query('begin')
    const { rows } = await connection.query('select buyer from seat where id = 1 for update')
    const isFree = rows[0].buyer === null
    if (isFree) await connection.query('update seat set buyer = $1 where id = 1', [name])
    await connection.query('commit')
    return isFree
  } finally {
    connection.release()
  }
}

interface Tables {
  readonly seat: { readonly id: number; readonly buyer: string | null }
}

function byKysely(kysely: Kysely<Tables>, name: string): Promise<boolean> {
  return kysely.transaction().execute(async (transaction) => {
    const { numUpdatedRows } = await transaction
      .updateTable('seat')
      .set({ buyer: name })
      .where('id', '=', 1)
      .where('buyer', 'is', null)
      .executeTakeFirstOrThrow()
    return numUpdatedRows === 1n
  })
}

const soldOnce =
  (buy: (client: BodyClient) => Promise<boolean>, names: readonly string[] = ['alice', 'bob']): Body =>
  async ({ client }) => {
    const sold = await Promise.all(names.map((name) => buy(client(name))))
    expect(sold.filter(Boolean)).toHaveLength(1)
  }

describe('a body on PostgreSQL', () => {
  it('that checks, then acts fails with the shortest schedule, the reader’s error, and what replays it', async () => {
    const failure = await failureOf(explored(soldOnce(naive)))
    expect(failure.message).toContain('fails in 4 of 6 schedules; this is the shortest, of 4 steps')
    expect(failure.message).toMatch(/alice\s+│ update seat set buyer = 'alice'/)
    expect(failure.message).toMatch(/AssertionError: expected .* length of 1 but got 2/)
    expect(failure.message).toContain('bodies.test.ts')
    expect(failure.cause).toMatchObject({ name: 'AssertionError' })
    const key = /HOLDFAST_REPLAY='(\S+)' npx vitest run test\/testing\/bodies\.test\.ts/.exec(
      failure.message,
    )?.[1]
    expect(key).toBe('body/v1/the-last-seat/1.2.2.1')
    const replay = key ?? ''
    const again = await failureOf(explored(soldOnce(naive), { replay }))
    expect(again.message).toContain('Replayed, the body fails:')
    expect(await explored(soldOnce(locking), { replay })).toMatchObject({ outcome: 'replayed' })
    expect(await explored(soldOnce(naive), { replay, name: 'another' })).toMatchObject({ outcome: 'not-run' })
  })

  it('that locks the row is proved, with pg and with Kysely', async () => {
    expect(await explored(soldOnce(locking))).toMatchObject({ outcome: 'proved', clients: ['alice', 'bob'] })
    const kysely = soldOnce((client) => byKysely(client.kysely<Tables>(), client.name))
    expect(await explored(kysely)).toMatchObject({ outcome: 'proved' })
  })

  it('gives the same answer with fewer schedules where the clients share nothing', FULL, async () => {
    const every = await explored(soldOnce(locking))
    const fewer = await explored(soldOnce(locking), { clientsShareNothing: true })
    expect(fewer.schedules).toBeLessThan(every.schedules)
    const failure = await failureOf(explored(soldOnce(naive), { clientsShareNothing: true }))
    expect(failure.message).toContain('of 4 steps')
  })

  it('takes no two tables for independent that a trigger connects', FULL, async () => {
    const failure = await failureOf(
      explored(
        async ({ client }) => {
          const read = async () => (await client('bob').pg.query('select n from counter')).rows[0].n
          const [, n] = await Promise.all([client('alice').pg.query('insert into hold values (1)'), read()])
          expect(n).toBe(1)
        },
        {
          clientsShareNothing: true,
          setup: ({ pg }) =>
            pg.query(`
              create table hold (id integer primary key);
              create table counter (n integer not null);
              create function counted() returns trigger language plpgsql as $$ begin update counter set n = n + 1; return new; end $$;
              create trigger counted after insert on hold for each row execute function counted()`),
          before: ({ pg }) => pg.query('insert into counter values (0)'),
        },
      ),
    )
    expect(failure.message).toContain('fails in 1 of 2 schedules')
  })

  it('waits for a body that sleeps between two statements', FULL, async () => {
    const sleeping = soldOnce(async (client) => {
      await client.pg.query('select 1')
      await delay(3)
      return naive(client)
    })
    expect((await failureOf(explored(sleeping))).message).toContain('of 6 steps')
  })

  it('finds in random schedules what it would take too long to find in all', FULL, async () => {
    const names = Array.from({ length: 8 }, (_, at) => `buyer-${at}`)
    const random = { schedules: 50, seed: 5, depth: 2 }
    const failure = await failureOf(explored(soldOnce(naive, names), { random }))
    expect(failure.message).toContain('this is the first')
    const right = await explored(soldOnce(locking, names), { random: { ...random, schedules: 5 } })
    expect(right).toMatchObject({ outcome: 'not-found', schedules: 5 })
    expect(right.limits[0]).toMatch(/seed 5: .* is missed with a chance of at most [\d.]+ %/)
  })
})

describe('an event that the explorer puts between two statements', () => {
  const PAYMENTS: Partial<BodyOptions> = {
    name: 'a payment',
    setup: ({ pg }) => pg.query('create table payment (id integer not null)'),
    before: () => {},
    after: async ({ pg }) => expect((await pg.query('select from payment')).rowCount).toBe(1),
  }

  it('is the answer to a statement that is lost: code that tries again must know what it did', async () => {
    const twice = async ({ pg }: BodyClient, text: string) => pg.query(text).catch(() => pg.query(text))
    const naively: Body = ({ client }) => twice(client('alice'), 'insert into payment values (1)')
    const events = { answerLost: true }
    const failure = await failureOf(explored(naively, { ...PAYMENTS, events }))
    expect(failure.message).toContain('* the answer to the next statement of alice is lost')
    const replay = /HOLDFAST_REPLAY='(\S+)'/.exec(failure.message)?.[1] ?? 'none'
    expect(replay).toBe('body/v1/a-payment/a1.1.1')
    const again = await failureOf(explored(naively, { ...PAYMENTS, events, replay }))
    expect(again.message).toContain('Replayed, the body fails:')
    const once: Body = ({ client }) =>
      twice(
        client('alice'),
        'insert into payment select 1 where not exists (select from payment where id = 1)',
      )
    const proved = await explored(once, { ...PAYMENTS, events })
    expect(proved).toMatchObject({ outcome: 'proved', schedules: 2 })
    expect(proved.limits).toContain('At most once in a schedule an answer is lost with its connection.')
  })

  it(
    'is a connection that is cut: what was not committed is undone, and a new one is as good',
    FULL,
    async () => {
      const both = async ({ pg }: BodyClient, begin: string, end: string) => {
        const connection = await pg.connect()
        try {
          for (const text of [begin, 'insert into payment values (1)', 'insert into payment values (2)', end])
            await connection.query(text)
        } catch {
          // It is told elsewhere that nothing was paid.
        } finally {
          connection.release()
        }
        await pg.query('select 1')
      }
      const events = { connectionCut: true }
      const allOrNothing: Partial<BodyOptions> = {
        ...PAYMENTS,
        events,
        after: async ({ pg }) => expect((await pg.query('select from payment')).rowCount).not.toBe(1),
      }
      const failure = await failureOf(
        explored(({ client }) => both(client('alice'), 'select 1', 'select 1'), allOrNothing),
      )
      expect(failure.message).toContain('* the connections of alice are cut')
      expect(failure.message).toContain('Connection terminated unexpectedly')
      const right: Body = ({ client }) => both(client('alice'), 'begin', 'commit')
      expect(await explored(right, allOrNothing)).toMatchObject({ outcome: 'proved' })
    },
  )

  it('is time that passes, on the clock of the engine and of the process', FULL, async () => {
    const HOLDS: Partial<BodyOptions> = {
      name: 'a hold',
      setup: ({ pg }) =>
        pg.query(
          'create table hold (who text, is_sold boolean, until timestamptz default current_timestamp)',
        ),
      before: ({ pg }) =>
        pg.query(`insert into hold values ('alice', false, current_timestamp + interval '30 s')`),
      events: { timePassesMs: 60_000 },
    }
    const takesOver = async ({ pg }: BodyClient) =>
      (await pg.query(`update hold set who = 'bob' where not is_sold and until < clock_timestamp()`)).rowCount
    const sells =
      (condition: string) =>
      async ({ pg }: BodyClient) => {
        const { rowCount } = await pg.query('select from hold where until > clock_timestamp()')
        if (rowCount === 0) return 0
        return (await pg.query(`update hold set is_sold = true where ${condition}`)).rowCount
      }
    const oneOfThem =
      (sell: (client: BodyClient) => Promise<number | null>): Body =>
      async ({ client }) => {
        const done = await Promise.all([sell(client('alice')), takesOver(client('bob'))])
        expect(done).not.toEqual([1, 1])
      }
    const failure = await failureOf(explored(oneOfThem(sells('true')), HOLDS))
    expect(failure.message).toContain('* 60 s pass')
    const right = oneOfThem(sells(`who = 'alice' and until > clock_timestamp()`))
    expect(await explored(right, HOLDS)).toMatchObject({ outcome: 'proved' })
    const reads: Body = async ({ client }) => {
      const beganMs = Date.now()
      await client('alice').pg.query('select 1')
      expect(Date.now() - beganMs).toBeLessThan(30_000)
    }
    expect((await failureOf(explored(reads, HOLDS))).message).toContain('* 60 s pass')
  })

  it('is told what it can be', async () => {
    const events = { timePassesMs: 0 }
    await expect(explored(() => {}, { events })).rejects.toThrow('timePassesMs is a whole number from 1 on')
    const others = { answersLost: true } as BodyOptions['events']
    await expect(explored(() => {}, { ...(others && { events: others }) })).rejects.toThrow(
      'no option is called "answersLost": there are timePassesMs, connectionCut, answerLost',
    )
  })
})

describe('a query builder on the connections of a client', FULL, () => {
  const seat = pgTable('seat', { id: integer().primaryKey(), buyer: text() })
  type Buy = (client: BodyClient) => Promise<boolean>
  const builders: Readonly<Record<string, { readonly racy: Buy; readonly right: Buy }>> = {
    Drizzle: {
      async racy({ name, pg }) {
        const db = drizzle({ client: pg })
        const [found] = await db.select().from(seat).where(eq(seat.id, 1))
        if (found?.buyer !== null) return false
        await db.update(seat).set({ buyer: name }).where(eq(seat.id, 1))
        return true
      },
      right: ({ name, pg }) =>
        drizzle({ client: pg }).transaction(async (tx) => {
          const [found] = await tx.select().from(seat).where(eq(seat.id, 1)).for('update')
          if (found?.buyer !== null) return false
          await tx.update(seat).set({ buyer: name }).where(eq(seat.id, 1))
          return true
        }),
    },
    Knex: {
      async racy({ name, knex }) {
        const found = await knex()('seat').where({ id: 1 }).first()
        if (found.buyer !== null) return false
        await knex()('seat').where({ id: 1 }).update({ buyer: name })
        return true
      },
      right: ({ name, knex }) =>
        knex().transaction(async (trx) => {
          const found = await trx('seat').where({ id: 1 }).forUpdate().first()
          if (found.buyer !== null) return false
          await trx('seat').where({ id: 1 }).update({ buyer: name })
          return true
        }),
    },
  }

  it.for(Object.entries(builders))(
    '%s: a race is found and replayed, and a transaction that locks the row is proved',
    async ([, { racy, right }]) => {
      const failure = await failureOf(explored(soldOnce(racy)))
      expect(failure.message).toContain('fails in 4 of 6 schedules; this is the shortest, of 4 steps')
      const replay = /HOLDFAST_REPLAY='(\S+)'/.exec(failure.message)?.[1] ?? 'none'
      const again = await failureOf(explored(soldOnce(racy), { replay }))
      expect(again.message).toContain('Replayed, the body fails:')
      expect(await explored(soldOnce(right))).toMatchObject({ outcome: 'proved' })
    },
  )
})

describe('what proves nothing', () => {
  const reasonOf = async (body: Body, options: Partial<BodyOptions> = {}): Promise<string> =>
    (await failureOf(explored(body, options))).message

  it('is a body that uses a connection of its own, opened in it or before', FULL, async () => {
    const free = new pg.Client({ host: '127.0.0.1', port: 1 })
    expect(
      await reasonOf(({ client }) => Promise.all([naive(client('alice')), free.connect().catch(() => {})])),
    ).toContain('opened a connection of its own')
    const { createServer, connect } = await import('node:net')
    const server = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1')
    await new Promise((listening) => server.once('listening', listening))
    const { port } = server.address() as { readonly port: number }
    const socket = connect(port, '127.0.0.1')
    await new Promise((connected) => socket.once('connect', connected))
    try {
      const asks: Body = async ({ client }) => {
        await naive(client('alice'))
        const heard = new Promise((resolve) => socket.once('data', resolve))
        socket.write('?')
        await heard
      }
      expect(await reasonOf(asks)).toContain('opened outside it')
    } finally {
      socket.destroy()
      server.close()
    }
  })

  it('is a body whose clients never meet, or that asks nothing, or never ends', FULL, async () => {
    const inTurn: Body = async ({ client }) => {
      await naive(client('alice'))
      await naive(client('bob'))
    }
    expect(await reasonOf(inTurn)).toContain('no two clients ever had a statement to make at the same time')
    expect(await reasonOf(() => 1)).toContain('no statement of the body passed')
    const endless: Body = ({ client }) => Promise.all([naive(client('alice')), new Promise(() => {})])
    expect(await reasonOf(endless, { patienceMs: 100 })).toContain('neither sent a statement nor ended')
  })

  it('is a search that was ended', async () => {
    expect(await reasonOf(soldOnce(locking), { schedulesMax: 3 })).toContain('ended after 3 schedules')
  })

  it('is set-up whose rows would be gone', async () => {
    const options: Partial<BodyOptions> = {
      setup: async ({ pg }) => {
        await pg.query(
          'create table seat (id integer primary key, buyer text); insert into seat values (1, null)',
        )
      },
    }
    expect(await reasonOf(soldOnce(naive), options)).toContain('setup has put rows into seat')
  })
})

describe('a body on Redis', () => {
  const REDIS: BodyOptions = {
    name: 'a seat key',
    engines: ['redis'],
    setup: () => {},
    before: ({ redis }) => redis.set('left', '1'),
  }
  const onRedis = (buy: (client: BodyClient) => Promise<boolean>) => explored(soldOnce(buy), REDIS)

  it('that reads, then writes fails; one that asks for the key alone is proved', async () => {
    const failure = await failureOf(
      onRedis(async ({ redis }) => {
        if ((await redis.get('left')) === '0') return false
        await redis.set('left', '0')
        return true
      }),
    )
    expect(failure.message).toContain('of 4 steps')
    const right = await onRedis(async ({ name, redis }) => (await redis.set('seat', name, 'NX')) === 'OK')
    expect(right).toMatchObject({ outcome: 'proved', schedules: 2 })
  })

  it('lets time pass and answers be lost there, too', FULL, async () => {
    const leased: Partial<BodyOptions> = {
      ...REDIS,
      before: ({ redis }) => redis.set('lease', 'bob', 'PX', 30_000),
    }
    const takes: Body = async ({ client }) => {
      const { redis } = client('alice')
      const taken = await redis.set('lease', 'alice', 'NX').catch(() => redis.set('lease', 'alice', 'NX'))
      expect(taken).toBe(null)
    }
    const passed = await failureOf(explored(takes, { ...leased, events: { timePassesMs: 60_000 } }))
    expect(passed.message).toContain('* 60 s pass')
    expect(await explored(takes, { ...leased, events: { answerLost: true } })).toMatchObject({
      outcome: 'proved',
    })
  })

  it('gives each client a connection of its own, so that WATCH and MULTI are its own', FULL, async () => {
    const watching = await onRedis(async ({ redis }) => {
      await redis.watch('left')
      if ((await redis.get('left')) === '0') return false
      return (await redis.multi().set('left', '0').exec()) !== null
    })
    expect(watching.outcome).toBe('proved')
  })
})

describe('code that opens its connections itself', FULL, () => {
  const connecting =
    (buy: (client: pg.Client) => Promise<boolean>) =>
    async (client: BodyClient): Promise<boolean> => {
      const own = new pg.Client(await client.postgresUrl())
      await own.connect()
      try {
        return await buy(own)
      } finally {
        await own.end()
      }
    }
  const checksThenActs = connecting(async (own) => {
    const { rows } = await own.query('select buyer from seat where id = $1', [1])
    if (rows[0].buyer !== null) return false
    await own.query({ name: 'buy', text: 'update seat set buyer = $1 where id = $2', values: ['me', 1] })
    return true
  })

  it('is explored by the address of each client, too, and is said to be seen, not proved', async () => {
    const failure = await failureOf(explored(soldOnce(checksThenActs)))
    expect(failure.message).toContain('of 4 steps')
    expect(failure.message).toMatch(/alice\s+│ update seat set buyer = 'me' where id = /)
    const replay = /HOLDFAST_REPLAY='(\S+)'/.exec(failure.message)?.[1] ?? 'none'
    expect((await failureOf(explored(soldOnce(checksThenActs), { replay }))).message).toContain('Replayed')
    const right = connecting(async (own) => {
      await own.query('begin')
      const { rows } = await own.query('select buyer from seat where id = 1 for update')
      if (rows[0].buyer === null) await own.query("update seat set buyer = 'me' where id = 1")
      await own.query('commit')
      return rows[0].buyer === null
    })
    const seen = await explored(soldOnce(right))
    expect(seen).toMatchObject({ outcome: 'not-found' })
    expect(seen.limits[0]).toContain('asks nothing for 50 ms')
  })

  it('gets the errors of the server, and loses its connection where an answer is lost', async () => {
    const refused: Body = async ({ client }) => {
      const own = new pg.Client(await client('alice').postgresUrl())
      own.on('error', () => {})
      await own.connect()
      await expect(own.query('select 1 / 0')).rejects.toMatchObject({ code: '22012' })
      await own.end()
    }
    const failure = await failureOf(explored(refused, { events: { answerLost: true } }))
    expect(failure.message).toContain('* the answer to the next statement of alice is lost')
  })
})

describe('the chance of a miss', () => {
  it('is that of all runs together, and a run that was longer than planned promises nothing', () => {
    expect(missChance([{ planned: 4, steps: 4 }], 2, 1)).toBeCloseTo(1 / 2)
    expect(
      missChance(
        [
          { planned: 4, steps: 4 },
          { planned: 4, steps: 3 },
        ],
        2,
        2,
      ),
    ).toBeCloseTo((7 / 8) ** 2)
    expect(missChance([{ planned: 4, steps: 5 }], 2, 2)).toBe(1)
  })
})
