/** Runs of faults put together by what this checkout predicts. */
import { registry } from '../../strategies/registry.ts'
import { engineKinds } from '../engines/registry.ts'
import type { FaultPrediction } from '../results/faults.ts'
import type { NamedResults } from '../results/merge.ts'
import type { Results } from '../results/results.ts'
import { mergedFaultRuns } from './merge-runs.ts'
import { predicted } from './predictions.ts'
import { faultKinds } from './registry.ts'

/**
 * Throws `ResultsFileError` for what cannot stand in one table. `isPart`: shards of a run may be missing.
 */
export function mergedHere(
  runs: readonly [NamedResults, ...NamedResults[]],
  { isPart = false }: { readonly isPart?: boolean } = {},
): Results {
  return mergedFaultRuns(runs, predictionOf, {
    faults: faultKinds.map(({ name }) => name),
    strategies: registry.map(({ name }) => name),
    isPart,
  })
}

function predictionOf(faultName: string, strategy: string): FaultPrediction | undefined {
  const fault = faultKinds.find(({ name }) => name === faultName)
  const entry = registry.find(({ name }) => name === strategy)
  if (fault === undefined || entry === undefined) return undefined
  const found = predicted(fault, entry, engineKinds)
  return found.kind === 'predicted' ? found.prediction : undefined
}
