/** Figures in sentences: with their basis, ranked only where they may be, and ties called ties. */
import { formatCount, formatFigure, formatSpan, listed } from '../harness/report/format.ts'
import { type Comparison, compared, hasBusyGenerator, whyUnranked } from '../harness/report/ranking.ts'
import type { Measured } from './data.ts'
import type { Judgement } from './experiment.ts'
import { figureKinds } from './figures.ts'

/** `1,234/s`, `2.1 ms`; a dash for a figure that the data do not carry. */
export function told(figure: Measured | undefined): string {
  return figure === undefined ? '–' : `${formatFigure(figure.median)}${figureKinds[figure.figure].unit}`
}

/** `5 × 1.0 s, n ≥ 312`: repeats and their duration, and the samples of the repeat with the fewest. */
export function basisOf(figure: Measured): string {
  return `${figure.repeats} × ${formatSpan(figure.durationMs)}, n ≥ ${formatCount(figure.samples)}`
}

/**
 * The basis that all of these share: the least of each, and where the load generator and not the engine was
 * the limit. Empty without figures.
 */
export function basis(figures: readonly (Measured | undefined)[]): string {
  const present = figures.filter((each) => each !== undefined)
  if (present.length === 0) return ''
  const least = (of: (each: Measured) => number): number => Math.min(...present.map(of))
  const repeats = least((each) => each.repeats)
  const durationMs = least((each) => each.durationMs)
  const samples = least((each) => each.samples)
  const limited = [...new Set(present.filter(hasBusyGenerator).map(({ of }) => of.strategy))]
  const limit = limited.length === 0 ? '' : `; the load generator was the limit of ${listed(limited)}`
  return ` (${repeats} × at least ${formatSpan(durationMs)}, n ≥ ${formatCount(samples)}${limit})`
}

/** Undefined figures cannot be ranked. */
export function comparison(one: Measured | undefined, other: Measured | undefined): Comparison {
  return one === undefined || other === undefined ? 'unranked' : compared(one, other)
}

/** Best first, in groups: what ties with the best of a group is in it. Undefined if they cannot be ranked. */
function rankedGroups(figures: readonly Measured[]): readonly (readonly Measured[])[] | undefined {
  const [some] = figures
  if (some === undefined || figures.some((figure) => whyUnranked(figure) !== undefined)) return undefined
  const sign = figureKinds[some.figure].better === 'more' ? -1 : 1
  const queue = figures.toSorted((one, other) => sign * (one.median - other.median))
  const groups: Measured[][] = []
  for (const figure of queue) {
    const best = groups.at(-1)?.[0]
    if (best !== undefined && compared(best, figure) === 'tie') groups.at(-1)?.push(figure)
    else groups.push([figure])
  }
  return groups
}

/** `a (12/s), then a tie of b (9.1/s) and c (8.7/s)`; or the figures by name and why they are not ranked. */
export function ranking(
  all: readonly (Measured | undefined)[],
  nameOf: (figure: Measured) => string = ({ of }) => of.strategy,
): string {
  const figures = all.filter((each) => each !== undefined)
  if (figures.length === 0) return 'nothing that the samples carry'
  const groups = rankedGroups(figures)
  if (groups === undefined) {
    const why = figures.map(whyUnranked).find((each) => each !== undefined) ?? ''
    const named = figures.map((figure) => `${nameOf(figure)} ${told(figure)}`).toSorted()
    return `not ranked (${why}): ${named.join(', ')}`
  }
  return groups
    .map((group) => {
      const named = listed(group.map((figure) => `${nameOf(figure)} (${told(figure)})`))
      return group.length === 1 ? named : `a tie of ${named}`
    })
    .join(', then ')
}

/** After two figures, in brackets or after a colon: whether they differ by more than the noise. */
export function relation(one: Measured | undefined, other: Measured | undefined): string {
  const differ = 'a clear difference'
  return { more: differ, less: differ, tie: 'a tie', unranked: 'not ranked' }[comparison(one, other)]
}

/** How many times the first is the second, if they differ by more than the noise. */
export function times(one: Measured | undefined, other: Measured | undefined): string {
  if (one === undefined || other === undefined || other.median === 0) return 'not comparable'
  const found = comparison(one, other)
  if (found === 'tie') return 'a tie'
  const ratio = `${formatFigure(one.median / other.median)} ×`
  return found === 'unranked' ? `${ratio}, not ranked` : ratio
}

/** Of a claim that one figure is larger: as given where it is, undecided within the noise. */
export function ifMore(
  larger: Measured,
  smaller: Measured,
  outcome: 'holds' | 'in-part',
): Judgement['outcome'] {
  return { more: outcome, less: 'does-not-hold', tie: 'undecided', unranked: 'undecided' }[
    comparison(larger, smaller)
  ] as Judgement['outcome']
}

/** Of a claim that a figure is at least this. */
export function ifAtLeast(
  figure: Pick<Measured, 'interval'>,
  least: number,
  outcome: 'holds' | 'in-part',
): Judgement['outcome'] {
  if (figure.interval.low >= least) return outcome
  return figure.interval.high < least ? 'does-not-hold' : 'undecided'
}

/** For a claim whose figures a run does not have. */
export function notCarried(): Judgement {
  return { outcome: 'not-measured', measured: 'The samples of the run do not carry it.' }
}
