/** `holdfast report FILES`: renders the report of one or several runs again. */
import path from 'node:path'
import { Command } from 'commander'
import { UsageError } from '../harness/entries/usage-error.ts'
import { withOptional } from '../harness/optional-packages.ts'
import type { NamedResults } from '../harness/results/merge.ts'
import { withHistoriesIn } from '../harness/results/merge.ts'
import { publishedFaultTable } from '../harness/results/published-faults.ts'
import { readResults } from '../harness/results/read.ts'
import { ResultsFileError } from '../harness/results/results-file-error.ts'
import { withSurvival } from '../harness/results/survives.ts'
import type { Context } from './context.ts'
import { EXIT } from './exit-codes.ts'
import { refuseUnwritable } from './options.ts'
import { SUMMARIES } from './summaries.ts'
import { rethrowAsUsage } from './usage.ts'

export const REPORT_FOLDER = 'report'
/** More runs would make the comparison unreadable. */
const RUNS_MAX = 50

export function reportCommand({ output: { out }, finish }: Context): Command {
  return new Command('report')
    .description(SUMMARIES.report.about)
    .argument('<files...>', 'results files of compare or load: results/*.json')
    .option('--out <folder>', 'folder for index.html and the charts', REPORT_FOLDER)
    .action(async (files: readonly string[], options: { readonly out: string }) => {
      const runs = await runsIn([...new Set(files.map((file) => path.normalize(file)))])
      await refuseUnwritable(options.out)
      // Loaded on demand: charts take longest to load.
      const { writeReport } = await withOptional(() => import('../harness/report/write-report.ts'))
      const [page = '', ...charts] = await writeReport(runs, options.out)
      const beside =
        charts.length === 0 ? '' : `, ${charts.length} charts in ${path.join(options.out, 'charts')}`
      out.write(`Written: ${page}${beside}\n`)
      finish(EXIT.asPromised)
    })
}

/** Reads all files before anything is written. */
async function runsIn(files: readonly string[]): Promise<readonly [NamedResults, ...NamedResults[]]> {
  if (files.length > RUNS_MAX)
    throw new UsageError(`${files.length} files are too many for one page: at most ${RUNS_MAX}`)
  const runs: NamedResults[] = []
  const published = await publishedFaultTable()
  for (const file of files) {
    const results = await readResults(file).catch(rethrowAsUsage(ResultsFileError))
    const told = results.strategies?.some(({ survives }) => survives !== undefined)
      ? results
      : withSurvival(results, published)
    runs.push({ name: path.basename(file, '.json'), results: withHistoriesIn(told, path.dirname(file)) })
  }
  const [first, ...others] = runs
  if (first === undefined) throw new UsageError('there is no results file to render')
  return [first, ...others]
}
