/**
 * The sizes of the suite. `npm test` is a slice of a few minutes; `npm run test:rest` has what it leaves out and `.ci/run` has time for;
 * `npm run test:full` is everything. What the slice leaves out carries the tag `full`, by three rules:
 *
 * - What is repeated for every strategy is in the slice for the control and for the first strategy of the registry on each set of
 *   engines, so that the slice does not grow with the registry.
 * - What takes long by itself, or tries one more way of what another case tries already, is left to the full size.
 * - So are files about what a run stands on (engines that are found, started, refused and lost, other versions of Node, browsers) and
 *   about whole programs beside it: their headers say `@module-tag full`.
 *
 * Of a table of every strategy with every scenario, step or recording, what the gate has no time for carries the tag `exhaustive` as
 * well. The closing lines of a run say how many cases were left.
 */
import { registry, type StrategyEntry } from '../strategies/registry.ts'

const SIZES = ['slice', 'full', 'rest'] as const
type Size = (typeof SIZES)[number]

export const FULL_TAG = 'full'
export const EXHAUSTIVE_TAG = 'exhaustive'

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

/** What carries this tag runs in a larger size alone. */
const LEFT_TAG = { slice: FULL_TAG, rest: EXHAUSTIVE_TAG, full: undefined }[size]

/** Which tags run. */
export const TAGS_OF_SIZE = [
  ...(size === 'rest' ? [FULL_TAG] : []),
  ...(LEFT_TAG === undefined ? [] : [`!${LEFT_TAG}`]),
]

/** Whether this size leaves out what carries these tags, although a larger one runs it. */
export function isLeftOut(tags: readonly string[]): boolean {
  return LEFT_TAG !== undefined && tags.includes(LEFT_TAG)
}

/** Options of a test, or of a group of tests, that the slice leaves out. */
export const FULL = { tags: [FULL_TAG] }

/** Options of a case that only `npm run test:full` runs. */
export const EXHAUSTIVE = { tags: [FULL_TAG, EXHAUSTIVE_TAG] }

/**
 * Options of a case of a large table: one of every `of` runs in the gate. Each row and each column of a whole table has some,
 * if it has `of` places.
 */
export function sampled(row: number, column: number, of: number): { readonly tags: string[] } {
  return (row + column) % of === 0 ? FULL : EXHAUSTIVE
}

/** The cases of a table in two parts: one of every `of` for the slice, and the others. */
export function inTwoSizes<Case>(
  cases: readonly Case[],
  of: number,
): readonly (readonly [size: { readonly tags: string[] }, cases: readonly Case[]])[] {
  const isOfSlice = (_case: Case, at: number): boolean => at % of === 0
  return [
    [SLICE, cases.filter(isOfSlice)],
    [FULL, cases.filter((each, at) => !isOfSlice(each, at))],
  ]
}

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
