/** Saves a comparison: histories while it runs, then results, a chart and the report. */
import path from 'node:path'
import type { TrialWithHistory } from '../../harness/compare/parts.ts'
import { writeHistory } from '../../harness/history/files.ts'
import { MissingPackagesError, withOptional } from '../../harness/optional-packages.ts'
import { withHistoriesIn } from '../../harness/results/merge.ts'
import type { Results } from '../../harness/results/results.ts'
import { resultsText } from '../../harness/results/write.ts'
import { makeFolder, saveWhole } from '../../harness/save.ts'
import { REPORT_FOLDER } from '../report.ts'
import { type CompareOptions, OUT_DEFAULT } from './options.ts'

/** Saves the histories of convictions, or all if requested. */
export function historyKeeper(
  { out, keepHistories }: CompareOptions,
  stamp: string,
): (result: TrialWithHistory, purpose: 'control' | 'trial') => Promise<string | undefined> {
  const folder = `${stamp}-histories`
  return async ({ trial, history }, purpose) => {
    if (trial.verdict !== 'invalid' && keepHistories === undefined) return undefined
    const who = trial.strategy.replaceAll(/[^\w.-]/g, '_')
    const label = `${who}-${trial.workload}-c${trial.concurrency}-r${trial.repeat}`
    const file = path.join(folder, `${purpose === 'control' ? 'control-' : ''}${label}.jsonl`)
    await makeFolder(path.join(out, folder))
    await writeHistory(path.join(out, file), history)
    return file
  }
}

export interface Saved {
  readonly files: readonly string[]
  /** The report page, one of the files. */
  readonly page?: string
  /** Why there is no page, although there are results. */
  readonly notDrawn?: string
}

/** Writes nothing if nothing was measured. */
export async function save(results: Results, options: CompareOptions, stamp: string): Promise<Saved> {
  const { out: folder } = options
  if (results.trials.length === 0 && !results.control.caught) return { files: [] }
  const json = path.join(folder, `${stamp}.json`)
  await saveWhole(json, resultsText(results))
  try {
    const { svg, page } = await withOptional(() => draw(results, options, stamp))
    return { files: [json, svg, page], page }
  } catch (error) {
    // The results are saved; `holdfast report` draws them once the packages are installed.
    if (error instanceof MissingPackagesError) return { files: [json], notDrawn: error.message }
    throw error
  }
}

async function draw(
  results: Results,
  { out: folder, report }: CompareOptions,
  stamp: string,
): Promise<{ readonly svg: string; readonly page: string }> {
  const svg = path.join(folder, `${stamp}.svg`)
  // Loaded on demand: charts take longest to load.
  const { renderChart } = await import('../../harness/report/charts/svg-file.ts')
  await saveWhole(svg, renderChart(results))
  const { writeReport } = await import('../../harness/report/write-report.ts')
  const reportFolder = report ?? (folder === OUT_DEFAULT ? REPORT_FOLDER : path.join(folder, REPORT_FOLDER))
  const [page = ''] = await writeReport(
    [{ name: stamp, results: withHistoriesIn(results, folder) }],
    reportFolder,
  )
  return { svg, page }
}
