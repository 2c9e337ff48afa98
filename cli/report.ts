/** `holdfast report FILES`: renders the report of one or several runs again, and puts shards together. */
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { Command } from 'commander'
import { UsageError } from '../harness/entries/usage-error.ts'
import { withOptional } from '../harness/optional-packages.ts'
import { counted } from '../harness/report/format.ts'
import type { NamedResults } from '../harness/results/merge.ts'
import { withHistoriesIn } from '../harness/results/merge.ts'
import { withShardsMerged } from '../harness/results/merge-shards.ts'
import { publishedFaultTable } from '../harness/results/published-faults.ts'
import { readResults } from '../harness/results/read.ts'
import { ResultsFileError } from '../harness/results/results-file-error.ts'
import { withSurvival } from '../harness/results/survives.ts'
import { resultsText } from '../harness/results/write.ts'
import { saveWhole } from '../harness/save.ts'
import type { Context } from './context.ts'
import { EXIT } from './exit-codes.ts'
import { refuseUnwritable } from './options.ts'
import { SUMMARIES } from './summaries.ts'
import { rethrowAsUsage } from './usage.ts'

export const REPORT_FOLDER = 'report'
const WHOLE_FILE = 'results.json'
/** More runs would make the comparison unreadable. */
const RUNS_MAX = 50

const HELP = `
Runs on one machine with the same versions and settings count as repeats of each other; others are listed beside.

Shards (--shard of compare, explore, faults) are put together, and the whole is saved as ${WHOLE_FILE}. All parts of a run
must be there, each once, of one commit and one version of each engine, and each with its control caught; those of compare and
explore of one seed and plan, too, and on machines of one kind if they carry figures. What cannot be one run is refused.

Parts of a study are given as folders, of one commit, seed and length, each experiment on one machine and in one folder;
the page lists the experiments that none of them has.

Examples:
  holdfast report results/*.json
  holdfast report shard-*/*.json --out whole
  holdfast report study-1 study-2 --out results/study
`

type Runs = readonly [NamedResults, ...NamedResults[]]

export function reportCommand({ output: { out }, finish }: Context): Command {
  return new Command('report')
    .description(SUMMARIES.report.about)
    .argument('<files...>', 'results files of compare, load, explore or faults; folders of study')
    .option('--out <folder>', 'folder for index.html and the charts', REPORT_FOLDER)
    .addHelpText('after', HELP)
    .action(async (named: readonly string[], options: { readonly out: string }) => {
      const files = [...new Set(named.map((file) => path.normalize(file)))]
      await refuseUnwritable(options.out)
      if (await areFolders(files)) {
        // Loaded on demand: the experiments are many.
        const { mergeStudies } = await import('../experiments/merge-study.ts')
        const page = await mergeStudies(files, options.out).catch(rethrowAsUsage(ResultsFileError))
        out.write(`Written: ${page}\n`)
        finish(EXIT.asPromised)
        return
      }
      const given = await runsIn(files)
      const runs = await wholeOf(given).catch(rethrowAsUsage(ResultsFileError))
      const whole = runs === given ? undefined : runs.at(-1)
      // Loaded on demand: charts take longest to load.
      const { writeReport } = await withOptional(() => import('../harness/report/write-report.ts'))
      const [page = '', ...charts] = await writeReport(runs, options.out)
      const beside =
        charts.length === 0 ? '' : `, ${charts.length} charts in ${path.join(options.out, 'charts')}`
      if (whole !== undefined) {
        const file = path.join(options.out, WHOLE_FILE)
        // Its histories are found from where it is, as in the files of the shards.
        const saved = withHistoriesIn(whole.results, path.relative(options.out, '.'))
        await saveWhole(file, resultsText(saved))
        out.write(
          `${counted(1 + given.length - runs.length, 'shard')} are one run: ${sizeOf(whole)} (${file})\n`,
        )
      }
      out.write(`Written: ${page}${beside}\n`)
      finish(EXIT.asPromised)
    })
}

/** The given runs themselves if nothing is to be put together. Throws `ResultsFileError`. */
async function wholeOf(runs: Runs): Promise<Runs> {
  const isOfFaults = ({ results }: NamedResults): boolean =>
    results.trials.length === 0 && (results.faults?.length ?? 0) > 0
  if (runs.length > 1 && runs.every(isOfFaults)) {
    const { mergedHere } = await import('../harness/faults/merge-here.ts')
    return [{ name: runs.map(({ name }) => name).join(' + '), results: mergedHere(runs) }]
  }
  return withShardsMerged(runs)
}

function sizeOf({ results: { trials, explorations = [], faults = [] } }: NamedResults): string {
  const sizes = [
    trials.length > 0 ? counted(trials.length, 'trial') : undefined,
    explorations.length > 0 ? counted(explorations.length, 'exploration') : undefined,
    faults.length > 0 ? counted(faults.length, 'cell') : undefined,
  ]
  return sizes.filter((each) => each !== undefined).join(', ')
}

/** Whether all are; one that is none among folders is an error. */
async function areFolders(files: readonly string[]): Promise<boolean> {
  const isFolder = (file: string): Promise<boolean> =>
    stat(file).then(
      (found) => found.isDirectory(),
      () => false,
    )
  const found = await Promise.all(files.map(isFolder))
  const stray = files[found.indexOf(false)]
  if (found.includes(true) && stray !== undefined)
    throw new UsageError(`${stray} is no folder, and parts of a study are folders`)
  return found.includes(true)
}

/** Reads all files before anything is written. */
async function runsIn(files: readonly string[]): Promise<Runs> {
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
