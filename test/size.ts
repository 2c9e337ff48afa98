/**
 * The two sizes of the suite. `npm test` is a slice of a few minutes; `npm run test:full` is everything. What only the latter runs
 * carries the tag `full`, by two rules:
 *
 * - What is repeated for every strategy is in the slice for the control and for the first strategy of the registry on each set of
 *   engines, so that the slice does not grow with the registry.
 * - What takes long by itself, or tries one more way of what another case tries already, is left to the full size.
 *
 * The closing lines of a run say how many cases were left. `npm run test:rest` runs those alone.
 */
import { registry, type StrategyEntry } from '../strategies/registry.ts'

const SIZES = ['slice', 'full', 'rest'] as const
type Size = (typeof SIZES)[number]

export const FULL_TAG = 'full'

/** Throws for a word that is no size, since a run of another size would pass for the one that was meant. */
export function sizeNamed(word: string | undefined): Size {
  const size = SIZES.find((each) => each === (word || 'slice'))
  if (size === undefined) throw new Error(`HOLDFAST_TESTS is "${word}"; it can be ${SIZES.join(', ')}`)
  return size
}

/** The one place where the size is read. */
const size = sizeNamed(process.env.HOLDFAST_TESTS)

/** Whether cases run that the slice leaves out. */
export const isFull = size !== 'slice'

/** Which tags run. */
export const TAGS_OF_SIZE = { slice: [`!${FULL_TAG}`], full: [], rest: [FULL_TAG] }[size]

/** Options of a test, or of a group of tests, that the slice leaves out. */
export const FULL = { tags: [FULL_TAG] }

/** Options of a case of a table that the slice runs, beside others that it leaves out. */
export const SLICE: { readonly tags: string[] } = { tags: [] }

/** Options of what is repeated for every strategy. */
export function sizeOf(entry: StrategyEntry): { readonly tags: string[] } {
  return isInSlice(entry) ? SLICE : FULL
}

export function isInSlice({ name, engines, promises }: StrategyEntry): boolean {
  const set = engines.toSorted().join()
  const first = registry.find(
    (each) => each.promises.safe !== 'never' && each.engines.toSorted().join() === set,
  )
  return promises.safe === 'never' || first?.name === name
}
