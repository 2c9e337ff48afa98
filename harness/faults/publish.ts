/**
 * `npm run faults:publish [-- <results> …]`: puts the results of one or several runs (shards) into
 * docs/results/faults.json, and renders from it the tables of docs/faults.md, docs/results/faults.html, the
 * picture in the README, and what the README says that strategies survive. Without arguments it takes
 * results/faults/faults.json; if there is none, what is published is rendered again.
 */
import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
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
import { renderedFaults } from './published.ts'
import { faultKinds } from './registry.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const RESULTS = path.join(ROOT, 'results/faults/faults.json')
const REFERENCE = path.join(ROOT, 'docs/results/reference.json')
const README = path.join(ROOT, 'README.md')

const given = process.argv.slice(2)
const isThere = await stat(RESULTS).then(
  () => true,
  () => false,
)

try {
  const files = given.length > 0 ? given : [isThere ? RESULTS : PUBLISHED_FAULTS]
  const [first, ...others] = await Promise.all(
    files.map(
      async (file): Promise<NamedResults> => ({
        name: path.relative(ROOT, path.resolve(file)),
        results: await readResults(file),
      }),
    ),
  )
  if (first === undefined) throw new ResultsFileError('there are no results')
  const merged = mergedHere([first, ...others])
  const results = publishable({ ...merged, ...(merged.faults && { faults: merged.faults.map(asSaid) }) })
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
  if (!(error instanceof ResultsFileError)) throw error
  console.error(`faults:publish: ${error.message}`)
  process.exitCode = 2
}

/** Whether its setting is one without a promise is said by the fault, also of runs that were made before. */
function asSaid({ isUnpromised: _, ...cell }: FaultCell): FaultCell {
  const kind = faultKinds.find(({ name }) => name === cell.fault)
  return { ...cell, ...(kind?.isUnpromised && { isUnpromised: true }) }
}
