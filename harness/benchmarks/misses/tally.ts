/** Compares a judge's verdicts with the truth: counts by class of defect and by layer. */
import type { Verdict } from '../../checker/verdict.ts'
import type { HistoryRecord } from '../../history/record.ts'
import { LAYERS, type Layer, recordsOf } from './layers.ts'
import { legalAt, plantedAt } from './plant.ts'
import type { MeasuredRun } from './run.ts'
import { TooLargeError } from './search.ts'
import { type Truth, truthOf } from './truth.ts'

/** Judges a history. `hasAudit`: whether it has an audit; its absence is not a reason for `unknown`. */
export type Judges = (records: readonly HistoryRecord[], hasAudit: boolean) => Verdict['verdict']

export interface Counts {
  /** Histories without a legal order, and how many of them were judged valid. */
  illegal: number
  missed: number
  /** Illegal ones that were judged unknown, which is never a pass. */
  undecided: number
  /** The illegal ones in which too much was certainly sold or held. */
  oversells: number
  oversellsMissed: number
  /** Legal histories, and how many of them were convicted. */
  legal: number
  falseAlarms: number
}

interface ClassTally {
  /** The number of histories with the defect. */
  planted: number
  readonly layers: Readonly<Record<Layer, Counts>>
}

/** A history on which the judge was wrong in a way that must not happen. */
interface Example {
  readonly number: number
  /** Whether it is an extra legal history; these are numbered separately. */
  readonly extra: boolean
  readonly className: string
  readonly layer: Layer
  readonly what: 'false alarm' | 'missed oversell' | 'generator'
}

export interface Tally {
  readonly classes: Map<string, ClassTally>
  readonly examples: Example[]
  /** Histories that were too large for the search, or had no place for the defect. */
  skipped: number
}

export interface MissShare {
  readonly seed: number
  /** The numbers of the histories: from, and up to but not including. */
  readonly from: number
  readonly to: number
  /** Only legal histories; the search does not confirm that. */
  readonly legalOnly: boolean
}

/** The class name of histories without a defect. */
export const LEGAL_CLASS = 'no defect'
/** The most examples of each kind. */
const EXAMPLES_MAX = 10

const ALL_LEGAL: Readonly<Record<Layer, Truth>> = { history: 'legal', audit: 'legal', versions: 'legal' }

export function emptyTally(): Tally {
  return { classes: new Map(), examples: [], skipped: 0 }
}

/** Makes the histories of a share, decides each, and judges it. */
export function measure({ seed, from, to, legalOnly }: MissShare, judges: Judges): Tally {
  const tally = emptyTally()
  for (let number = from; number < to; number++) {
    if (legalOnly) {
      count(tally, { number, extra: true, className: LEGAL_CLASS }, legalAt(seed, number), ALL_LEGAL, judges)
      continue
    }
    const planted = plantedAt(seed, number)
    const truth = planted === undefined ? undefined : decided(planted.run)
    if (planted === undefined || truth === undefined) {
      tally.skipped++
      continue
    }
    const which = { number, extra: false, className: planted.defect?.name ?? LEGAL_CLASS }
    if (planted.defect === undefined && truth.versions !== 'legal') {
      addExample(tally, { ...which, layer: 'versions', what: 'generator' })
    }
    count(tally, which, planted.run, truth, judges)
  }
  return tally
}

function decided(run: MeasuredRun): Readonly<Record<Layer, Truth>> | undefined {
  try {
    return truthOf(run)
  } catch (error) {
    if (error instanceof TooLargeError) return undefined
    throw error
  }
}

function count(
  tally: Tally,
  which: Pick<Example, 'number' | 'extra' | 'className'>,
  run: MeasuredRun,
  truth: Readonly<Record<Layer, Truth>>,
  judges: Judges,
): void {
  const ofClass = classOf(tally, which.className)
  ofClass.planted++
  for (const layer of LAYERS) {
    const counts = ofClass.layers[layer]
    const verdict = judges(recordsOf(run, layer), layer !== 'history')
    if (truth[layer] === 'legal') {
      counts.legal++
      if (verdict === 'invalid') {
        counts.falseAlarms++
        addExample(tally, { ...which, layer, what: 'false alarm' })
      }
      continue
    }
    counts.illegal++
    if (verdict === 'valid') counts.missed++
    if (verdict === 'unknown') counts.undecided++
    if (truth[layer] !== 'oversell') continue
    counts.oversells++
    if (verdict !== 'valid') continue
    counts.oversellsMissed++
    addExample(tally, { ...which, layer, what: 'missed oversell' })
  }
}

function addExample(tally: Tally, example: Example): void {
  const alike = tally.examples.filter(({ what }) => what === example.what)
  if (alike.length < EXAMPLES_MAX) tally.examples.push(example)
}

function classOf(tally: Tally, name: string): ClassTally {
  const known = tally.classes.get(name)
  if (known !== undefined) return known
  const layers = { history: noCounts(), audit: noCounts(), versions: noCounts() }
  const made: ClassTally = { planted: 0, layers }
  tally.classes.set(name, made)
  return made
}

function noCounts(): Counts {
  return { illegal: 0, missed: 0, undecided: 0, oversells: 0, oversellsMissed: 0, legal: 0, falseAlarms: 0 }
}

/** Adds one tally to another. */
export function addTally(sum: Tally, part: Tally): void {
  for (const [name, { planted, layers }] of part.classes) {
    const ofClass = classOf(sum, name)
    ofClass.planted += planted
    for (const layer of LAYERS) {
      for (const key of Object.keys(layers[layer]) as (keyof Counts)[])
        ofClass.layers[layer][key] += layers[layer][key]
    }
  }
  sum.skipped += part.skipped
  for (const example of part.examples) addExample(sum, example)
}

/** One layer, all classes together. */
export function totalOf(tally: Tally, layer: Layer): Counts {
  const total = noCounts()
  for (const { layers } of tally.classes.values()) {
    for (const key of Object.keys(total) as (keyof Counts)[]) total[key] += layers[layer][key]
  }
  return total
}
