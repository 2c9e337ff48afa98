/**
 * Goal: the network is between a strategy and its engines, and nowhere else. A hold takes as many round trips as its strategy's
 * header says; what the harness itself asks an engine passes by; and another process takes the same way.
 * Method: real engines, and proxies before them. A slow network is a lower bound for the time of a hold, which no load of the
 * machine can break.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { newHold } from '../../harness/conformance/subject.ts'
import { loadOwnStrategy } from '../../harness/entries/own-strategy.ts'
import { attach } from '../../harness/ground/attachment.ts'
import type { NetworkProxy } from '../../harness/network/network.ts'
import { runTrial } from '../../harness/trial/trial.ts'
import { sellOut } from '../../harness/workloads/sell-out.ts'
import { registry, type StrategyEntry } from '../../strategies/registry.ts'
import { memory } from '../engines/memory/engine.ts'
import { FULL, sizeOf } from '../size.ts'
import { withEngines } from '../with-engines.ts'
import { entryNamed, hold, played } from './played.ts'

const opened = await withEngines(['postgres', 'redis', 'tigerbeetle'])

const bytes = async (proxies: readonly NetworkProxy[]) =>
  (await Promise.all(proxies.map((each) => each.passed()))).reduce(
    (sum, { bytesToServer, bytesToClient }) => sum + bytesToServer + bytesToClient,
    0,
  )

/** What the header of a strategy says. */
function roundTrips({ name }: StrategyEntry): number {
  const source = readFileSync(new URL(`../../strategies/${name}.ts`, import.meta.url), 'utf8')
  return Number(/Round trips per hold: (\d+)/.exec(source)?.[1] ?? Number.NaN)
}

describe('a hold takes as many round trips as its header says', () => {
  const latencyMs = 20
  for (const entry of registry) {
    test.skipIf(opened.cannotTest(entry))(`at least: ${entry.name}`, sizeOf(entry), async () => {
      await played(entry, opened.engines, { capacity: 10, conditions: { latencyMs } }, async (on) => {
        for (let time = 0; time < 3; time += 1) {
          const askedMs = performance.now()
          expect(await hold(on)).toMatchObject({ kind: 'held' })
          // The clocks of two threads differ by less than this.
          expect(performance.now() - askedMs).toBeGreaterThan(roundTrips(entry) * latencyMs - 0.5)
        }
      })
    })
  }
})

const ONE_OF_EACH = [
  'postgres-select-for-update',
  'redis-lua',
  'tigerbeetle-pending-transfer',
  'redlock-guarded',
].map(entryNamed)

describe.for(ONE_OF_EACH)('between $name and its engines', (entry) => {
  const size = sizeOf(entry)

  test.skipIf(opened.cannotTest(entry))('is a proxy for each server, and nothing of ours', size, async () => {
    await played(entry, opened.engines, { capacity: 3 }, async (on) => {
      const { ground, proxies } = on
      const id = newHold()
      expect(await hold(on, id)).toMatchObject({ kind: 'held' })
      for (const each of proxies) expect((await each.passed()).connections).toBeGreaterThan(0)
      // A client of a cluster may speak of its own accord, but not about this.
      const isSilent = !entry.engines.includes('tigerbeetle')
      // A majority of nodes is enough for an answer; after this those of the others have passed as well.
      for (const node of ground.connections.redis ?? []) await node.ping()
      const before = await bytes(proxies)
      await ground.readClock()
      await ground.leftOpen()
      await ground.keeping()
      await ground.isAnythingExpiring()
      const witness = await entry.ledger?.witness()
      const read = await witness?.read(ground.stores, {
        resources: [{ id: on.resource, capacity: 3 }],
        holds: [{ id, lines: [[on.resource, 1]] }],
        skip: { prefix: 'none-' },
        begins: () => undefined,
      })
      expect(read).toMatchObject({ kind: 'read', resources: [{ taken: 1 }] })
      if (isSilent) expect(await bytes(proxies)).toBe(before)
      expect(await hold(on)).toMatchObject({ kind: 'held' })
      expect(await bytes(proxies)).toBeGreaterThan(before)
    })
  })

  test.skipIf(opened.cannotTest(entry))('another process takes the same way', size, async () => {
    await played(entry, opened.engines, { capacity: 3 }, async (on) => {
      const before = await Promise.all(on.proxies.map((each) => each.passed()))
      await using attached = await attach(on.ground.attachment(2))
      const strategy = await entry.open(attached.connections, {
        criticalSection: async () => undefined,
        random: Math.random,
      })
      expect(await hold({ ...on, strategy })).toMatchObject({ kind: 'held' })
      const after = await Promise.all(on.proxies.map((each) => each.passed()))
      for (const [at, { connections }] of after.entries())
        expect(connections).toBeGreaterThan(before[at]?.connections ?? 0)
      await strategy.close()
    })
  })
})

const SWAPPING = fileURLToPath(new URL('../engines/memory/swapping.ts', import.meta.url))

const SETTINGS = {
  workload: sellOut,
  concurrency: 8,
  durationMs: 300,
  warmupMs: 20,
  repeat: 1,
  seed: Number(process.env.HOLDFAST_SEED ?? Date.now() % 1_000_000),
  poolSize: 8,
  criticalSectionMs: 0,
}

describe(`a trial (seed ${SETTINGS.seed})`, () => {
  test('says what was asked and what was measured', async () => {
    const entry = entryNamed('postgres-conditional-update')
    const { trial } = await runTrial(entry, opened.engines, { ...SETTINGS, networkLatencyMs: 10 })
    expect(trial).toMatchObject({ verdict: 'valid', network: { latencyMs: 10 } })
    expect(trial.network?.measured.count).toBeGreaterThan(0)
    expect(trial.network?.measured.medianMs).toBeGreaterThan(10 - 0.1)
    expect(trial.latencyMs.hold.p50).toBeGreaterThan(10 - 0.5)
    const { trial: direct } = await runTrial(entry, opened.engines, SETTINGS)
    expect(direct).not.toHaveProperty('network')
  })

  test('on an engine without a server says nothing of a network', async () => {
    const entry = await loadOwnStrategy(SWAPPING, ['memory'])
    const engine = await memory.open({ durability: 'relaxed', env: {}, sweeps: false, log: () => undefined })
    const { trial } = await runTrial(entry, { memory: engine }, { ...SETTINGS, networkLatencyMs: 10 })
    expect(trial.verdict).toBe('valid')
    expect(trial).not.toHaveProperty('network')
  })

  test('of several processes passes through it as well', FULL, async () => {
    const entry = entryNamed('postgres-conditional-update')
    const settings = { ...SETTINGS, networkLatencyMs: 10, processes: 2 }
    const { trial } = await runTrial(entry, opened.engines, settings)
    expect(trial).toMatchObject({ verdict: 'valid', processes: 2, network: { latencyMs: 10 } })
    expect(trial.latencyMs.hold.p50).toBeGreaterThan(10 - 0.5)
  })
})
