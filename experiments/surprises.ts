/**
 * What the study found that nobody expected, chosen by a rule and not by taste: where a prediction said that
 * one figure is larger and it is the smaller one by more than the noise, the largest ratio first; then claims
 * of the documents that do not hold, in the order of the study.
 */
import { formatFigure } from '../harness/report/format.ts'
import { type Experiment, SOURCES } from './experiment.ts'
import { basis, comparison, told } from './say.ts'
import type { Studied } from './studied.ts'

const SURPRISES = 3

/** Sentences, the most surprising first; fewer if there are not so many. */
export function surprisesOf(studied: readonly Studied[]): readonly string[] {
  const contradicted = studied
    .flatMap(contradictionsIn)
    .toSorted((one, other) => other.ratio - one.ratio)
    .map(({ sentence }) => sentence)
  return [...contradicted, ...studied.flatMap(refutedIn)].slice(0, SURPRISES)
}

interface Contradiction {
  /** How many times what was expected to be smaller is the other. */
  readonly ratio: number
  readonly sentence: string
}

function contradictionsIn({ experiment, data }: Studied): readonly Contradiction[] {
  return (experiment.expectations ?? []).flatMap(({ words, figure, more, than }) => {
    const [larger, smaller] = [data.figure(figure, more), data.figure(figure, than)]
    if (larger === undefined || smaller === undefined || comparison(larger, smaller) !== 'less') return []
    const ratio = smaller.median / Math.max(larger.median, Number.EPSILON)
    return [
      {
        ratio,
        sentence: `**Expected: ${words}. It is the other way round, ${formatFigure(ratio)} times:** ${named(smaller)}, ${named(larger)}${basis([larger, smaller])} (${linkTo(experiment)}).`,
      },
    ]
  })
}

function named(figure: NonNullable<ReturnType<Studied['data']['figure']>>): string {
  return `${figure.of.strategy} ${told(figure)}`
}

function refutedIn({ experiment, data }: Studied): readonly string[] {
  return experiment.claims.flatMap(({ claim, source, judge }) => {
    const { outcome, measured } = judge(data)
    if (outcome !== 'does-not-hold') return []
    return [`**“${claim}” does not hold here** (${SOURCES[source]}). ${measured} (${linkTo(experiment)})`]
  })
}

function linkTo({ name }: Experiment): string {
  return `[${name}](docs/results/study/README.md)`
}
