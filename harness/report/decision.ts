/** Which strategy for which situation, from the figures of one run and the strategies' promises. */
import type { EngineName, Fault } from '../../strategies/strategy.ts'
import type { Results } from '../results/results.ts'
import { churn } from '../workloads/churn.ts'
import { hotSeat } from '../workloads/hot-seat.ts'
import { multiSeat } from '../workloads/multi-seat.ts'
import { seatMap } from '../workloads/seat-map.ts'
import { sellOut } from '../workloads/sell-out.ts'
import { byGoodput, type Cell, type Group, groupsOf, mostContested, tiedWith, withoutLoads } from './cells.ts'
import { engineTitle } from './engine-title.ts'
import { validStrategiesOf } from './standing.ts'

export interface Question {
  readonly title: string
  readonly rows: readonly Advice[]
}

export interface Advice {
  readonly situation: string
  /** A requirement besides speed; absent if there is none. */
  readonly condition?: string
  readonly picks: readonly Pick[]
  /** Why there is no pick. */
  readonly unanswered?: string
}

/** The fastest qualifying strategy on one workload. */
export interface Pick {
  readonly group: Group
  readonly best: Cell
  /** Those whose range of repeats overlaps the best one's. */
  readonly tied: readonly string[]
  readonly next?: Cell
  /** The number of strategies that qualified. */
  readonly of: number
}

type Qualifies = (strategy: string) => boolean

export function questionsOf(results: Results): readonly Question[] {
  const adviser = new Adviser(results)
  const advice = adviser.advice.bind(adviser)
  return [
    {
      title: 'By contention',
      rows: [
        advice('One hot seat', [hotSeat.name]),
        advice('A GA tier: a pool of tickets, any will do', [sellOut.name]),
        advice('A venue with seats, the best ones most in demand', [seatMap.name]),
        advice('Groups who want to sit together', [multiSeat.name]),
      ],
    },
    {
      title: 'By how long things take',
      rows: [
        advice('Holds of a second, many of them abandoned', [churn.name]),
        advice('The application works between read and write', [hotSeat.name], {
          criticalSectionMs: ANY_WORK,
          condition: 'if a technique has no such step, the work is done outside its hold',
        }),
      ],
    },
    { title: 'By the engines you have', rows: byInfrastructure(results, adviser) },
    {
      title: 'By what you must survive',
      rows: [
        advice('A client that pauses for an arbitrary time', BOTH, {
          condition: 'according to its promise; this run injected no faults',
          qualifies: survives(results, 'client-pause'),
        }),
        advice('An engine that loses acknowledged writes', BOTH, {
          condition: 'according to its promise; this run injected no faults',
          qualifies: survives(results, 'lost-writes'),
        }),
        advice('Neither; only concurrency', BOTH),
      ],
    },
  ]
}

const BOTH = [hotSeat.name, sellOut.name]

/** One row per set of engines that some strategy of the run needs, smallest sets first. */
function byInfrastructure(results: Results, adviser: Adviser): readonly Advice[] {
  const { strategies } = results
  if (strategies === undefined) {
    const unanswered = 'these results do not record which engines a strategy needs'
    return [{ situation: 'any engines', picks: [], unanswered }]
  }
  const key = (names: readonly EngineName[]) => names.toSorted().join()
  return [...Map.groupBy(strategies, (strategy) => key(strategy.engines)).values()]
    .map((group) => ({ names: group.map(({ name }) => name), needed: group[0]?.engines ?? [] }))
    .filter(({ needed }) => needed.length > 0)
    .sort((one, other) => one.needed.length - other.needed.length)
    .map(({ names, needed }) => {
      const situation = `${needed.map((name) => engineTitle(results, name)).join(' and ')}${needed.length === 1 ? ' alone' : ''}`
      return adviser.advice(situation, BOTH, { qualifies: (strategy) => names.includes(strategy) })
    })
}

function survives({ trials }: Results, fault: Fault): Qualifies {
  return (strategy) => {
    const promises = trials.find((trial) => trial.strategy === strategy)?.promises
    return promises !== undefined && !promises.unsafeUnder.includes(fault)
  }
}

/** Requirements besides speed. */
interface Requirements {
  readonly condition?: string
  readonly qualifies?: Qualifies
  readonly criticalSectionMs?: number
}

/** Picks strategies from the valid ones of a run and their figures. */
class Adviser {
  readonly #valid: readonly string[]
  readonly #groups: readonly Group[]
  readonly #usualMs: number

  constructor(results: Results) {
    this.#valid = validStrategiesOf(results)
    this.#groups = groupsOf(withoutLoads(results))
    this.#usualMs = results.settings.criticalSectionMs
  }

  advice(situation: string, workloads: readonly string[], requirements: Requirements = {}): Advice {
    const { condition, qualifies = anyStrategy, criticalSectionMs = this.#usualMs } = requirements
    const picks = workloads.flatMap((workload) => this.#pick(workload, qualifies, criticalSectionMs) ?? [])
    return {
      situation,
      ...(condition !== undefined && { condition }),
      picks,
      ...(picks.length === 0 && { unanswered: this.#unanswered(workloads, qualifies, criticalSectionMs) }),
    }
  }

  #pick(workload: string, qualifies: Qualifies, criticalSectionMs: number): Pick | undefined {
    const among = this.#valid.filter(qualifies)
    const levels = this.#groups.filter(
      (group) =>
        group.workload === workload &&
        (criticalSectionMs === ANY_WORK
          ? group.criticalSectionMs > 0
          : group.criticalSectionMs === criticalSectionMs),
    )
    // Prefer the group that most valid strategies share, so that rows of one workload are comparable.
    const shared = mostContested(levels, this.#valid)
    const isRepresented = shared?.cells.some(({ strategy }) => among.includes(strategy)) === true
    const group = isRepresented ? shared : mostContested(levels, among)
    if (group === undefined) return undefined
    const [best, ...others] = byGoodput(group.cells.filter(({ strategy }) => among.includes(strategy)))
    if (best === undefined) return undefined
    const [next] = others
    return {
      group,
      best,
      tied: tiedWith(best, others),
      ...(next !== undefined && { next }),
      of: others.length + 1,
    }
  }

  #unanswered(workloads: readonly string[], qualifies: Qualifies, criticalSectionMs: number): string {
    if (this.#valid.length === 0) return 'no strategy of this run was found valid'
    if (!this.#valid.some(qualifies)) return 'no strategy that qualifies was found valid in this run'
    const work = criticalSectionMs === ANY_WORK ? ' with a critical section' : ''
    return `not measured in this run: ${workloads.join(', ')}${work}`
  }
}

/** Stands for a critical section of any length above zero. */
const ANY_WORK = -1

function anyStrategy(): boolean {
  return true
}
