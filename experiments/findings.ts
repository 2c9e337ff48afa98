/**
 * What of the study a reader should see first, chosen by a rule and not by taste: predictions that came out
 * the other way round, clearly and by more than the noise, the largest ratio first; then claims of the
 * documents that do not hold, in the order of the study; then what was predicted and differs most.
 */
import { formatFigure } from '../harness/report/format.ts'
import { underItsConditions } from './claims.ts'
import { conditionsOf, varied } from './conditions.ts'
import type { Measured } from './data.ts'
import { type Experiment, SOURCES } from './experiment.ts'
import { basis, comparison, told } from './say.ts'
import type { Studied } from './studied.ts'

const FINDINGS = 3
/** A prediction that was wrong by less was a close call, and no finding. */
const CLEAR_RATIO = 1.5

/** Sentences, the first to be read first; fewer if there are not so many. */
export function findingsOf(studied: readonly Studied[]): readonly string[] {
  const differences = studied.flatMap(differencesIn).toSorted((one, other) => other.ratio - one.ratio)
  const clear = differences.filter(({ ratio }) => ratio >= CLEAR_RATIO)
  const contradicted = clear.filter(({ isAsExpected }) => !isAsExpected)
  const confirmed = clear.filter(({ isAsExpected }) => isAsExpected)
  return [
    ...contradicted.map(({ sentence }) => sentence),
    ...studied.flatMap(refutedIn),
    ...confirmed.map(({ sentence }) => sentence),
  ].slice(0, FINDINGS)
}

interface Difference {
  /** How many times the smaller is the larger. */
  readonly ratio: number
  readonly isAsExpected: boolean
  readonly sentence: string
}

/** What was predicted of two figures that differ by more than the noise. */
function differencesIn({ experiment, data }: Studied): readonly Difference[] {
  return (experiment.expectations ?? []).flatMap(({ words, figure, more, than }) => {
    const pair = [data.figure(figure, more), data.figure(figure, than)] as const
    const [one, other] = pair
    if (one === undefined || other === undefined) return []
    const compared = comparison(one, other)
    if (compared !== 'less' && compared !== 'more') return []
    const isAsExpected = compared === 'more'
    const [larger, smaller] = isAsExpected ? [one, other] : [other, one]
    const ratio = larger.median / smaller.median
    // Of none at all nothing is a multiple; it differs most all the same.
    const difference =
      smaller.median === 0
        ? `${told(larger)} against ${told(smaller)}`
        : `by a factor of ${formatFigure(ratio)}`
    const said = isAsExpected
      ? `**As expected, ${words}: ${difference}.**`
      : `**Expected: ${words}. It is the other way round: ${difference}.**`
    return [
      {
        ratio,
        isAsExpected,
        sentence: `${said} ${named(larger, pair)}; ${named(smaller, pair)}${basis([larger, smaller])} (${linkTo(experiment)}).`,
      },
    ]
  })
}

/** With the conditions in which the two differ. */
function named(figure: Measured, pair: readonly (Measured | undefined)[]): string {
  const differing = conditionsOf(figure.of, varied(pair.filter((each) => each !== undefined)))
  return `${[figure.of.strategy, differing].filter((part) => part !== '').join(', ')}: ${told(figure)}`
}

function refutedIn({ experiment, data }: Studied): readonly string[] {
  return experiment.claims.flatMap(({ claim, source, lacks, judge }) => {
    const { outcome, measured } = judge(data)
    if (underItsConditions(outcome, lacks) !== 'does-not-hold') return []
    return [`**“${claim}” does not hold here** (${SOURCES[source]}). ${measured} (${linkTo(experiment)})`]
  })
}

function linkTo({ name }: Experiment): string {
  return `[${name}](docs/results/study/README.md)`
}
