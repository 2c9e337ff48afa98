/**
 * Which strategy for which situation, drawn from the figures of one run and from what the strategies promise.
 */
import type { EngineName, Fault } from '../../strategies/strategy.ts'
import type { Results } from '../results/results.ts'
import { churn } from '../workloads/churn.ts'
import { hotSeat } from '../workloads/hot-seat.ts'
import { multiSeat } from '../workloads/multi-seat.ts'
import { seatMap } from '../workloads/seat-map.ts'
import { sellOut } from '../workloads/sell-out.ts'
import { mostContested } from './answer.ts'
import { engineTitle } from './engine-title.ts'
import { type Cell, type Group, groupsOf, standingOf, strategiesOf } from './standing.ts'

export interface Question {
  readonly title: string
  readonly rows: readonly Advice[]
}

export interface Advice {
  readonly situation: string
  /** What is asked of a strategy here besides being fast; absent where nothing is. */
  readonly condition?: string
  readonly picks: readonly Pick[]
  /** Why there is no pick. */
  readonly unanswered?: string
}

/** The fastest on one workload of those that qualify. */
export interface Pick {
  readonly group: Group
  readonly best: Cell
  /** Those whose range of repeats reaches into the best one's. */
  readonly level: readonly string[]
  readonly next?: Cell
  /** How many qualified. */
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

/** A row for each set of engines that a strategy of the run needs, the smallest sets first. */
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

/** What is asked of a strategy besides being fast. */
interface Asked {
  readonly condition?: string
  readonly qualifies?: Qualifies
  readonly criticalSectionMs?: number
}

/** Knows who was found valid in a run, and how fast each was where. */
class Adviser {
  readonly #valid: readonly string[]
  readonly #groups: readonly Group[]
  readonly #usualMs: number

  constructor(results: Results) {
    this.#valid = strategiesOf(results).filter((name) => standingOf(results, name).kind === 'valid')
    this.#groups = groupsOf({ ...results, trials: results.trials.filter(({ load }) => load === undefined) })
    this.#usualMs = results.settings.criticalSectionMs
  }

  advice(situation: string, workloads: readonly string[], asked: Asked = {}): Advice {
    const { condition, qualifies = everybody, criticalSectionMs = this.#usualMs } = asked
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
    // Where all met, so that rows of one workload can be compared; elsewhere only where
    // none of these was there.
    const shared = mostContested(levels, this.#valid)
    const isThere = shared?.cells.some(({ strategy }) => among.includes(strategy)) === true
    const group = isThere ? shared : mostContested(levels, among)
    if (group === undefined) return undefined
    const ranked = group.cells
      .filter(({ strategy }) => among.includes(strategy))
      .sort((one, other) => other.goodputPerSecond.median - one.goodputPerSecond.median)
    const [best, next] = ranked
    if (best === undefined) return undefined
    const level = ranked
      .slice(1)
      .filter((cell) => cell.repeats > 1 && cell.goodputPerSecond.max >= best.goodputPerSecond.min)
      .map(({ strategy }) => strategy)
    return { group, best, level, ...(next !== undefined && { next }), of: ranked.length }
  }

  #unanswered(workloads: readonly string[], qualifies: Qualifies, criticalSectionMs: number): string {
    if (this.#valid.length === 0) return 'no strategy of this run was found valid'
    if (!this.#valid.some(qualifies)) return 'no strategy that qualifies was found valid in this run'
    const work = criticalSectionMs === ANY_WORK ? ' with a critical section' : ''
    return `not measured in this run: ${workloads.join(', ')}${work}`
  }
}

/** Stands for a critical section of any length, as long as there was one. */
const ANY_WORK = -1

function everybody(): boolean {
  return true
}
