/**
 * Goal: on real engines, faults come to what was predicted. Method: whole cells, every fault with one strategy: one that
 * it is predicted to harm, if there is one. Each cell takes ten seconds: the gate tries every other fault, and `npm run faults`
 * all of them with every strategy.
 */
import { describe, expect, test } from 'vitest'
import { engineKinds } from '../../harness/engines/registry.ts'
import type { FaultKind } from '../../harness/faults/fault.ts'
import { planOf } from '../../harness/faults/plan.ts'
import { faultKinds } from '../../harness/faults/registry.ts'
import { isSpared } from '../../harness/results/survives.ts'
import { registry } from '../../strategies/registry.ts'
import { FULL, isInSlice, sampled } from '../size.ts'
import { runCells } from './run-cells.ts'

/** One strategy of each set of engines, and one whose leases are on a majority. */
const NAMES = registry.filter((entry) => isInSlice(entry) || entry.serversMin).map(({ name }) => name)

/** The name of the strategy to try; none if the fault cannot happen to any. */
function mostHarmed(fault: FaultKind): readonly string[] {
  const all = planOf([fault], registry, [1], engineKinds)
  const usual = all.filter(({ entry }) => NAMES.includes(entry.name))
  const cells = usual.length > 0 ? usual : all
  const tried = cells.find(({ prediction }) => prediction.outcome !== 'safe') ?? cells[0]
  return tried === undefined ? [] : [tried.entry.name]
}

/** Where harm needs luck, one run may be spared; where none is predicted, none may come. */
const SEEDS_OF_LUCK = [2, 3]

async function ran(fault: string, names: readonly string[], seed = 1) {
  const faults = faultKinds.filter(({ name }) => name === fault)
  const entries = registry.filter(({ name }) => names.includes(name))
  const cells = planOf(faults, entries, [seed], engineKinds)
  const { faults: found = [], control } = await runCells(cells)
  expect(control.caught).toBe(true)
  return found
}

/** Of the faults, the share that the gate tries. */
const ONE_OF = 3
const PATIENCE = { timeout: 180_000 } as const

describe('on real engines', () => {
  const pauses = 'a client that pauses past its lease sells a seat twice, unless the database knows better'
  test(pauses, { ...FULL, ...PATIENCE }, async () => {
    const found = await ran('client-paused', ['redis-setnx', 'redis-setnx-fenced'])
    for (const cell of found)
      expect(cell.asPredicted, `${cell.strategy}: ${cell.reasons.join('; ')}`).toBe(true)
    expect(found.map(({ outcome }) => outcome)).toEqual(['oversells', 'safe'])
    expect(found[0]?.conviction).toMatch(/oversell/)
  })

  for (const [at, fault] of faultKinds.entries()) {
    test(fault.name, { ...sampled(at, 0, ONE_OF), ...PATIENCE }, async () => {
      let found = await ran(fault.name, mostHarmed(fault))
      for (const seed of SEEDS_OF_LUCK) {
        if (fault.isLucky && found.some(isSpared)) found = await ran(fault.name, mostHarmed(fault), seed)
      }
      for (const { strategy, reasons, outcome, predicted } of found) {
        // How much is served, and how soon, on a machine that has much else to do is told, and not insisted on. What is
        // unknown has said why.
        if (outcome === undefined) expect(reasons, strategy).not.toEqual([])
        // Luck may spare a strategy in all of these runs; how often, thirty runs for the table say.
        else if (fault.isLucky && predicted.outcome !== 'safe')
          expect([predicted.outcome, 'safe'], strategy).toContain(outcome)
        else expect(outcome, `${strategy}: ${reasons.join('; ')}`).toBe(predicted.outcome)
      }
    })
  }
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
  const { faults: found, notProven } = await runCells(planOf(faults, entries, [1], foreign), foreign)
  expect(found).toEqual([])
  expect(notProven.map(({ why }) => why)).toEqual([expect.stringMatching(/needs an engine of its own$/)])
})
