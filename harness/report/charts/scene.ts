/** What all charts of a report share: who is charted, how each looks, and the figures by workload. */
import type { Results } from '../../results/results.ts'
import type { Trial } from '../../results/trial.ts'
import { type Cell, type Group, groupsOf, standingOf, strategiesOf } from '../standing.ts'
import { type Look, looksOf } from './looks.ts'

export interface Scene {
  readonly results: Results
  /** Those found valid in this run; nobody else is charted. */
  readonly looks: readonly Look[]
  /** One series of levels per workload played with the run's own critical section, callers ascending. */
  readonly workloads: ReadonlyMap<string, readonly Group[]>
  /** The same, played with another critical section than the rest of the run. */
  readonly withWork: readonly (readonly Group[])[]
}

export function sceneOf(results: Results): Scene {
  const charted = strategiesOf(results).filter((name) => standingOf(results, name).kind === 'valid')
  const inLoop: Results = { ...results, trials: results.trials.filter(({ load }) => load === undefined) }
  const groups = groupsOf(inLoop)
    .map((group) => ({ ...group, cells: group.cells.filter(({ strategy }) => charted.includes(strategy)) }))
    .filter(({ cells }) => cells.length > 0)
  const usual = groups.filter(
    ({ criticalSectionMs }) => criticalSectionMs === results.settings.criticalSectionMs,
  )
  const other = groups.filter((group) => !usual.includes(group))
  return {
    results,
    looks: looksOf(results, charted),
    workloads: Map.groupBy(usual, ({ workload }) => workload),
    withWork: [
      ...Map.groupBy(other, ({ workload, criticalSectionMs }) => `${criticalSectionMs} ${workload}`).values(),
    ],
  }
}

export function lookOf({ looks }: Scene, strategy: string): Look | undefined {
  return looks.find((look) => look.strategy === strategy)
}

/** A strategy's figures along the levels, each with the place of its level. */
export function along(
  levels: readonly Group[],
  strategy: string,
): readonly { readonly at: number; readonly cell: Cell }[] {
  return levels.flatMap(({ cells }, at) => {
    const cell = cells.find((each) => each.strategy === strategy)
    return cell === undefined ? [] : [{ at, cell }]
  })
}

/** The trials behind a cell. */
export function trialsOf({ results }: Scene, cell: Cell): readonly Trial[] {
  return results.trials.filter(
    (trial) =>
      trial.load === undefined &&
      trial.strategy === cell.strategy &&
      trial.workload === cell.workload &&
      trial.concurrency === cell.concurrency &&
      trial.criticalSectionMs === cell.criticalSectionMs,
  )
}

export function callersOf(levels: readonly Group[]): readonly string[] {
  return levels.map(({ concurrency }) => concurrency.toLocaleString('en-US'))
}
