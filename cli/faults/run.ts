/** One run of faults, from the arguments to the exit code. */
import { stat } from 'node:fs/promises'
import path from 'node:path'
import type { Command } from 'commander'
import { commitOfCheckout } from '../../harness/compare/machine.ts'
import type { FaultCellResult } from '../../harness/faults/cell.ts'
import { runFaults } from '../../harness/faults/run.ts'
import { writeHistory } from '../../harness/history/files.ts'
import { readResults } from '../../harness/results/read.ts'
import type { Results } from '../../harness/results/results.ts'
import { ResultsFileError } from '../../harness/results/results-file-error.ts'
import { resultsText } from '../../harness/results/write.ts'
import { makeFolder, saveWhole } from '../../harness/save.ts'
import type { Context } from '../context.ts'
import { listenForEnding } from '../ending.ts'
import { EXIT, EXIT_BY_SIGNAL } from '../exit-codes.ts'
import { dispensable, printNotProven } from '../not-proven.ts'
import { refuseUnwritable, typed } from '../options.ts'
import { rethrowAsUsage } from '../usage.ts'
import { type FaultsOptions, type FaultsOrder, orderOf } from './order.ts'
import { printFaultCell, printFaultTable } from './print.ts'

const RESULTS_FILE = 'faults.json'
const HISTORIES = 'histories'

export async function run(
  names: readonly string[],
  options: FaultsOptions,
  command: Command,
  context: Context,
): Promise<void> {
  const { out, err } = context.output
  const order = await orderOf(names, options, context)
  await refuseUnwritable(options.out)
  const file = path.join(options.out, RESULTS_FILE)
  const before = options.again ? undefined : await earlier(file)
  const sink = options.json ? err : out
  if (before !== undefined) sink.write(`Cells in ${file} are not run again.\n`)
  using ending = listenForEnding((signal) =>
    err.write(`\n${signal}: stopping; the cells run so far are saved, and are not run again\n`),
  )
  const results = await runFaults({
    cells: order.cells,
    kinds: context.engines,
    env: context.env,
    log: (line) => err.write(`${line}\n`),
    signal: ending.signal,
    command: ['holdfast', 'faults', ...typed(command)].join(' '),
    before,
    keepHistory: historyKeeper(options.out),
    async onCell(cell, all, left) {
      printFaultCell(sink, cell, left)
      await saveWhole(file, resultsText(all))
    },
  })
  await saveWhole(file, resultsText(results))
  if (options.json) out.write(resultsText(results))
  else printFaultTable(out, results, order)
  sink.write(`\nWritten: ${file}\n`)
  printNotProven(sink, results.notProven)
  const cause = ending.cause()
  context.finish(cause === undefined ? exitOf(results, order, context.env) : EXIT_BY_SIGNAL[cause])
}

/** Results of the same commit, whose cells need not be run again. */
async function earlier(file: string): Promise<Results | undefined> {
  const isThere = await stat(file).then(
    () => true,
    () => false,
  )
  if (!isThere) return undefined
  const results = await readResults(file).catch(rethrowAsUsage(ResultsFileError))
  return results.commit === (await commitOfCheckout()) ? results : undefined
}

/** Histories of what was convicted or not as predicted. */
function historyKeeper(folder: string) {
  return async ({ cell, history }: FaultCellResult): Promise<string | undefined> => {
    if (cell.conviction === undefined && cell.asPredicted) return undefined
    const who = cell.strategy.replaceAll(/[^\w.-]/g, '_')
    const file = path.join(HISTORIES, `${cell.fault}-${who}-${cell.seed}.jsonl`)
    await makeFolder(path.join(folder, HISTORIES))
    await writeHistory(path.join(folder, file), history)
    return file
  }
}

function exitOf(
  { faults = [], notProven, control }: Results,
  { isNamed, entries }: FaultsOrder,
  env: NodeJS.ProcessEnv,
): number {
  if (faults.some((cell) => cell.outcome !== undefined && !cell.asPredicted)) return EXIT.convicted
  const optional = dispensable(
    [...new Set(entries.flatMap(({ engines }) => engines))].map((name) => ({ name })),
    env,
  )
  const unexcused = notProven.filter(({ strategy, code }) => {
    const entry = entries.find(({ name }) => name === strategy)
    const isAbsence = code !== undefined && entry?.engines.some((name) => optional.includes(name)) === true
    return isNamed || !isAbsence
  })
  const isUnproven = unexcused.length > 0 || !control.caught || faults.some((cell) => !cell.asPredicted)
  return isUnproven ? EXIT.notProven : EXIT.asPromised
}
