/**
 * `npm run study:publish [folder]`: copies the results of a study into docs/results/study, with its charts
 * and its page, and renders the study's part of the README from them. What strategies survive is taken from
 * the published table of faults; after that has changed, `docs/results/study` as the folder renders it again.
 */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { reference } from '../harness/report/readme-section.ts'
import { saveWhole } from '../harness/save.ts'
import { studySection, withStudySection } from './readme-section.ts'
import { experiments } from './registry.ts'
import {
  PUBLISHED,
  publishedFaults,
  saveExperiment,
  storedExperiment,
  storedStudy,
  writeStudy,
} from './stored.ts'
import { partsOf } from './study.ts'

const ROOT = path.resolve(import.meta.dirname, '..')
const README = path.join(ROOT, 'README.md')

const from = process.argv[2] ?? path.join(ROOT, 'results/study')
let published = 0
for (const experiment of experiments) {
  const data = await storedExperiment(experiment, from)
  // In the order of its parts.
  for (const [at, { results }] of (data?.runs ?? []).entries()) {
    const part = partsOf(experiment)[at]
    if (part !== undefined) await saveExperiment(part, PUBLISHED, reference(results))
    published += 1
  }
}
if (published === 0) {
  console.error(`${from} has no results of a study: npm run study makes some`)
  process.exitCode = 2
} else {
  await writeStudy(PUBLISHED, { isQuick: false })
  const section = studySection(await storedStudy(PUBLISHED), await publishedFaults())
  await saveWhole(README, withStudySection(await readFile(README, 'utf8'), section))
  console.log(`README.md and docs/results/study are of ${published} results in ${from}`)
}
