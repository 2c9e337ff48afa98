/**
 * Cells that were measured again, put into the published table. A cell is of one commit, whatever the table
 * is of: all its runs are replaced together, so that nobody can add runs until they look as they should.
 */
import type { FaultCell } from '../results/faults.ts'
import type { NamedResults } from '../results/merge.ts'
import type { Results } from '../results/results.ts'
import { ResultsFileError } from '../results/results-file-error.ts'

/**
 * The published table with the cells of `fresh` in the place of its own; those that stay say their commit.
 * Throws `ResultsFileError` for another version of an engine: a table has one column of versions.
 */
export function withCellsReplaced(published: Results, { name, results: fresh }: NamedResults): Results {
  for (const engine of fresh.engines) {
    const before = published.engines.find((each) => each.name === engine.name)
    if (before !== undefined && before.version !== engine.version)
      throw new ResultsFileError(
        `the published table is of ${before.version} and ${name} of ${engine.version}: run the whole table with one`,
      )
  }
  const replaced = new Set((fresh.faults ?? []).map(keyOf))
  const staying = (published.faults ?? []).flatMap((cell) =>
    replaced.has(keyOf(cell)) ? [] : [{ ...cell, ...commitOf(cell, published) }],
  )
  const engines = new Map(
    [...published.engines, ...fresh.engines].map((each) => [`${each.name} ${each.durability}`, each]),
  )
  return {
    ...fresh,
    command: published.command,
    startedAt: published.startedAt < fresh.startedAt ? published.startedAt : fresh.startedAt,
    engines: [...engines.values()],
    control: published.control.caught ? fresh.control : published.control,
    faults: [...staying, ...(fresh.faults ?? []).map((cell) => ({ ...cell, ...commitOf(cell, fresh) }))],
    notProven: published.notProven,
    interrupted: published.interrupted || fresh.interrupted,
  }
}

function keyOf({ fault, strategy }: FaultCell): string {
  return `${fault} ${strategy}`
}

function commitOf(cell: FaultCell, { commit }: Results): Pick<FaultCell, 'commit'> {
  const own = cell.commit ?? commit
  return own === undefined ? {} : { commit: own }
}
