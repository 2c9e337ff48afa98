/**
 * `npm run readme [results.json]`: copies a run's results into the repository as the reference, and renders
 * the table of verdicts in the README from it. The newest run in `results/` by default.
 */
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { readmeSection, reference, withSection } from './report/readme-section.ts'
import { publishedFaultTable } from './results/published-faults.ts'
import { readResults } from './results/read.ts'
import { ResultsFileError } from './results/results-file-error.ts'
import { withSurvival } from './results/survives.ts'
import { resultsText } from './results/write.ts'
import { makeFolder, saveWhole } from './save.ts'

const ROOT = path.resolve(import.meta.dirname, '..')
const FOLDER = path.join(ROOT, 'docs/results')

async function newest(): Promise<string> {
  const folder = path.join(ROOT, 'results')
  const files = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.json')).sort()
  const last = files.at(-1)
  if (last === undefined) throw new ResultsFileError('there are no results yet: npm start makes some')
  return path.join(folder, last)
}

try {
  const file = process.argv[2] ?? (await newest())
  const results = reference(withSurvival(await readResults(file), await publishedFaultTable()))
  await makeFolder(FOLDER)
  await saveWhole(path.join(FOLDER, 'reference.json'), resultsText(results, 1))
  const readme = path.join(ROOT, 'README.md')
  await saveWhole(readme, withSection(await readFile(readme, 'utf8'), readmeSection(results)))
  console.log(`README.md and docs/results/ are of ${path.relative(ROOT, file)}`)
} catch (error) {
  if (!(error instanceof ResultsFileError)) throw error
  console.error(`readme: ${error.message}`)
  process.exitCode = 2
}
