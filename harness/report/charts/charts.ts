/** Every chart of a report, in the order in which it is told. */
import type { Results } from '../../results/results.ts'
import { batchesChart } from './batches.ts'
import type { Chart } from './chart.ts'
import { cliffChart } from './cliff.ts'
import { loadChart, loadTrialsOf } from './load.ts'
import { overTimeChart } from './over-time.ts'
import { percentilesChart } from './percentiles.ts'
import { type Scene, sceneOf } from './scene.ts'
import { goodputChart, waitChart } from './sweeps.ts'
import { attemptsChart, timeSpentChart } from './work.ts'
import { oasisChart, workloadsChart } from './workloads.ts'

export interface Charts {
  readonly scene: Scene
  readonly charts: readonly Chart[]
}

/** Empty where nobody was found valid: there is nothing to compare. */
export function chartsOf(results: Results): Charts {
  const scene = sceneOf(results)
  if (scene.looks.length === 0) return { scene, charts: [] }
  const charts = [
    goodputChart(scene),
    waitChart(scene),
    cliffChart(scene),
    percentilesChart(scene),
    overTimeChart(scene),
    attemptsChart(scene),
    timeSpentChart(scene),
    batchesChart(scene),
    oasisChart(scene),
    workloadsChart(scene),
    ...(loadTrialsOf(scene).length > 0 ? [loadChart(scene)] : []),
  ]
  return { scene, charts }
}
