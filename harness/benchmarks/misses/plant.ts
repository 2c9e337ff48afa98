/** Runs with a defect planted, and runs without one. */
import { DEFECT_CLASSES, type DefectClass } from './classes.ts'
import { SeededRandom } from './random.ts'
import { type MeasuredRun, makeRun } from './run.ts'

/** How many runs are made in search of one that a defect fits into. */
const TRIES_MAX = 80
/** Streams of one seed that no other history uses. */
const STREAMS_PER_HISTORY = 128

/** What the seed of the extra histories is apart. */
const EXTRA_SEED = 1_000_003

/** A history by its number: what it is and what was planted in it. */
export interface Planted {
  readonly run: MeasuredRun
  /** Absent where nothing is planted. */
  readonly defect?: DefectClass
}

/** Every second history is made as it should be; the others take turns through the classes of defects. */
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

/** An extra history that is as it should be, by its number: other ones than `plantedAt` makes of the seed. */
export function legalAt(seed: number, number: number): MeasuredRun {
  return makeRun(seed + EXTRA_SEED, number * STREAMS_PER_HISTORY, {})
}
