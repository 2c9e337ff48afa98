/** The results of experiments as files: one for each part of an experiment, by the schema of results. */
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { chartFile } from '../harness/report/charts/svg-file.ts'
import type { FaultCell } from '../harness/results/faults.ts'
import { publishedFaultTable } from '../harness/results/published-faults.ts'
import { readResults } from '../harness/results/read.ts'
import type { Results } from '../harness/results/results.ts'
import { ResultsFileError } from '../harness/results/results-file-error.ts'
import { resultsText } from '../harness/results/write.ts'
import { makeFolder, saveWhole } from '../harness/save.ts'
import { experimentChart } from './chart.ts'
import { ExperimentData, type ExperimentRun } from './data.ts'
import type { Experiment } from './experiment.ts'
import { type PageSettings, studyPage } from './page.ts'
import { narrowFileOf } from './picture.ts'
import { experiments } from './registry.ts'
import type { Studied } from './studied.ts'
import { partsOf, type StudyPart } from './study.ts'

const PAGE = 'README.md'
/** The study of this version. */
export const PUBLISHED = path.resolve(import.meta.dirname, '../docs/results/study')

export function resultsFileOf({ experiment, durability, setup }: StudyPart): string {
  const varied = [setup.name.replaceAll(/[^a-z0-9]+/gi, '-'), durability === 'durable' ? '' : durability]
  return `${[experiment.name, ...varied.filter(Boolean)].join('.')}.json`
}

export async function saveExperiment(part: StudyPart, folder: string, results: Results): Promise<void> {
  await makeFolder(folder)
  await saveWhole(path.join(folder, resultsFileOf(part)), resultsText(results, 1))
}

/** Whether something has been saved there. */
export function isStored(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => found.isFile(),
    () => false,
  )
}

/** One plan that is complete in a folder; undefined if it is not, or is none of this version. */
export async function storedRun(part: StudyPart, folder: string): Promise<ExperimentRun | undefined> {
  const { durability, setup } = part
  try {
    const results = await readResults(path.join(folder, resultsFileOf(part)))
    return { durability, setup: setup.name, results }
  } catch (error) {
    if (error instanceof ResultsFileError) return undefined
    throw error
  }
}

/** What has been measured of an experiment; undefined if one of its parts is missing. */
export async function storedExperiment(
  experiment: Experiment,
  folder: string,
): Promise<ExperimentData | undefined> {
  const runs: ExperimentRun[] = []
  for (const part of partsOf(experiment)) {
    const run = await storedRun(part, folder)
    if (run === undefined) return undefined
    runs.push(run)
  }
  return new ExperimentData(runs)
}

/** Every experiment that is complete in a folder. */
export async function storedStudy(folder: string): Promise<readonly Studied[]> {
  const studied: Studied[] = []
  for (const experiment of experiments) {
    const data = await storedExperiment(experiment, folder)
    if (data !== undefined) studied.push({ experiment, data })
  }
  return studied
}

/** The cells of the published table of faults; none if it is not published as data. */
export async function publishedFaults(): Promise<readonly FaultCell[]> {
  return (await publishedFaultTable()).faults ?? []
}

/** Writes charts and the page of everything that is complete in a folder; returns the page. */
export async function writeStudy(folder: string, settings: Omit<PageSettings, 'faults'>): Promise<string> {
  const studied: Studied[] = []
  for (const each of await storedStudy(folder)) {
    const chart = await writtenChart(each, folder)
    studied.push(chart === undefined ? each : { ...each, chartFile: chart })
  }
  const page = path.join(folder, PAGE)
  await saveWhole(page, studyPage(studied, { ...settings, faults: await publishedFaults() }))
  return page
}

/** The name of the file of the wide drawing; undefined if nothing could be drawn. */
async function writtenChart(studied: Studied, folder: string): Promise<string | undefined> {
  const drawings = drawingsOf(studied)
  for (const { file, text } of drawings) await saveWhole(path.join(folder, file), text)
  return drawings[0]?.file
}

/** The chart of an experiment as files, the wide one first; none if nothing could be drawn. */
export function drawingsOf({
  experiment,
  data,
}: Studied): readonly { readonly file: string; readonly text: string }[] {
  const [run] = data.runs
  const wide = `${experiment.name}.svg`
  if (run === undefined) return []
  return (['wide', 'narrow'] as const).flatMap((form) => {
    const chart = experimentChart(experiment, data, form)
    if (chart.panels.length === 0) return []
    const file = form === 'wide' ? wide : narrowFileOf(wide)
    return [{ file, text: chartFile(chart, run.results, form) }]
  })
}
