/**
 * Goal: on real engines, a fault that a strategy survives leaves it safe, and one that it does not survive convicts it. Method:
 * whole cells as `holdfast faults` runs them, one of each for every family of strategies. On TigerBeetle there is only the
 * first: no fault is predicted to make it oversell. How much is served meanwhile is for a machine that does nothing else.
 */
import { beforeAll, describe, expect, type TestContext, test } from 'vitest'
import { engineKinds } from '../../harness/engines/registry.ts'
import { planOf } from '../../harness/faults/plan.ts'
import { faultKinds } from '../../harness/faults/registry.ts'
import type { FaultCell } from '../../harness/results/faults.ts'
import type { Results } from '../../harness/results/results.ts'
import { isSpared } from '../../harness/results/survives.ts'
import { registry } from '../../strategies/registry.ts'
import { runCells } from './run-cells.ts'

const LIMIT_MS = 300_000

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
const MORE_SEEDS = [2, 3]

type Planned = readonly [strategy: string, fault: string]

/** What is predicted of each family, in one run: cells that need the same of their servers share them. */
const FIRST: readonly Planned[] = FAMILIES.flatMap(
  ({ strategy, survives, ...family }): readonly Planned[] => [
    [strategy, survives],
    ...('fallsUnder' in family ? [[strategy, family.fallsUnder] as const] : []),
  ],
)

function ran(planned: readonly Planned[], seed: number): Promise<Results> {
  return runCells(
    planned.flatMap(([strategy, faultName]) => {
      const faults = faultKinds.filter(({ name }) => name === faultName)
      const entries = registry.filter(({ name }) => name === strategy)
      return planOf(faults, entries, [seed], engineKinds).map((cell) => ({
        ...cell,
        isForOutcomeAlone: true,
      }))
    }),
  )
}

let first: Results
beforeAll(async () => {
  first = await ran(FIRST, 1)
}, LIMIT_MS)

/** Throws for a cell of which nothing is known, and skips where an engine is not there. */
function cellIn(
  { faults = [], notProven }: Results,
  [strategy, fault]: Planned,
  skip: TestContext['skip'],
): FaultCell {
  const cell = faults.find((each) => each.strategy === strategy && each.fault === fault)
  const whyNot = notProven.filter((each) => each.strategy === strategy)
  // The last lines of the run say how to get it.
  skip(cell === undefined && whyNot.length > 0, whyNot.map(({ why }) => why).join('; '))
  if (cell?.outcome === undefined) throw new Error(cell?.reasons.join('; ') ?? 'there is no cell')
  return cell
}

describe.for(FAMILIES)('$strategy', ({ strategy, survives, ...family }) => {
  test(`is safe under ${survives}`, ({ skip }) => {
    expect(cellIn(first, [strategy, survives], skip)).toMatchObject({ outcome: 'safe' })
  })

  if (!('fallsUnder' in family)) return
  const falls: Planned = [strategy, family.fallsUnder]
  test(`is convicted under ${family.fallsUnder}`, { timeout: LIMIT_MS }, async ({ skip }) => {
    let cell = cellIn(first, falls, skip)
    for (const seed of MORE_SEEDS) if (isSpared(cell)) cell = cellIn(await ran([falls], seed), falls, skip)
    expect(cell).toMatchObject({ outcome: 'oversells', conviction: expect.stringMatching(/oversell/) })
  })
})
