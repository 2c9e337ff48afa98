/** One row of the published table of faults for each strategy: what was predicted, and what was found. */
import { engineKinds } from '../../harness/engines/registry.ts'
import { faultNamed } from '../../harness/faults/fault-named.ts'
import { predicted } from '../../harness/faults/predictions.ts'
import { FAULT_OUTCOMES, lookOf } from '../../harness/report/fault-outcomes.ts'
import type { FaultCell } from '../../harness/results/faults.ts'
import { type Survival, survivals } from '../../harness/results/survives.ts'
import { registry } from '../../strategies/registry.ts'

export interface FaultRow {
  readonly strategy: string
  readonly predicted: string
  readonly found: string
}

/** Throws a `RangeError` for a strategy that there is not, or that the fault cannot happen to. */
export function faultRows(
  name: string,
  strategies: readonly string[],
  cells: readonly FaultCell[],
): readonly FaultRow[] {
  const fault = faultNamed(name)
  return strategies.map((strategy) => {
    const entry = registry.find((each) => each.name === strategy)
    if (entry === undefined) throw new RangeError(`no strategy is called "${strategy}"`)
    const expected = predicted(fault, entry, engineKinds)
    if (expected.kind === 'not-applicable')
      throw new RangeError(`${name} cannot happen to ${strategy}: ${expected.why}`)
    const { outcome, service } = expected.prediction
    const found = survivals(cells).find((each) => each.fault === name && each.strategy === strategy)
    return {
      strategy,
      predicted: [FAULT_OUTCOMES[outcome].text, service].filter(Boolean).join(', '),
      found: found === undefined ? 'not run yet' : told(found),
    }
  })
}

function told(found: Survival): string {
  const { service, runs, agreeing, asPredicted } = found
  const counted = `in ${agreeing} of ${runs} run${runs === 1 ? '' : 's'}`
  const parts = [lookOf(found).text, service, counted, asPredicted ? undefined : '**not as predicted**']
  return parts.filter(Boolean).join(', ')
}
