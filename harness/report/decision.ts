/** Which strategy for which situation, drawn from the figures of one run and from what the strategies promise. */
import type { EngineName, Fault } from '../../strategies/strategy.ts'
import type { Results } from '../results/results.ts'
import { churn } from '../workloads/churn.ts'
import { hotSeat } from '../workloads/hot-seat.ts'
import { multiSeat } from '../workloads/multi-seat.ts'
import { seatMap } from '../workloads/seat-map.ts'
import { sellOut } from '../workloads/sell-out.ts'
import { mostContested } from './answer.ts'
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
  const valid = strategiesOf(results).filter((name) => standingOf(results, name).kind === 'valid')
  const groups = groupsOf({ ...results, trials: results.trials.filter(({ load }) => load === undefined) })
  const usual = results.settings.criticalSectionMs

  function pick(workload: string, qualifies: Qualifies, criticalSectionMs = usual): Pick | undefined {
    const among = valid.filter(qualifies)
    const levels = groups.filter(
      (group) =>
        group.workload === workload &&
        (criticalSectionMs === ANY_WORK
          ? group.criticalSectionMs > 0
          : group.criticalSectionMs === criticalSectionMs),
    )
    // Where all met, so that rows of one workload can be compared; elsewhere only where none of these was there.
    const shared = mostContested(levels, valid)
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

  function advice(
    situation: string,
    workloads: readonly string[],
    {
      condition,
      qualifies = everybody,
      criticalSectionMs,
    }: {
      readonly condition?: string
      readonly qualifies?: Qualifies
      readonly criticalSectionMs?: number
    } = {},
  ): Advice {
    const picks = workloads.flatMap((workload) => pick(workload, qualifies, criticalSectionMs) ?? [])
    return {
      situation,
      ...(condition !== undefined && { condition }),
      picks,
      ...(picks.length === 0 && { unanswered: unanswered(workloads, qualifies, criticalSectionMs) }),
    }
  }

  function unanswered(
    workloads: readonly string[],
    qualifies: Qualifies,
    criticalSectionMs?: number,
  ): string {
    if (valid.length === 0) return 'no strategy of this run was found valid'
    if (!valid.some(qualifies)) return 'no strategy that qualifies was found valid in this run'
    const work = criticalSectionMs === ANY_WORK ? ' with a critical section' : ''
    return `not measured in this run: ${workloads.join(', ')}${work}`
  }

  const needs = (strategy: string): readonly EngineName[] | undefined =>
    results.strategies?.find(({ name }) => name === strategy)?.engines
  const onlyOn =
    (...engines: readonly EngineName[]): Qualifies =>
    (strategy) =>
      needs(strategy)?.every((engine) => engines.includes(engine)) === true
  const using =
    (engine: EngineName): Qualifies =>
    (strategy) =>
      needs(strategy)?.includes(engine) === true
  const survives =
    (...faults: readonly Fault[]): Qualifies =>
    (strategy) => {
      const promises = results.trials.find((trial) => trial.strategy === strategy)?.promises
      return promises !== undefined && faults.every((fault) => !promises.unsafeUnder.includes(fault))
    }
  const both = [hotSeat.name, sellOut.name]
  const infrastructure: readonly Advice[] =
    results.strategies === undefined
      ? [
          {
            situation: 'whatever you have',
            picks: [],
            unanswered: 'these results do not say which engines a strategy needs',
          },
        ]
      : [
          advice('PostgreSQL, and nothing else', both, { qualifies: onlyOn('postgres') }),
          advice('Redis, alone or beside PostgreSQL', both, {
            qualifies: (name) => using('redis')(name) && onlyOn('postgres', 'redis')(name),
          }),
          advice('TigerBeetle', both, { qualifies: using('tigerbeetle') }),
        ]
  return [
    {
      title: 'By contention',
      rows: [
        advice('One hot seat', [hotSeat.name]),
        advice('A pool of tickets, any will do', [sellOut.name]),
        advice('A venue with seats, the best ones wanted most', [seatMap.name]),
        advice('Groups who want to sit together', [multiSeat.name]),
      ],
    },
    {
      title: 'By how long things take',
      rows: [
        advice('Holds of a second, many of them abandoned', [churn.name]),
        advice('The application works between read and write', [hotSeat.name], {
          criticalSectionMs: ANY_WORK,
          condition: 'where a technique has no such step, the work is done outside its hold',
        }),
      ],
    },
    { title: 'By what you have', rows: infrastructure },
    {
      title: 'By what you must survive',
      rows: [
        advice('A client that pauses for as long as it likes', both, {
          condition: 'as it promises; this run let nothing fail',
          qualifies: survives('client-pause'),
        }),
        advice('An engine that loses acknowledged writes', both, {
          condition: 'as it promises; this run let nothing fail',
          qualifies: survives('lost-writes'),
        }),
        advice('Neither; only concurrency', both),
      ],
    },
  ]
}

/** Stands for a critical section of any length, as long as there was one. */
const ANY_WORK = -1

function everybody(): boolean {
  return true
}
