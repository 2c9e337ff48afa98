/**
 * Which strategy, when. Filters come first: what may be lost, which systems there are, whether waiters must
 * be served in order. Of what remains the simplest is taken whose figures suffice for a stated demand, with
 * what it costs, and what would be faster and why it was not taken.
 *
 * A figure suffices if its whole interval is above the demand. Where the demand lies within the interval,
 * another run could say otherwise: it is named as one that barely does, with the next that certainly does.
 */

import type { EngineKind } from '../harness/engines/engine.ts'
import { engineKinds } from '../harness/engines/registry.ts'
import { formatCount, listed } from '../harness/report/format.ts'
import { whyUnranked } from '../harness/report/ranking.ts'
import type { FaultCell } from '../harness/results/faults.ts'
import { registry, type StrategyEntry } from '../strategies/registry.ts'
import type { EngineName } from '../strategies/strategy.ts'
import type { ExperimentData, Measured } from './data.ts'
import { type FigureName, figureKinds } from './figures.ts'
import { isWithin, type Loss, lossClause, promisedLoss, type Safety, safetyOf } from './safety.ts'
import { comparison, told } from './say.ts'
import { SIMPLEST_FIRST } from './simplest-first.ts'
import type { Studied } from './studied.ts'
import { durabilityOf, systemsOf } from './systems.ts'

/** What a reader needs, besides enough of it. */
interface Filter {
  readonly words: string
  readonly accepted: Loss
  /** All others are out; absent: any. */
  readonly systems?: readonly EngineName[]
  readonly inOrder?: true
}

const NOTHING_LOST = 'nothing may be lost'
const WRITES_LOST = 'a failover may lose writes'

/** What strategies on this engine alone offer at best is what must be accepted to use it alone. */
function aloneOn({ name, title }: EngineKind): readonly Filter[] {
  const losses = registry
    .filter(({ engines }) => engines.length === 1 && engines[0] === name)
    .map(({ promises }) => promisedLoss(promises))
  const systems = [name]
  if (losses.includes('nothing'))
    return [{ words: `${NOTHING_LOST}; ${title} alone`, accepted: 'nothing', systems }]
  return losses.includes('writes of a failover')
    ? [{ words: `${WRITES_LOST}; ${title} alone`, accepted: 'writes of a failover', systems }]
    : []
}

const FILTERS: readonly Filter[] = [
  ...engineKinds.flatMap(aloneOn),
  { words: `${NOTHING_LOST}; any system`, accepted: 'nothing' },
  { words: `${NOTHING_LOST}; waiters are served in order`, accepted: 'nothing', inOrder: true },
  { words: `${WRITES_LOST}; any system`, accepted: 'writes of a failover' },
]

interface Demand {
  /** The experiment that measured all strategies on this shape. */
  readonly experiment: string
  readonly shape: string
  readonly figure: FigureName
  readonly latency: FigureName
  readonly atLeast: readonly { readonly perSecond: number; readonly words: string }[]
}

const DEMANDS: readonly Demand[] = [
  {
    experiment: 'one-seat',
    shape: 'one hot seat',
    figure: 'truthfulAnswers',
    latency: 'loserP95',
    atLeast: [
      { perSecond: 500, words: 'a club' },
      { perSecond: 5_000, words: 'a star' },
    ],
  },
  {
    experiment: 'one-pool',
    shape: 'a pool of tickets',
    figure: 'sales',
    latency: 'holdP95',
    atLeast: [
      { perSecond: 100, words: 'a theatre' },
      { perSecond: 1_000, words: 'an arena' },
      { perSecond: 5_000, words: 'a tour' },
    ],
  },
  {
    experiment: 'one-map',
    shape: 'a venue with seats',
    figure: 'sales',
    latency: 'holdP95',
    atLeast: [
      { perSecond: 100, words: 'a theatre' },
      { perSecond: 1_000, words: 'an arena' },
    ],
  },
]

interface Choice {
  readonly strategy: string
  /** Against which faults. */
  readonly safe: string
  /** The systems to run. */
  readonly systems: string
  readonly durability: string
  readonly figure: Measured
  readonly latency: Measured | undefined
}

export interface Decision {
  readonly shape: string
  readonly demand: string
  readonly filter: string
  /** The simplest that suffices, after simpler ones that barely do. Empty: nothing measured suffices. */
  readonly choices: readonly Choice[]
  /** Whether another run could say of all of them that they do not suffice. */
  readonly isDoubtful: boolean
  readonly cost: string
  readonly faster: string
}

/** One for each demand and filter; none for what was not measured, or not well enough to decide. */
export function decisionsOf(
  studied: readonly Studied[],
  faults: readonly FaultCell[] = [],
): readonly Decision[] {
  return DEMANDS.flatMap((demand) => {
    const data = studied.find(({ experiment }) => experiment.name === demand.experiment)?.data
    if (data === undefined) return []
    const measured = measuredOf(data, demand, faults)
    if (measured.some(({ figure }) => whyUnranked(figure) !== undefined)) return []
    return demand.atLeast.flatMap(({ perSecond, words }) =>
      FILTERS.map((filter): Decision => {
        const { suffices, borderline } = sufficing(
          measured.filter((each) => passes(each, filter)),
          perSecond,
        )
        const [best] = suffices === undefined ? borderline : [suffices]
        const taken = [...borderline, ...(suffices === undefined ? [] : [suffices])]
        return {
          shape: demand.shape,
          demand: `${formatCount(perSecond)} ${figureKinds[demand.figure].title} per second, ${words}`,
          filter: filter.words,
          choices: taken.map(({ entry, safety, figure }) => ({
            strategy: entry.name,
            safe: safety.words,
            systems: systemsOf(entry),
            durability: durabilityOf(entry, data),
            figure,
            latency: data.figure(demand.latency, { strategy: entry.name }),
          })),
          isDoubtful: suffices === undefined && borderline.length > 0,
          cost: best === undefined ? '–' : costOf(best, data, demand),
          faster: best === undefined ? '–' : fasterThan(best, measured, filter),
        }
      }),
    )
  })
}

interface Candidate {
  readonly entry: StrategyEntry
  readonly safety: Safety
  readonly figure: Measured
}

/** The simplest first. */
function measuredOf(
  data: ExperimentData,
  { figure: name }: Demand,
  faults: readonly FaultCell[],
): readonly Candidate[] {
  return SIMPLEST_FIRST.flatMap((strategy) => {
    const entry = registry.find((each) => each.name === strategy)
    const figure = data.figure(name, { strategy })
    return entry === undefined || figure === undefined
      ? []
      : [{ entry, figure, safety: safetyOf(entry, faults) }]
  })
}

function passes(
  { entry: { engines, promises }, safety }: Candidate,
  { accepted, systems, inOrder }: Filter,
): boolean {
  if (!isWithin(safety.loss, accepted)) return false
  if (systems !== undefined && engines.some((name) => !systems.includes(name))) return false
  return inOrder !== true || promises.fairness === 'queue'
}

/** The first that certainly suffices, and simpler ones of which another run could say so. */
function sufficing(
  candidates: readonly Candidate[],
  perSecond: number,
): { readonly suffices: Candidate | undefined; readonly borderline: readonly Candidate[] } {
  const borderline: Candidate[] = []
  for (const candidate of candidates) {
    const { low, high } = candidate.figure.interval
    if (low >= perSecond) return { suffices: candidate, borderline }
    if (high >= perSecond) borderline.push(candidate)
  }
  return { suffices: undefined, borderline }
}

/** The processor time and connections of a sale. */
function costOf({ entry }: Candidate, data: ExperimentData, { figure }: Demand): string {
  const of = (figure: FigureName, words: string): readonly string[] => {
    const found = data.figure(figure, { strategy: entry.name })
    return found === undefined ? [] : [`${told(found)} ${words}`]
  }
  const costs = [
    // On one hot seat hardly anybody is granted a hold: what costs is the answer.
    ...(figure === 'truthfulAnswers'
      ? of('connectionMsPerAnswer', 'of a connection per answer')
      : of('connectionMs', 'of a connection per hold')),
    ...of('salesPerCpuSecond', 'sales per CPU-second'),
  ]
  return costs.length === 0 ? '–' : costs.join('; ')
}

/** The fastest that passes and the fastest that does not, each with the reason why it was not taken. */
function fasterThan(taken: Candidate, all: readonly Candidate[], filter: Filter): string {
  const faster = all.filter(({ figure }) => comparison(figure, taken.figure) === 'more')
  const fastest = (of: readonly Candidate[]): Candidate | undefined =>
    of.toSorted((one, other) => other.figure.median - one.figure.median)[0]
  const allowed = fastest(faster.filter((other) => passes(other, filter)))
  const barred = fastest(faster.filter((other) => !passes(other, filter)))
  const words = [
    ...(allowed === undefined
      ? []
      : [`${allowed.entry.name} (${told(allowed.figure)}): not needed, and less simple`]),
    ...(barred === undefined
      ? []
      : [`${barred.entry.name} (${told(barred.figure)}): ${whyNot(barred, filter)}`]),
  ]
  return words.length === 0 ? 'nothing, beyond the noise' : words.join('; ')
}

function whyNot({ entry: { engines }, safety }: Candidate, { accepted, systems, inOrder }: Filter): string {
  if (!isWithin(safety.loss, accepted)) return `it ${lossClause(safety)}`
  const more = engines.filter((name) => systems !== undefined && !systems.includes(name))
  if (more.length > 0) return `it needs ${listed(more)}`
  return inOrder === true ? 'it serves waiters in any order' : 'it does not pass'
}
