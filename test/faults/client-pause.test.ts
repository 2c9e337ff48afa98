/**
 * Goal: what a pause does to each strategy is what it promises. Method: Alice stops between two steps until Bob has gone past
 * her, as he can once her lease has ended or at once where there is none; then she goes on. Both sell what they got.
 */

import { describe, expect, test } from 'vitest'
import {
  gate,
  locksRows,
  SHORT_TTL_MS,
  until,
  untilPast,
  waiters,
} from '../../harness/conformance/subject.ts'
import type { PostgresNamespace } from '../../harness/engines/postgres/namespace.ts'
import { registry, type StrategyEntry } from '../../strategies/registry.ts'
import { sizeOf } from '../size.ts'
import { withEngines } from '../with-engines.ts'
import { type Pause, pausingPostgres, pausingRedis } from './pauses.ts'
import { type Buyer, ScriptedTrial } from './scripted-trial.ts'

const opened = await withEngines(['postgres', 'redis'])

/** Where a buyer can be stopped in the middle of a hold. */
const places: Readonly<Record<string, (trial: ScriptedTrial) => Promise<{ alice: Buyer; pause: Pause }>>> = {
  async 'between read and write'(trial) {
    const { arrivals, pass, open } = gate()
    const once = () => (arrivals() === 0 ? pass() : Promise.resolve())
    return {
      alice: await trial.buyer({ criticalSection: once }),
      pause: { isReached: () => arrivals() > 0, end: open },
    }
  },
  async 'before the commit'(trial) {
    const { postgres, ...pause } = pausingPostgres(poolOf(trial), /^commit/i)
    return { alice: await trial.buyer({ connections: { postgres } }), pause }
  },
}

function poolOf({ ground }: ScriptedTrial) {
  const namespace = ground.namespaces.get('postgres')
  if (namespace === undefined) throw new Error('there is no PostgreSQL here')
  return (namespace as PostgresNamespace).pool
}

/** What the history says after Alice paused at that place, and how many units were then sold of one. */
async function verdictAfterPause(entry: StrategyEntry, place: string) {
  let verdict: Awaited<ReturnType<ScriptedTrial['judge']>> | undefined
  await ScriptedTrial.run(entry, opened.engines, 1, async (trial) => {
    const { alice, pause } = (await places[place]?.(trial)) ?? expect.fail(`no place is called ${place}`)
    const bob = await trial.buyer()
    const hers = alice.hold()
    await until('Alice to stand still', () => pause.isReached())

    let isBobServed = false
    const his = (async () => {
      for (;;) {
        const outcome = await bob.hold()
        // A buyer that polls for a lease gets it when hers has ended; one that meets her lock in the database gets an answer.
        if (outcome.kind !== 'contended' || entry.promises.contention !== 'polls') return outcome
      }
    })().finally(() => {
      isBobServed = true
    })
    await until(
      'Bob to be served, or to stand behind Alice’s lock',
      async () => isBobServed || (await waiters({ ground: trial.ground })) > 0,
    )
    pause.end()
    for (const [buyer, got] of [
      [alice, await hers],
      [bob, await his],
    ] as const) {
      if (got.kind === 'held') await buyer.confirm(got.id)
    }
    verdict = await trial.judge()
  })
  return verdict ?? expect.fail('nothing was played')
}

/** A hold by conditional update is one statement: there is nothing in it to stop at. */
const isOneStep = ({ name }: StrategyEntry) => name.startsWith('postgres-conditional-update')

const inPostgres = registry.filter(
  (entry) => locksRows(entry) && entry.promises.safe !== 'never' && !isOneStep(entry),
)
const holding = inPostgres.filter(({ promises }) => !promises.unsafeUnder.includes('client-pause'))
const overselling = inPostgres.filter(({ promises }) => promises.unsafeUnder.includes('client-pause'))

describe.skipIf(opened.lacks(['redis']))('a pause in the middle of a hold', () => {
  for (const entry of holding) {
    for (const place of Object.keys(places)) {
      test.concurrent(`${place}, ${entry.name} sells the seat once`, sizeOf(entry), async () => {
        const { verdict, oversoldUnits, text } = await verdictAfterPause(entry, place)
        expect({ verdict, oversoldUnits }, text).toEqual({ verdict: 'valid', oversoldUnits: 0 })
      })
    }
  }

  test.concurrent.for([
    { name: 'redis-setnx', place: 'between read and write' },
    { name: 'redlock', place: 'before the commit' },
  ])('$place, $name sells the seat twice, and is convicted', async ({ name, place }) => {
    const entry = overselling.find((each) => each.name === name) ?? expect.fail(`${name} does not declare it`)
    const { verdict, oversoldUnits, violations } = await verdictAfterPause(entry, place)
    expect({ verdict, oversoldUnits }).toEqual({ verdict: 'invalid', oversoldUnits: 1 })
    expect(violations[0]).toMatchObject({
      rule: 'O1',
      kind: 'oversell',
      holdIds: [expect.any(String), expect.any(String)],
    })
  })

  test('those that declare it are exactly those that are convicted here', () => {
    expect(overselling.map(({ name }) => name).toSorted()).toEqual(['redis-setnx', 'redlock'])
  })

  test('redlock notices a pause between read and write, since it looks at the validity that is left', async () => {
    const entry = overselling.find((each) => each.name === 'redlock') ?? expect.fail('there is no redlock')
    const { verdict, text } = await verdictAfterPause(entry, 'between read and write')
    expect(verdict, text).toBe('valid')
  })
})

describe.skipIf(opened.lacks(['redis']))('a pause in the middle of a sale, redis-seat-key', () => {
  const seatKey =
    registry.find((entry) => entry.name === 'redis-seat-key') ?? expect.fail('there is no redis-seat-key')

  test('after the key was made permanent, past the deadline: nobody else gets the seat, and the sale goes through', async () => {
    await ScriptedTrial.run(seatKey, opened.engines, 1, async (trial) => {
      const { postgres, ...pause } = pausingPostgres(poolOf(trial), /insert into sale/)
      const alice = await trial.buyer({ connections: { postgres } })
      const bob = await trial.buyer()
      const held = await alice.hold({ ttlMs: SHORT_TTL_MS })
      const confirm = alice.confirm(held.id)
      await until('Alice to stand still', () => pause.isReached())
      await untilPast({ ground: trial.ground }, held.kind === 'held' ? held.deadlineMs : Number.NaN)
      expect(await bob.hold()).toMatchObject({ kind: 'sold-out' })
      pause.end()
      expect(await confirm).toEqual({ kind: 'confirmed' })
      const { verdict, text } = await trial.judge()
      expect(verdict, text).toBe('valid')
    })
  })

  test('before anything was sent, past the deadline: the next buyer has the seat, and the sale is refused', async () => {
    await ScriptedTrial.run(seatKey, opened.engines, 1, async (trial) => {
      const [client] = trial.ground.connections.redis ?? expect.fail('there is no Redis here')
      const held = await (await trial.buyer()).hold({ ttlMs: SHORT_TTL_MS })
      const { redis, ...pause } = pausingRedis(client, /^evalsha/)
      const alice = await trial.buyer({ connections: { redis: [redis] } })
      const confirm = alice.confirm(held.id)
      await until('Alice to stand still', () => pause.isReached())
      await untilPast({ ground: trial.ground }, held.kind === 'held' ? held.deadlineMs : Number.NaN)
      const bob = await trial.buyer()
      const his = await bob.hold()
      expect(his).toMatchObject({ kind: 'held' })
      pause.end()
      expect(await confirm).toEqual({ kind: 'gone' })
      expect(await bob.confirm(his.id)).toEqual({ kind: 'confirmed' })
      const { verdict, text } = await trial.judge()
      expect(verdict, text).toBe('valid')
    })
  })
})
