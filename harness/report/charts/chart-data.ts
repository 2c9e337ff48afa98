/** The data of all charts: the valid strategies, their styles, and the figures by workload. */
import type { Results } from '../../results/results.ts'
import type { Trial } from '../../results/trial.ts'
import { isRepeatOf } from '../../results/trial-key.ts'
import { type Cell, type Group, groupsOf, mostContested, whyNotOrdered, withoutLoads } from '../cells.ts'
import { isLongEnough } from '../ranking.ts'
import { validStrategiesOf } from '../standing.ts'
import { type SeriesStyle, seriesStylesOf } from './series-styles.ts'

export interface ChartData {
  readonly results: Results
  /** One for each strategy that was valid in this run; others are not charted. */
  readonly styles: readonly SeriesStyle[]
  /**
   * By workload, with the run's own critical section: one group per number of callers, ascending. Without
   * runs that are too short for a rate.
   */
  readonly workloads: ReadonlyMap<string, readonly Group[]>
  /** The same for each workload that was also run with another critical section. */
  readonly otherCriticalSections: readonly (readonly Group[])[]
  /** Why strategies may not be ranked by what is drawn, as a clause; undefined if they may be. */
  readonly whyUnranked: string | undefined
}

export function chartDataOf(results: Results): ChartData {
  const valid = validStrategiesOf(results)
  const groups = groupsOf(withoutLoads(results))
    .map((group) => ({
      ...group,
      cells: group.cells.filter((cell) => valid.includes(cell.strategy) && isLongEnough(cell)),
    }))
    .filter(({ cells }) => cells.length > 0)
  const isUsual = ({ criticalSectionMs }: Group) => criticalSectionMs === results.settings.criticalSectionMs
  const others = groups.filter((group) => !isUsual(group))
  return {
    results,
    styles: seriesStylesOf(results, valid),
    workloads: Map.groupBy(groups.filter(isUsual), ({ workload }) => workload),
    otherCriticalSections: [
      ...Map.groupBy(
        others,
        ({ workload, criticalSectionMs }) => `${criticalSectionMs} ${workload}`,
      ).values(),
    ],
    whyUnranked: whyNotOrdered(groups.flatMap(({ cells }) => cells)),
  }
}

export function styleOf({ styles }: ChartData, strategy: string): SeriesStyle | undefined {
  return styles.find((style) => style.strategy === strategy)
}

/** The cells of one strategy, each with the index of its level. */
export function cellsAlong(
  levels: readonly Group[],
  strategy: string,
): readonly { readonly at: number; readonly cell: Cell }[] {
  return levels.flatMap(({ cells }, at) => {
    const cell = cells.find((each) => each.strategy === strategy)
    return cell === undefined ? [] : [{ at, cell }]
  })
}

/** The workload run with the most numbers of callers by the most strategies; empty if there is none. */
export function sweptLevels({ workloads }: ChartData): readonly Group[] {
  const size = (levels: readonly Group[]): number => levels.reduce((sum, { cells }) => sum + cells.length, 0)
  const swept = [...workloads.values()].filter((levels) => levels.length > 1)
  return swept.reduce((best, levels) => (size(levels) > size(best) ? levels : best), [])
}

/** The group in which most charted strategies can be compared, of one workload or of the swept one. */
export function comparedGroup(data: ChartData, workload?: string): Group | undefined {
  const swept = sweptLevels(data)
  const any = swept.length > 0 ? swept : [...data.workloads.values()].flat()
  const levels = workload === undefined ? any : (data.workloads.get(workload) ?? [])
  return mostContested(
    levels,
    data.styles.map(({ strategy }) => strategy),
  )
}

/** The trials that a cell combines. */
export function trialsOf({ results }: ChartData, cell: Cell): readonly Trial[] {
  return results.trials.filter((trial) => trial.load === undefined && isRepeatOf(trial, cell))
}

/** The numbers of callers, as the places of an axis. */
export function callersOf(levels: readonly Group[]): readonly string[] {
  return levels.map(({ concurrency }) => concurrency.toLocaleString('en-US'))
}
