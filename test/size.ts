/**
 * The two sizes of the suite. `npm test` is a slice of a few minutes; `npm run test:full` is everything. What only the latter runs
 * carries the tag `full`, by two rules:
 *
 * - What is repeated for every strategy is in the slice for the control and for the first strategy of the registry on each set of
 *   engines, so that the slice does not grow with the registry.
 * - What takes long by itself, or tries one more way of what another case tries already, is left to the full size.
 *
 * The closing lines of a run say how many cases were left.
 */
import { registry, type StrategyEntry } from '../strategies/registry.ts'

/** The one place where the size is read. */
export const isFull = process.env.HOLDFAST_TESTS === 'full'

export const FULL_TAG = 'full'

/** Options of a test, or of a group of tests, that the slice leaves out. */
export const FULL = { tags: [FULL_TAG] }

/** Options of what is repeated for every strategy. */
export function sizeOf(entry: StrategyEntry): { readonly tags: string[] } {
  return isInSlice(entry) ? { tags: [] } : FULL
}

export function isInSlice({ name, engines, promises }: StrategyEntry): boolean {
  const set = engines.toSorted().join()
  const first = registry.find(
    (each) => each.promises.safe !== 'never' && each.engines.toSorted().join() === set,
  )
  return promises.safe === 'never' || first?.name === name
}
