/**
 * When a figure may be ranked against another, and what must be said beside it. A percentile has further
 * rules: `samples.ts`.
 */
import { formatSpan } from './format.ts'
import { type Interval, intervalOf, overlap } from './interval.ts'
import { type Range, rangeOf } from './range.ts'

/** Shorter or fewer, and the order of two strategies changes from run to run. */
export const RANKED_MIN = { durationMs: 1_000, repeats: 5 } as const
/** From here on the repeats of a figure are said to scatter. */
export const SCATTER_MAX = 0.1
/** From here on the load generator, one thread, may have been the limit, and not the engine. */
const GENERATOR_BUSY_MAX = 0.9
/** A timer may end a run this much early. */
const DURATION_SLACK = 0.02

/** One figure over the repeats of one condition. */
export interface RankedFigure {
  readonly median: number
  readonly interval: Interval
  readonly repeats: number
  /** The shortest repeat. */
  readonly durationMs: number
  /** Samples behind the figure, in the repeat with the fewest. */
  readonly samples: number
  /** The distance from the smallest to the largest repeat, as a share of the median. */
  readonly scatter: number
  /** The largest share of a repeat in which the load generator had no time left; absent if not measured. */
  readonly generatorBusy?: number
}

/** One repeat. */
export interface Repeat {
  readonly value: number
  readonly samples: number
  readonly durationMs: number
  readonly generatorBusy?: number
}

/** Undefined without repeats. */
export function figureOver(repeats: readonly Repeat[]): RankedFigure | undefined {
  if (repeats.length === 0) return undefined
  const values = repeats.map(({ value }) => value)
  const { median, min, max } = rangeOf(values)
  const busy = repeats.flatMap(({ generatorBusy }) => generatorBusy ?? [])
  return {
    median,
    interval: intervalOf(values),
    repeats: repeats.length,
    durationMs: Math.min(...repeats.map(({ durationMs }) => durationMs)),
    samples: Math.min(...repeats.map(({ samples }) => samples)),
    scatter: scatterOf({ median, min, max }),
    ...(busy.length > 0 && { generatorBusy: Math.max(...busy) }),
  }
}

/** Whether a repeat is long enough for its rates to be shown at all. */
export function isLongEnough({ durationMs }: Pick<RankedFigure, 'durationMs'>): boolean {
  return durationMs >= RANKED_MIN.durationMs * (1 - DURATION_SLACK)
}

/** Why a figure may not be ranked, as a clause; undefined if it may be. */
export function whyUnranked({
  repeats,
  durationMs,
}: Pick<RankedFigure, 'repeats' | 'durationMs'>): string | undefined {
  const least = RANKED_MIN
  if (repeats < least.repeats) return `${repeats} of at least ${least.repeats} repeats`
  if (!isLongEnough({ durationMs }))
    return `${formatSpan(durationMs)} of at least ${formatSpan(least.durationMs)}`
  return undefined
}

/** The distance from the smallest to the largest repeat, as a share of the median. */
export function scatterOf({ median, min, max }: Range): number {
  return median === 0 ? 0 : (max - min) / median
}

/** Whether the load generator may have been the limit. */
export function hasBusyGenerator({ generatorBusy = 0 }: Pick<RankedFigure, 'generatorBusy'>): boolean {
  return generatorBusy >= GENERATOR_BUSY_MAX
}

/** What must be said beside a figure, one clause each. */
export function remarksOn(figure: RankedFigure): readonly string[] {
  const remarks: string[] = []
  const unranked = whyUnranked(figure)
  if (unranked !== undefined) remarks.push(`not ranked: ${unranked}`)
  if (figure.repeats > 1 && figure.scatter > SCATTER_MAX)
    remarks.push(`its repeats scatter by ${Math.round(figure.scatter * 100)} %`)
  if (hasBusyGenerator(figure)) remarks.push('the load generator was the limit')
  return remarks
}

/** `unranked`: one of them may not be ranked. */
export type Comparison = 'more' | 'less' | 'tie' | 'unranked'

/** How the first compares with the second. What may be the same is a tie. */
export function compared(one: RankedFigure, other: RankedFigure): Comparison {
  if (whyUnranked(one) !== undefined || whyUnranked(other) !== undefined) return 'unranked'
  if (overlap(one.interval, other.interval)) return 'tie'
  return one.median > other.median ? 'more' : 'less'
}
