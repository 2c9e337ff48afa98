/**
 * Goal: on real engines, a fault that a strategy survives leaves it safe, and one that it does not survive convicts it. Method:
 * whole cells as `holdfast faults` runs them, one of each for every family of strategies. On TigerBeetle there is only the
 * first: no fault is predicted to make it oversell. How much is served meanwhile is for a machine that does nothing else.
 */
import { describe, expect, type TestContext, test } from 'vitest'
import { engineKinds } from '../../harness/engines/registry.ts'
import { planOf } from '../../harness/faults/plan.ts'
import { faultKinds } from '../../harness/faults/registry.ts'
import type { FaultCell } from '../../harness/results/faults.ts'
import { isSpared } from '../../harness/results/survives.ts'
import { registry } from '../../strategies/registry.ts'
import { runCells } from './run-cells.ts'

const LIMIT = { timeout: 120_000 } as const

const FAMILIES = [
  {
    strategy: 'postgres-conditional-update',
    survives: 'connections-cut',
    fallsUnder: 'engine-killed-relaxed',
  },
  { strategy: 'redis-setnx', survives: 'connections-cut', fallsUnder: 'leases-emptied' },
  { strategy: 'redis-lua', survives: 'connections-cut', fallsUnder: 'engine-killed-relaxed' },
  { strategy: 'tigerbeetle-pending-transfer', survives: 'connections-cut' },
] as const

/** What a server had not written yet when it is killed is chance: one run may be spared, and not all of them. */
const SEEDS = [1, 2, 3]

describe.for(FAMILIES)('$strategy', ({ strategy, survives, ...family }) => {
  /** Throws for a cell of which nothing is known, and skips where an engine is not there. */
  async function cellOf(faultName: string, seed: number, skip: TestContext['skip']): Promise<FaultCell> {
    const faults = faultKinds.filter(({ name }) => name === faultName)
    const entries = registry.filter(({ name }) => name === strategy)
    const { faults: found = [], notProven } = await runCells(planOf(faults, entries, [seed], engineKinds))
    // The last lines of the run say how to get it.
    skip(notProven.length > 0, notProven.map(({ why }) => why).join('; '))
    const [cell] = found
    if (cell?.outcome === undefined) throw new Error(cell?.reasons.join('; ') ?? 'there is no cell')
    return cell
  }

  test(`is safe under ${survives}`, LIMIT, async ({ skip }) => {
    expect(await cellOf(survives, 1, skip)).toMatchObject({ outcome: 'safe' })
  })

  if (!('fallsUnder' in family)) return
  test(`is convicted under ${family.fallsUnder}`, LIMIT, async ({ skip }) => {
    for (const seed of SEEDS) {
      const cell = await cellOf(family.fallsUnder, seed, skip)
      if (isSpared(cell) && seed !== SEEDS.at(-1)) continue
      expect(cell).toMatchObject({ outcome: 'oversells', conviction: expect.stringMatching(/oversell/) })
      return
    }
  })
})
