/** Writes the report page and its charts, each file atomically. */
import { readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import type { NamedResults } from '../results/merge.ts'
import { makeFolder, saveWhole } from '../save.ts'
import { chartFile } from './charts/svg-file.ts'
import { renderReport } from './page/page.ts'

const PAGE = 'index.html'
const CHARTS = 'charts'

/** Returns the written files, the page first. Removes charts of an earlier report that this one lacks. */
export async function writeReport(
  runs: readonly [NamedResults, ...NamedResults[]],
  folder: string,
): Promise<readonly string[]> {
  const report = renderReport(runs)
  const { results } = report.merged
  const drawn = report.charts.charts.filter(({ panels }) => panels.length > 0)
  const charts = path.join(folder, CHARTS)
  await makeFolder(charts)
  const page = path.join(folder, PAGE)
  await saveWhole(page, report.html)
  const files = drawn.map((chart) => ({ file: `${chart.id}.svg`, text: chartFile(chart, results) }))
  for (const { file, text } of files) await saveWhole(path.join(charts, file), text)
  const known: readonly string[] = files.map(({ file }) => file)
  for (const name of await readdir(charts)) {
    const isOurs = /^[a-z-]+\.svg$/.test(name)
    if (isOurs && !known.includes(name)) await rm(path.join(charts, name), { force: true })
  }
  return [page, ...known.map((file) => path.join(charts, file))]
}
