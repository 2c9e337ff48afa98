/** Runs with a planted defect, and runs without one. */
import { DEFECT_CLASSES, type DefectClass } from './classes.ts'
import { SeededRandom } from './random.ts'
import { type MeasuredRun, makeRun } from './run.ts'

/** How many runs are tried until a defect fits into one. */
const TRIES_MAX = 80
/** The number of streams for each history, so that no two share one. */
const STREAMS_PER_HISTORY = 128

/** The difference of the extra histories' seed. */
const EXTRA_SEED = 1_000_003

/** A history by its number, and the planted defect. */
export interface Planted {
  readonly run: MeasuredRun
  /** Absent if nothing is planted. */
  readonly defect?: DefectClass
}

/** Every second history is legal; the others rotate through the classes of defects. */
export function plantedAt(seed: number, number: number): Planted | undefined {
  const stream = number * STREAMS_PER_HISTORY
  if (number % 2 === 0) return { run: makeRun(seed, stream, {}) }
  const defect = DEFECT_CLASSES[((number - 1) / 2) % DEFECT_CLASSES.length]
  if (defect === undefined) return undefined
  for (let attempt = 0; attempt < TRIES_MAX; attempt++) {
    const made = makeRun(seed, stream + attempt, defect.bias, defect.bug)
    const run = defect.edit === undefined ? made : defect.edit(made, new SeededRandom(seed, stream + attempt))
    if (run !== undefined && (defect.edit !== undefined || run.struck)) return { run, defect }
  }
  return undefined
}

/** An extra legal history, by its number: different from those that `plantedAt` makes from the seed. */
export function legalAt(seed: number, number: number): MeasuredRun {
  return makeRun(seed + EXTRA_SEED, number * STREAMS_PER_HISTORY, {})
}
