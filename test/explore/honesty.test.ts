/**
 * Goal: what the explorer cannot repeat or finish it does not call proved, and what a call leaves behind it
 * sees. Method: strategies made for it.
 */
import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { entryFor } from '../../harness/entries/entry.ts'
import { explore } from '../../harness/explore/explore.ts'
import { scenarios } from '../../harness/explore/scenario.ts'
import { type Connections, registry } from '../../strategies/registry.ts'
import type { ReservationStrategy, StrategySettings } from '../../strategies/strategy.ts'
import { withEngines } from '../with-engines.ts'

const opened = await withEngines(['postgres'])
const hold = scenarios.find(({ name }) => name === 'hold') ?? expect.fail('there is no hold')
const settings = { clients: 2, schedulesMax: 1_000 }

type Before = (postgres: Kysely<unknown>) => Promise<void>

/** The conditional update, and something else before each hold. */
function preceded(name: string, before: Before, ledger?: string) {
  return entryFor({
    name,
    engines: ['postgres'],
    ...(ledger !== undefined && { ledger }),
    async create(connections: Connections, given: StrategySettings): Promise<ReservationStrategy> {
      const right = registry.find((entry) => entry.name === 'postgres-conditional-update')
      const { postgres } = connections
      if (right === undefined || postgres === undefined) return expect.fail('there is no PostgreSQL')
      const strategy = await right.open(connections, given)
      return {
        ...strategy,
        async hold(request) {
          await before(postgres)
          return strategy.hold(request)
        },
      }
    },
  })
}

test('steps that depend on more than the schedule prove nothing', async () => {
  let asked = 0
  const fickle = preceded('fickle', async (postgres) => {
    const columns = Array.from({ length: ++asked }, (_, at) => sql.lit(at))
    await sql`select ${sql.join(columns)}`.execute(postgres)
  })
  const found = await explore(fickle, opened.engines, hold, settings)
  expect(found).toMatchObject({ outcome: 'unknown', asPromised: false })
  expect(found.reasons.join(' ')).toMatch(/after the same steps/)
})

test('values that differ from run to run are named, and disturb nothing', async () => {
  let asked = 0
  const counting = preceded('counting', async (postgres) => {
    await sql`select ${sql.lit(++asked)} as asked, clock_timestamp()::text as clock`.execute(postgres)
  })
  const found = await explore(counting, opened.engines, hold, settings)
  expect(found).toMatchObject({ outcome: 'proved', reasons: [] })
  expect(found.varied.join(' ')).toMatch(/select \d+ as asked/)
})

test('an answer that differs for no reason proves nothing', async () => {
  let asked = 0
  const moody = preceded('moody', async (postgres) => {
    await sql`select ${sql.lit(asked++)} > 4 as mood`.execute(postgres)
  })
  const found = await explore(moody, opened.engines, hold, settings)
  expect(found).toMatchObject({ outcome: 'unknown' })
  expect(found.reasons.join(' ')).toMatch(/was answered \[1: mood: \w+\], and after the same steps/)
})

test('an exploration that was ended early proves nothing', async () => {
  const found = await explore(
    preceded('patient', async () => {}),
    opened.engines,
    hold,
    // Everything that comes to the same would be left out, and one schedule be all there is.
    { ...settings, schedulesMax: 1, prunes: 'nothing' },
  )
  expect(found).toMatchObject({ outcome: 'unknown', schedules: 1 })
})

test('an advisory lock that is left in a session is seen, in the schedule that left it', async () => {
  const found = await explore(preceded('leaving', leaveALock, 'counter-rows'), opened.engines, hold, settings)
  expect(found).toMatchObject({ outcome: 'violated', overselling: 0, asPromised: false })
  expect(found.conviction).toContain('an advisory lock was left behind in a session')
})

test('and so is one of a strategy whose store cannot be read', async () => {
  const found = await explore(preceded('leaving', leaveALock), opened.engines, hold, settings)
  expect(found).toMatchObject({ outcome: 'violated', overselling: 0, asPromised: false })
  expect(found.conviction).toContain('an advisory lock was left behind in a session')
})

async function leaveALock(postgres: Kysely<unknown>): Promise<void> {
  await sql`select pg_advisory_lock_shared(1)`.execute(postgres)
}

test('a transaction that is left open is seen, and ended', async () => {
  const leaving = preceded(
    'leaving',
    async (postgres) => {
      await postgres.startTransaction().execute()
    },
    'counter-rows',
  )
  const found = await explore(leaving, opened.engines, hold, settings)
  expect(found).toMatchObject({ outcome: 'violated', asPromised: false })
  expect(found.conviction).toContain('never released to the pool')
})

test('a violation comes with its diagram', async () => {
  const naive = registry.find(({ name }) => name === 'postgres-naive') ?? expect.fail('there is no control')
  const found = await explore(naive, opened.engines, hold, settings)
  expect(found.diagramSvg).toMatch(/^<svg [\s\S]*seat has 1 unit, but 2 were taken[\s\S]*<\/svg>\n$/)
})
