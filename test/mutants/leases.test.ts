/**
 * Goal: a lease that is released or trusted wrongly is caught, and the right one is not, in the very same play. Method: two
 * plays, step by step, on the real engines; what happened is recorded and judged.
 */
import { describe, expect, test } from 'vitest'
import { gate, until } from '../../harness/conformance/subject.ts'
import { counterRows } from '../../strategies/ledgers/registry.ts'
import { on, registry, type StrategyEntry, type StrategyModule } from '../../strategies/registry.ts'
import { pausingRedis } from '../faults/pauses.ts'
import { type Buyer, ScriptedTrial } from '../faults/scripted-trial.ts'
import { FULL } from '../size.ts'
import { withEngines } from '../with-engines.ts'
import { getThenDel, redlockWithoutValidity, unlockWithoutToken } from './leases.ts'

const opened = await withEngines(['postgres', 'redis'])

function mutant(name: string, module: StrategyModule<'postgres' | 'redis'>): StrategyEntry {
  return on(['postgres', 'redis'], counterRows, name, 'a mutant', async () => module, { contention: 'polls' })
}

function theRightOne(name: string): StrategyEntry {
  return registry.find((entry) => entry.name === name) ?? expect.fail(`there is no ${name}`)
}

type Judged = Awaited<ReturnType<ScriptedTrial['judge']>>

async function played(
  entry: StrategyEntry,
  capacity: number,
  play: (trial: ScriptedTrial) => Promise<void>,
): Promise<Judged> {
  let verdict: Judged | undefined
  await ScriptedTrial.run(entry, opened.engines, capacity, async (trial) => {
    await play(trial)
    verdict = await trial.judge()
  })
  return verdict ?? expect.fail('nothing was played')
}

/** Until somebody else's lease has ended, or has been freed. */
async function servedAt(buyer: Buyer) {
  for (;;) {
    const outcome = await buyer.hold()
    if (outcome.kind !== 'contended') return outcome
  }
}

/**
 * Two units. Alice has one and stops while she releases her lease, at the command that deletes; it ends meanwhile. Bob takes
 * the lease and reads that one unit is left. Alice goes on. Carol comes: is Bob's lease still there?
 */
function aliceGivesBackLate(entry: StrategyEntry, atCommand: RegExp): Promise<Judged> {
  return played(entry, 2, async (trial) => {
    const [client] = trial.ground.connections.redis ?? expect.fail('there is no Redis here')
    const { redis, ...late } = pausingRedis(client, atCommand)
    const alice = await trial.buyer({ connections: { redis: [redis] } })
    const { arrivals, pass, open } = gate()
    const bob = await trial.buyer({ criticalSection: () => (arrivals() === 0 ? pass() : Promise.resolve()) })
    const carol = await trial.buyer()

    const hers = alice.hold()
    await until('Alice to stand still', () => late.isReached())
    const his = servedAt(bob)
    await until('Bob to have read', () => arrivals() > 0)
    late.end()
    await hers
    const third = await carol.hold()
    open()
    for (const [buyer, got] of [
      [alice, await hers],
      [bob, await his],
      [carol, third],
    ] as const) {
      if (got.kind === 'held') await buyer.confirm(got.id)
    }
  })
}

/** One unit. Alice reads, stops past her lease, and writes; Bob has been served in between. */
function aliceWritesLate(entry: StrategyEntry): Promise<Judged> {
  return played(entry, 1, async (trial) => {
    const { arrivals, pass, open } = gate()
    const alice = await trial.buyer({
      criticalSection: () => (arrivals() === 0 ? pass() : Promise.resolve()),
    })
    const bob = await trial.buyer()
    const hers = alice.hold()
    await until('Alice to have read', () => arrivals() > 0)
    const his = await servedAt(bob)
    open()
    for (const [buyer, got] of [
      [alice, await hers],
      [bob, his],
    ] as const) {
      if (got.kind === 'held') await buyer.confirm(got.id)
    }
  })
}

describe.skipIf(opened.lacks(['redis']))('a lease released late', () => {
  test('without comparing the token, it is somebody else’s, and a unit is sold that is not there', async () => {
    const { verdict, oversoldUnits } = await aliceGivesBackLate(
      mutant('unlock-without-token', unlockWithoutToken),
      /^del /,
    )
    expect({ verdict, oversoldUnits }).toEqual({ verdict: 'invalid', oversoldUnits: 1 })
  })

  test('compared and deleted in two commands, likewise', FULL, async () => {
    const { verdict, oversoldUnits } = await aliceGivesBackLate(mutant('get-then-del', getThenDel), /^del /)
    expect({ verdict, oversoldUnits }).toEqual({ verdict: 'invalid', oversoldUnits: 1 })
  })

  test('compared and deleted by one command, it is left alone', FULL, async () => {
    const { verdict, text } = await aliceGivesBackLate(theRightOne('redis-setnx'), /^call DELIFEQ /)
    expect(verdict, text).toBe('valid')
  })
})

describe.skipIf(opened.lacks(['redis']))('a lock that has ended', () => {
  test('trusted all the same, it sells the seat twice', async () => {
    const entry = mutant('redlock-without-validity', redlockWithoutValidity)
    const { verdict, oversoldUnits } = await aliceWritesLate(entry)
    expect({ verdict, oversoldUnits }).toEqual({ verdict: 'invalid', oversoldUnits: 1 })
  })

  test('looked at before the commit, it is noticed', FULL, async () => {
    const { verdict, text } = await aliceWritesLate(theRightOne('redlock'))
    expect(verdict, text).toBe('valid')
  })
})
