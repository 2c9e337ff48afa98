/**
 * Goal: each fault of the network comes to what it must. An answer that was lost is unknown to its caller, the call can be sent
 * again under the same id, no unit is held twice or lost, and after the fault everything works.
 * Method: real engines and a proxy before them. Every case expects that its fault has struck.
 */
import { describe, expect, test } from 'vitest'
import { kinds, newHold, until } from '../../harness/conformance/subject.ts'
import { hasStruck, type NetworkFault } from '../../harness/network/conditions.ts'
import type { NetworkProxy } from '../../harness/network/network.ts'
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { HoldOutcome } from '../../strategies/strategy.ts'
import { FULL } from '../size.ts'
import { withEngines } from '../with-engines.ts'
import { answerOf, entryNamed, free, hold, type Played, played } from './played.ts'

const opened = await withEngines(['postgres', 'redis', 'tigerbeetle'])

/** One of each engine in the slice, and the other ways of writing in the full size. */
const SAFE: readonly (readonly [StrategyEntry, object])[] = [
  [entryNamed('postgres-conditional-update'), {}],
  [entryNamed('redis-lua'), {}],
  [entryNamed('postgres-select-for-update'), FULL],
  [entryNamed('postgres-serializable'), FULL],
  [entryNamed('postgres-skip-locked'), FULL],
  [entryNamed('postgres-conditional-update-batched'), FULL],
  [entryNamed('redis-seat-key'), FULL],
]

/** Before the server that decides about a hold. */
function proxyOf({ ground }: Played, { promises, engines }: StrategyEntry): NetworkProxy {
  const [proxy] = ground.network?.proxies.get(promises.clock) ?? []
  return proxy ?? expect.fail(`there is no proxy before ${engines.join()}`)
}

/** Sends a hold again until somebody says what became of it. */
async function settled(on: Played, id: ReturnType<typeof newHold>): Promise<HoldOutcome> {
  let answer: HoldOutcome | undefined
  await until('an answer', async () => {
    answer = await answerOf(hold(on, id))
    return answer !== undefined && answer.kind !== 'contended'
  })
  return answer ?? expect.fail('it has no answer')
}

describe.for(SAFE)('%s', ([entry, size]) => {
  const skip = opened.cannotTest(entry)

  test.skipIf(skip)('an answer that is lost is unknown, and the same id gets it again', size, async () => {
    await played(entry, opened.engines, { capacity: 3 }, async (on) => {
      // What is prepared once for each connection is not part of it.
      await hold(on)
      const fault = await proxyOf(on, entry).inflict({ kind: 'lost-answer', times: 1 })
      const id = newHold()
      expect(await answerOf(hold(on, id))).toBeUndefined()
      expect(await fault.heal()).toMatchObject({ connections: 1, messages: 1 })
      expect(await settled(on, id)).toMatchObject({ kind: 'held' })
      expect(await free(on)).toBe(1)
    })
  })

  test.skipIf(skip)('a request that is lost had no effect, and can be sent again', size, async () => {
    await played(entry, opened.engines, { capacity: 3 }, async (on) => {
      await hold(on)
      const fault = await proxyOf(on, entry).inflict({ kind: 'lost-request', times: 1 })
      const id = newHold()
      expect(await answerOf(hold(on, id))).toBeUndefined()
      expect(await fault.heal()).toMatchObject({ connections: 1, messages: 1 })
      await until('a connection', async () => (await free(on).catch(() => undefined)) === 2)
      expect(await settled(on, id)).toMatchObject({ kind: 'held' })
      expect(await free(on)).toBe(1)
    })
  })

  test.skipIf(skip)('a crowd whose answers are lost is not promised one unit more', size, async () => {
    const capacity = 5
    await played(entry, opened.engines, { capacity }, async (on) => {
      const ids = Array.from({ length: 20 }, () => newHold())
      const fault = await proxyOf(on, entry).inflict({ kind: 'lost-answer', times: 3 })
      const first = await Promise.all(ids.map((id) => answerOf(hold(on, id))))
      expect(hasStruck(await fault.heal())).toBe(true)
      expect(first).toContain(undefined)
      const outcomes: HoldOutcome[] = []
      for (const id of ids) outcomes.push(await settled(on, id))
      expect(kinds(outcomes)).toMatchObject({ held: capacity, 'sold-out': ids.length - capacity })
      // What was promised at first is promised still.
      for (const [at, before] of first.entries())
        if (before?.kind === 'held') expect(outcomes[at]).toMatchObject({ kind: 'held' })
      expect(await free(on)).toBe(0)
      await until('nothing to be left open', async () => (await on.ground.leftOpen()).length === 0)
    })
  })

  test.skipIf(skip)('connections that are cut are replaced', size, async () => {
    await played(entry, opened.engines, { capacity: 3 }, async (on) => {
      await hold(on)
      const cut = await proxyOf(on, entry).inflict({ kind: 'cut' })
      expect(await settled(on, newHold())).toMatchObject({ kind: 'held' })
      expect((await cut.heal()).connections).toBeGreaterThan(0)
    })
  })

  const SILENT: readonly NetworkFault[] = [
    { kind: 'black-hole', toward: 'server' },
    { kind: 'black-hole', toward: 'client' },
    { kind: 'half-open', gone: 'server' },
  ]
  test.skipIf(skip).for(SILENT)(
    'a call into silence ($kind) is unknown when it is told',
    size,
    async (silence) => {
      await played(entry, opened.engines, { capacity: 3 }, async (on) => {
        await hold(on)
        const fault = await proxyOf(on, entry).inflict(silence)
        const id = newHold()
        const call = answerOf(hold(on, id))
        // A half-open connection swallows uncounted.
        if (silence.kind === 'black-hole')
          await until('it to strike', async () => hasStruck(await fault.struck()))
        expect(hasStruck(await fault.heal())).toBe(true)
        // Unless it was sent on a new connection, after the fault was healed.
        expect([undefined, 'held']).toContain((await call)?.kind)
        expect(await settled(on, id)).toMatchObject({ kind: 'held' })
        expect(await free(on)).toBe(1)
      })
    },
  )

  test.skipIf(skip)('a network that stalls and comes back loses nothing', size, async () => {
    await played(entry, opened.engines, { capacity: 3 }, async (on) => {
      await hold(on)
      const fault = await proxyOf(on, entry).inflict({ kind: 'stall', toward: 'client' })
      const call = hold(on)
      await until('it to strike', async () => (await fault.struck()).bytes > 0)
      await fault.heal()
      expect(await call).toMatchObject({ kind: 'held' })
      expect(await free(on)).toBe(1)
    })
  })

  test.skipIf(skip)('refused connections are unknown or refused, and work again', size, async () => {
    await played(entry, opened.engines, { capacity: 3 }, async (on) => {
      const proxy = proxyOf(on, entry)
      const refusal = await proxy.inflict({ kind: 'refuse' })
      const cut = await proxy.inflict({ kind: 'cut' })
      expect(await answerOf(hold(on))).toBeUndefined()
      await until('a connection to be refused', async () => {
        await answerOf(hold(on))
        return (await refusal.struck()).connections > 0
      })
      await refusal.heal()
      await cut.heal()
      expect(await settled(on, newHold())).toMatchObject({ kind: 'held' })
    })
  })
})

test('the session of a client that is gone keeps its lock until the server is told', async () => {
  const entry = entryNamed('postgres-select-for-update')
  const atWork = Promise.withResolvers<void>()
  const never = Promise.withResolvers<void>()
  let buyers = 0
  const play = async (on: Played) => {
    const onlooker = on.ground.namespaces.get('postgres')?.onlooker ?? expect.fail('nobody sees who waits')
    const lost = answerOf(hold(on))
    await atWork.promise
    const fault = await proxyOf(on, entry).inflict({ kind: 'half-open', gone: 'client' })
    const id = newHold()
    const next = settled(on, id)
    await until('the next buyer to wait for the lock', async () => (await onlooker.waiters()) === 1)
    never.resolve()
    expect(await lost).toBeUndefined()
    // Its client is long gone, and the lock is not.
    expect(await onlooker.waiters()).toBe(1)
    expect(hasStruck(await fault.heal())).toBe(true)
    expect(await next).toMatchObject({ kind: 'held' })
    expect(await free(on)).toBe(0)
  }
  await played(entry, opened.engines, { capacity: 1 }, play, async () => {
    buyers += 1
    if (buyers > 1) return
    atWork.resolve()
    await never.promise
  })
})

test.skipIf(opened.lacks(['tigerbeetle']))(
  'a client of a cluster sends again what a cut has taken',
  async () => {
    const entry = entryNamed('tigerbeetle-pending-transfer')
    await played(entry, opened.engines, { capacity: 3 }, async (on) => {
      await hold(on)
      const fault = await proxyOf(on, entry).inflict({ kind: 'lost-answer', times: 1 })
      expect(await hold(on)).toMatchObject({ kind: 'held' })
      expect((await fault.heal()).messages).toBe(1)
      expect(await free(on)).toBe(1)
    })
  },
)
