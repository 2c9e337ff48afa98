/** Puts parts of one study, as several machines wrote them, into one folder with one page. */
import path from 'node:path'
import { readResults } from '../harness/results/read.ts'
import type { Results } from '../harness/results/results.ts'
import { ResultsFileError } from '../harness/results/results-file-error.ts'
import { experiments } from './registry.ts'
import { isStored, resultsFileOf, saveExperiment, writeStudy } from './stored.ts'
import { partsOf, type StudyPart } from './study.ts'

/** A file that a study writes, for a reader who gave another folder. */
const SOUGHT = 'one-seat.json'

interface Part {
  readonly of: StudyPart
  readonly file: string
  readonly results: Results
}

/**
 * Returns the page. Each experiment is of one machine, with its control; what no part has is listed on the
 * page. Throws `ResultsFileError` for an experiment that two parts have, and for parts of different commits,
 * seeds or lengths; then nothing is written.
 */
export async function mergeStudies(folders: readonly string[], into: string): Promise<string> {
  const parts = (await Promise.all(folders.map(partsIn))).flat()
  const [first] = parts
  if (first === undefined)
    throw new ResultsFileError(
      `no results of a study are in ${folders.join(', ')}, such as ${SOUGHT}: "holdfast study --out <folder>" makes some, and results of other commands are given as files`,
    )
  for (const part of parts) refuseBeside(part, first)
  refuseTwice(parts)
  for (const { of, results } of parts) await saveExperiment(of, into, results)
  return await writeStudy(into, { isQuick: isQuick(first.results) })
}

async function partsIn(folder: string): Promise<readonly Part[]> {
  const parts: Part[] = []
  for (const of of experiments.flatMap(partsOf)) {
    const file = path.join(folder, resultsFileOf(of))
    if (await isStored(file)) parts.push({ of, file, results: await readResults(file) })
  }
  return parts
}

function refuseBeside({ file, results }: Part, { file: other, results: first }: Part): void {
  if (results.commit !== first.commit)
    throw new ResultsFileError(
      `${other} is of commit ${first.commit ?? 'unknown'} and ${file} of ${results.commit ?? 'unknown'}: run all parts on one commit`,
    )
  if (results.seed !== first.seed)
    throw new ResultsFileError(
      `${other} has seed ${first.seed} and ${file} ${results.seed}: run all with one`,
    )
  if (isQuick(results) !== isQuick(first))
    throw new ResultsFileError(`of ${other} and ${file} one is a quick try: run all parts in one length`)
  if (!results.control.caught)
    throw new ResultsFileError(`the control of ${file} was not caught, so it proves nothing`)
}

function refuseTwice(parts: readonly Part[]): void {
  const seen = new Map<string, string>()
  for (const { file } of parts) {
    const other = seen.get(path.basename(file))
    if (other !== undefined) throw new ResultsFileError(`${other} and ${file} are both there: leave one out`)
    seen.set(path.basename(file), file)
  }
}

function isQuick({ command }: Results): boolean {
  return / --quick\b/.test(command)
}
