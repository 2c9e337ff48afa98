/** Every chart of a report, in order. */
import type { Results } from '../../results/results.ts'
import { unrankedLine } from '../caption.ts'
import { batchesChart } from './batches.ts'
import type { Chart } from './chart.ts'
import { type ChartData, chartDataOf } from './chart-data.ts'
import { cliffChart } from './cliff.ts'
import { loadChart, loadTrialsOf } from './load.ts'
import { overTimeChart } from './over-time.ts'
import { percentilesChart } from './percentiles.ts'
import { goodputChart, waitChart } from './sweeps.ts'
import { attemptsChart, timeSpentChart } from './work.ts'
import { workloadsChart } from './workloads.ts'

export interface Charts {
  readonly data: ChartData
  readonly charts: readonly Chart[]
}

/** No charts if no strategy was valid, or if each workload was run once, by one number of callers. */
export function chartsOf(results: Results): Charts {
  const data = chartDataOf(results)
  const loads = loadTrialsOf(data)
  const isMeasured = [...data.workloads.values(), ...data.otherCriticalSections].some(
    (levels) => levels.length > 1 || levels.some(({ cells }) => cells.some(({ repeats }) => repeats > 1)),
  )
  if (data.styles.length === 0 || !(isMeasured || loads.length > 0)) return { data, charts: [] }
  const charts = [
    goodputChart(data),
    waitChart(data),
    cliffChart(data),
    percentilesChart(data),
    overTimeChart(data),
    attemptsChart(data),
    timeSpentChart(data),
    batchesChart(data),
    workloadsChart(data),
    ...(loads.length > 0 ? [loadChart(data)] : []),
  ]
  if (data.whyUnranked === undefined) return { data, charts }
  const unranked = unrankedLine(data.whyUnranked)
  return { data, charts: charts.map((chart) => ({ ...chart, unranked })) }
}
