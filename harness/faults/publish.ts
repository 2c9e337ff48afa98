/**
 * `npm run faults:publish [-- [--over] <results> …]`: puts the results of one or several runs (shards) into
 * docs/results/faults.json, and renders from it the tables of docs/faults.md, docs/results/faults.html, the
 * picture in the README, and what the README says that strategies survive. With `--over` they replace the
 * cells that they have, and the others stay. Without arguments it takes results/faults/faults.json; if there
 * is none, what is published is rendered again.
 */
import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { readmeSection, withSection } from '../report/readme-section.ts'
import type { FaultCell } from '../results/faults.ts'
import type { NamedResults } from '../results/merge.ts'
import { PUBLISHED_FAULTS } from '../results/published-faults.ts'
import { readResults } from '../results/read.ts'
import { ResultsFileError } from '../results/results-file-error.ts'
import { withSurvival } from '../results/survives.ts'
import { resultsText } from '../results/write.ts'
import { saveWhole } from '../save.ts'
import { mergedHere } from './merge-here.ts'
import { publishable } from './merge-runs.ts'
import { withHistoriesKept } from './missed-histories.ts'
import { renderedFaults } from './published.ts'
import { faultKinds } from './registry.ts'
import { withCellsReplaced } from './replace-cells.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const RESULTS = path.join(ROOT, 'results/faults/faults.json')
const REFERENCE = path.join(ROOT, 'docs/results/reference.json')
const README = path.join(ROOT, 'README.md')

const HISTORIES = path.join(ROOT, 'docs/results/faults-missed')

/** Results name their histories from their own folder, the published ones from that of the project. */
async function named(file: string): Promise<NamedResults> {
  const results = await readResults(file)
  const from = path.resolve(file) === PUBLISHED_FAULTS ? ROOT : path.dirname(file)
  const faults = results.faults?.map(({ historyFile, ...cell }) => ({
    ...cell,
    ...(historyFile !== undefined && { historyFile: path.resolve(from, historyFile) }),
  }))
  return {
    name: path.relative(ROOT, path.resolve(file)),
    results: { ...results, ...(faults && { faults }) },
  }
}

try {
  const { values, positionals } = parseArgs({
    options: { over: { type: 'boolean', default: false } },
    allowPositionals: true,
  })
  const isThere = await stat(RESULTS).then(
    () => true,
    () => false,
  )
  const files = positionals.length > 0 ? positionals : [isThere ? RESULTS : PUBLISHED_FAULTS]
  const [first, ...others] = await Promise.all(files.map(named))
  if (first === undefined) throw new ResultsFileError('there are no results')
  const fresh = mergedHere([first, ...others], { isPart: values.over })
  const merged = values.over
    ? mergedHere([
        {
          name: 'the table',
          results: withCellsReplaced((await named(PUBLISHED_FAULTS)).results, {
            name: first.name,
            results: fresh,
          }),
        },
      ])
    : fresh
  const said = (merged.faults ?? []).map(asSaid)
  const faults = [...(await withHistoriesKept(said, { folder: HISTORIES, root: ROOT }))]
  const results = publishable({ ...merged, faults })
  await saveWhole(PUBLISHED_FAULTS, resultsText(results, 1))
  for (const { file, text } of await renderedFaults(results)) await saveWhole(file, text)
  const reference = withSurvival(await readResults(REFERENCE), results)
  await saveWhole(REFERENCE, resultsText(reference, 1))
  await saveWhole(README, withSection(await readFile(README, 'utf8'), readmeSection(reference)))
  console.log(`docs/faults.md, its page and its picture are of ${results.faults?.length ?? 0} runs.`)
  console.log(
    'If a study is published: npm run study:publish docs/results/study renders what it says of faults.',
  )
} catch (error) {
  const isWrongOption =
    error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
  if (!(error instanceof ResultsFileError) && !isWrongOption) throw error
  console.error(`faults:publish: ${error.message}`)
  process.exitCode = 2
}

/** Whether its setting is one without a promise is said by the fault, also of runs that were made before. */
function asSaid({ isUnpromised: _, ...cell }: FaultCell): FaultCell {
  const kind = faultKinds.find(({ name }) => name === cell.fault)
  return { ...cell, ...(kind?.isUnpromised && { isUnpromised: true }) }
}
