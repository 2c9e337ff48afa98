/** Puts parts of one study, as several machines wrote them, into one folder with one page. */
import path from 'node:path'
import { machineOf } from '../harness/results/merge-shards.ts'
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
 * Returns the page. Each experiment is of one machine and of one version of each engine, with its control;
 * what no part has is listed on the page. Throws `ResultsFileError` for an experiment that two parts have,
 * for one of different machines or versions, and for parts of different commits, of one with changes, of
 * different seeds or lengths; then nothing is written.
 */
export async function mergeStudies(folders: readonly string[], into: string): Promise<string> {
  const parts = (await Promise.all(folders.map(partsIn))).flat()
  const [first] = parts
  if (first === undefined)
    throw new ResultsFileError(
      `no results of a study are in ${folders.join(', ')}, such as ${SOUGHT}: "holdfast study --out <folder>" makes some, and results of other commands are given as files`,
    )
  for (const part of parts) refuseBeside(part, first)
  refuseChanged(parts)
  refuseTwice(parts)
  for (const experiment of experiments) refuseMixed(parts.filter(({ of }) => of.experiment === experiment))
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

/** Of one folder it may be: that is one run of one checkout. */
function refuseChanged(parts: readonly Part[]): void {
  const [first] = parts
  if (first?.results.commit?.endsWith('-dirty') !== true) return
  if (parts.every(({ file }) => path.dirname(file) === path.dirname(first.file))) return
  throw new ResultsFileError(
    `the parts are of commit ${first.results.commit}, a checkout with changes that may not have been the same: commit them first`,
  )
}

/** The parts of one experiment, which stand in one chart. */
function refuseMixed([first, ...others]: readonly Part[]): void {
  if (first === undefined) return
  for (const { of, file, results } of others) {
    const { name } = of.experiment
    if (machineOf(results) !== machineOf(first.results))
      throw new ResultsFileError(
        `${first.file} ran on ${machineOf(first.results)} and ${file} on ${machineOf(results)}: run all of ${name} on one machine`,
      )
    for (const engine of results.engines) {
      const same = first.results.engines.find((each) => each.name === engine.name)
      if (same !== undefined && same.version !== engine.version)
        throw new ResultsFileError(
          `${first.file} ran ${same.version} and ${file} ${engine.version}: run all of ${name} with one`,
        )
    }
  }
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
