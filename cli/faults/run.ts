/** One run of faults, from the arguments to the exit code. */
import { stat } from 'node:fs/promises'
import path from 'node:path'
import type { Command } from 'commander'
import { commitOfCheckout } from '../../harness/compare/machine.ts'
import { controlEntry } from '../../harness/entries/control.ts'
import { UsageError } from '../../harness/entries/usage-error.ts'
import type { FaultCellResult } from '../../harness/faults/cell.ts'
import { cellsMs } from '../../harness/faults/estimate.ts'
import { jobsFor, runFaultsInJobs } from '../../harness/faults/jobs.ts'
import { cellsLeft, type PlannedCell } from '../../harness/faults/plan.ts'
import type { FaultRunParts } from '../../harness/faults/run.ts'
import { writeHistory } from '../../harness/history/files.ts'
import type { FaultCell } from '../../harness/results/faults.ts'
import { publishedFaultTable } from '../../harness/results/published-faults.ts'
import { readResults } from '../../harness/results/read.ts'
import type { Results } from '../../harness/results/results.ts'
import { ResultsFileError } from '../../harness/results/results-file-error.ts'
import type { Shard } from '../../harness/results/shard.ts'
import { survivals } from '../../harness/results/survives.ts'
import { resultsText } from '../../harness/results/write.ts'
import { makeFolder, saveWhole } from '../../harness/save.ts'
import type { Context } from '../context.ts'
import { listenForEnding } from '../ending.ts'
import { refuseUnreadable } from '../engines.ts'
import { EXIT, EXIT_BY_SIGNAL } from '../exit-codes.ts'
import { dispensable, printNotProven } from '../not-proven.ts'
import { refuseUnwritable, typed } from '../options.ts'
import { rethrowAsUsage } from '../usage.ts'
import { type FaultsOptions, type FaultsOrder, orderOf } from './order.ts'
import { printFaultCell, printFaultPlan, printFaultTable } from './print.ts'

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
  const file = path.join(options.out, RESULTS_FILE)
  const isAgain = options.again === true
  const before = await earlier(file, isAgain, order.shard)
  const sink = options.json ? err : out
  const left = cellsLeft(order.cells, before?.faults ?? [], isAgain)
  const pace = await paceOf(left, before, jobsFor(left.length, order.jobs))
  printFaultPlan(sink, { all: order.cells.length, left: left.length, ms: pace.leftMs(left.length), file })
  if (options.plan) return context.finish(EXIT.asPromised)
  await refuseUnreadable([controlEntry(), ...left.map(({ entry }) => entry)], context)
  await refuseUnwritable(options.out)
  using ending = listenForEnding((signal) =>
    err.write(`\n${signal}: stopping; the cells run so far are saved, and are not run again\n`),
  )
  const parts: FaultRunParts = {
    cells: order.cells,
    kinds: context.engines,
    env: context.env,
    log: (line) => err.write(`${line}\n`),
    signal: ending.signal,
    command: ['holdfast', 'faults', ...typed(command)].join(' '),
    before,
    isAgain,
    keepHistory: historyKeeper(options.out, before?.faults ?? []),
    async onCell(cell, all, count) {
      printFaultCell(sink, cell, { count, ms: pace.leftMs(count) })
      await saveWhole(file, resultsText(asPart(all, order)))
    },
  }
  const results = asPart(await runFaultsInJobs(parts, order.jobs), order)
  await saveWhole(file, resultsText(results))
  const own = ofOrder(results, order)
  if (options.json) out.write(resultsText(results))
  else printFaultTable(out, own, order)
  sink.write(`\nWritten: ${file}\n`)
  printNotProven(sink, own.notProven)
  const cause = ending.cause()
  context.finish(cause === undefined ? exitOf(own, order, context.env) : EXIT_BY_SIGNAL[cause])
}

/** What was asked for now: the file may have more. */
function ofOrder(results: Results, { cells, entries }: FaultsOrder): Results {
  const keys = new Set(cells.map(({ fault, entry, seed }) => `${fault.name} ${entry.name} ${seed}`))
  return {
    ...results,
    faults:
      results.faults?.filter(({ fault, strategy, seed }) => keys.has(`${fault} ${strategy} ${seed}`)) ?? [],
    notProven: results.notProven.filter(({ strategy }) => entries.some(({ name }) => name === strategy)),
  }
}

/** So that nobody takes a part for the whole run. */
function asPart(results: Results, { shard }: FaultsOrder): Results {
  return { ...results, ...(shard !== undefined && { shard }) }
}

/** How long the cells that are left take: as measured before, corrected by how it goes now. */
async function paceOf(left: readonly PlannedCell[], before: Results | undefined, jobs: number) {
  const known = [...((await publishedFaultTable()).faults ?? []), ...(before?.faults ?? [])]
  const beganMs = performance.now()
  return {
    /** `count`: of the last cells. */
    leftMs(count: number): number {
      const done = left.slice(0, left.length - count)
      const planned = cellsMs(left.slice(left.length - count), known)
      const ratio = done.length === 0 ? 1 / jobs : (performance.now() - beganMs) / cellsMs(done, known)
      return planned * ratio
    },
  }
}

/**
 * Results that are there already, whose cells need not be run again. Throws `UsageError` for those of another
 * commit, and before a part is put into those of anything else, unless everything is run again: then they are
 * replaced.
 */
async function earlier(
  file: string,
  isAgain: boolean,
  shard: Shard | undefined,
): Promise<Results | undefined> {
  const isThere = await stat(file).then(
    () => true,
    () => false,
  )
  if (!isThere) return undefined
  const results = await readResults(file).catch(rethrowAsUsage(ResultsFileError))
  const commit = await commitOfCheckout()
  const isOther = shard !== undefined && partName(results.shard) !== partName(shard)
  if (results.commit === commit && !isOther) return results
  if (isAgain) return undefined
  if (results.commit === commit)
    throw new UsageError(
      `${file} is ${partName(results.shard)} and this ${partName(shard)}: name another folder with --out, or replace it with --again`,
    )
  throw new UsageError(
    `${file} is of commit ${results.commit ?? 'unknown'} and this is ${commit ?? 'no checkout'}: name another folder with --out, or replace it with --again`,
  )
}

function partName(shard: Shard | undefined): string {
  return shard === undefined ? 'of no shard' : `of shard ${shard.index}/${shard.of}`
}

/** Histories of what is not as predicted, and of the first conviction of each cell of the table. */
function historyKeeper(folder: string, before: readonly FaultCell[]) {
  const keyOf = ({ fault, strategy }: FaultCell): string => `${fault} ${strategy}`
  const shown = new Set(before.flatMap((cell) => (cell.historyFile === undefined ? [] : [keyOf(cell)])))
  return async ({ cell, history }: FaultCellResult): Promise<string | undefined> => {
    const isFirst = cell.conviction !== undefined && !shown.has(keyOf(cell))
    if (!isFirst && cell.asPredicted) return undefined
    shown.add(keyOf(cell))
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
  const missed = survivals(faults).filter(({ asPredicted }) => !asPredicted)
  if (missed.some(({ outcome }) => outcome !== 'unknown')) return EXIT.convicted
  const optional = dispensable(
    [...new Set(entries.flatMap(({ engines }) => engines))].map((name) => ({ name })),
    env,
  )
  const unexcused = notProven.filter(({ strategy, code }) => {
    const entry = entries.find(({ name }) => name === strategy)
    const isAbsence = code !== undefined && entry?.engines.some((name) => optional.includes(name)) === true
    return isNamed || !isAbsence
  })
  const isUnproven = unexcused.length > 0 || !control.caught || missed.length > 0
  return isUnproven ? EXIT.notProven : EXIT.asPromised
}
