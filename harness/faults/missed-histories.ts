/** The histories of what was not as predicted, kept beside the published table: a mismatch is shown whole. */
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { readHistory, writeHistory } from '../history/files.ts'
import { shownRun } from '../report/missed.ts'
import type { FaultCell } from '../results/faults.ts'

const ENDING = '.history'

/**
 * For each cell of the table that is not as predicted, the history of the run by which it is shown, copied in
 * the binary encoding into `folder`, if it is there. Returns the cells with the new places of those, relative
 * to `root`. A history that is in the folder already stays; one that no cell names any more is removed.
 */
export async function withHistoriesKept(
  cells: readonly FaultCell[],
  { folder, root }: { readonly folder: string; readonly root: string },
): Promise<readonly FaultCell[]> {
  await mkdir(folder, { recursive: true })
  const kept = new Map<FaultCell, string>()
  for (const runs of Map.groupBy(cells, ({ fault, strategy }) => `${fault} ${strategy}`).values()) {
    const shown = shownRun(runs)
    if (shown?.historyFile === undefined || runs.every(({ asPredicted }) => asPredicted)) continue
    const from = path.resolve(root, shown.historyFile)
    const copy = path.join(folder, `${shown.fault}-${shown.strategy}-${shown.seed}${ENDING}`)
    if (!(await isThere(from))) continue
    if (from !== copy) await writeHistory(copy, readHistory(from), { encoding: 'binary', keepsFormat: true })
    kept.set(shown, path.relative(root, copy))
  }
  const named = new Set([...kept.values()].map((each) => path.basename(each)))
  const there = (await readdir(folder)).filter((name) => name.endsWith(ENDING))
  for (const name of there) if (!named.has(name)) await rm(path.join(folder, name))
  return cells.map((cell) => {
    const { historyFile: _, ...rest } = cell
    const copy = kept.get(cell)
    return copy === undefined ? rest : { ...rest, historyFile: copy }
  })
}

async function isThere(file: string): Promise<boolean> {
  return await stat(file).then(
    (found) => found.isFile(),
    () => false,
  )
}
