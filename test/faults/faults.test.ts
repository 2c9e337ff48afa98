/**
 * Goal: on real engines, faults come to what was predicted. Method: whole cells; one that convicts and one that does not in the
 * slice, every fault with one strategy of each set of engines in the full size.
 */
import { describe, expect, test } from 'vitest'
import { engineKinds } from '../../harness/engines/registry.ts'
import { faultKinds } from '../../harness/faults/registry.ts'
import { planOf, runFaults } from '../../harness/faults/run.ts'
import { registry } from '../../strategies/registry.ts'
import { FULL, isInSlice } from '../size.ts'
import { withEngines } from '../with-engines.ts'

/** These tests end servers: never one that somebody else has named. */
const { POSTGRES_URL: _p, REDIS_URL: _r, REDIS_URLS: _rs, TIGERBEETLE_ADDRESSES: _t, ...env } = process.env
const opened = await withEngines(['redis'], env, { redis: 1 })

async function ran(fault: string, names: readonly string[]) {
  const faults = faultKinds.filter(({ name }) => name === fault)
  const entries = registry.filter(({ name }) => names.includes(name))
  const cells = planOf(faults, entries, [1], engineKinds)
  const { faults: found = [], control } = await runFaults({
    cells,
    kinds: engineKinds,
    env,
    log() {},
    signal: new AbortController().signal,
    command: 'a test',
    before: undefined,
    keepHistory: async () => undefined,
    onCell: async () => undefined,
  })
  expect(control.caught).toBe(true)
  return found
}

describe.skipIf(opened.lacks(['redis']))('on real engines', () => {
  test('a client that pauses past its lease sells a seat twice, unless the database knows better', async () => {
    const found = await ran('client-paused', ['redis-setnx', 'redis-setnx-fenced'])
    for (const cell of found)
      expect(cell.asPredicted, `${cell.strategy}: ${cell.reasons.join('; ')}`).toBe(true)
    expect(found.map(({ outcome }) => outcome)).toEqual(['oversells', 'safe'])
    expect(found[0]?.conviction).toMatch(/oversell/)
  })

  test.for(faultKinds.map(({ name }) => name))('%s', FULL, async (name) => {
    const names = registry.filter(isInSlice).map((entry) => entry.name)
    for (const { strategy, asPredicted, reasons, service, outcome, predicted } of await ran(name, names)) {
      // How much is served on a machine that has much else to do is told, and not insisted on.
      const isOnlyService = outcome === predicted.outcome && service !== predicted.service
      expect(asPredicted || isOnlyService, `${strategy}: ${reasons.join('; ')}`).toBe(true)
    }
  })
})

test('a server that this run did not start is never struck: the cell is not proven', FULL, async () => {
  const faults = faultKinds.filter(({ name }) => name === 'engine-killed')
  const entries = registry.filter(({ name }) => name === 'postgres-conditional-update')
  const foreign = engineKinds.map((kind) => ({
    ...kind,
    open: async (options: Parameters<typeof kind.open>[0]) => {
      const { ownServers: _, ...engine } = await kind.open(options)
      return engine
    },
  }))
  const { faults: found, notProven } = await runFaults({
    cells: planOf(faults, entries, [1], foreign),
    kinds: foreign,
    env,
    log() {},
    signal: new AbortController().signal,
    command: 'a test',
    before: undefined,
    keepHistory: async () => undefined,
    onCell: async () => undefined,
  })
  expect(found).toEqual([])
  expect(notProven.map(({ why }) => why)).toEqual([expect.stringMatching(/needs an engine of its own$/)])
})
