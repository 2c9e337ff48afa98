/**
 * Several cells at once. A cell mostly waits, so that a processor carries more than one; but a fault may
 * step a clock or stop a process, and a checker keeps a thread to itself for a while. So each job is a
 * process with servers of its own, and shares nothing with the others but the machine.
 */
import type { Results } from '../results/results.ts'
import type { CellReference, JobReport } from './job-messages.ts'
import { JobProcess } from './job-process.ts'
import { cellsLeft, type PlannedCell } from './plan.ts'
import { type FaultRunParts, runFaults } from './run.ts'
import { type FaultTally, openTally } from './tally.ts'

/** To start its engines and to catch the control takes a job as long as two cells. */
const CELLS_EACH_MIN = 4

/** How many jobs are worth their start for so many cells. */
export function jobsFor(cells: number, jobs: number): number {
  return Math.max(1, Math.min(jobs, Math.floor(cells / CELLS_EACH_MIN)))
}

/** At most `jobs` processes; with one, or too few cells for two, everything is run in this process. */
export async function runFaultsInJobs(parts: FaultRunParts, jobs: number): Promise<Results> {
  const left = cellsLeft(parts.cells, parts.before?.faults ?? [], parts.isAgain)
  const count = jobsFor(left.length, jobs)
  if (count === 1) return await runFaults(parts)
  const tally = await openTally(parts, left)
  const hear = hearer(parts, tally, left.length)
  const others = new AbortController()
  const signal = AbortSignal.any([parts.signal, others.signal])
  const ended = await Promise.allSettled(
    Array.from({ length: count }, async (_, at) => {
      // Neighbours take about as long: they are dealt out in turn.
      const share = left.filter((_cell, each) => each % count === at).map(referenceOf)
      try {
        await using job = new JobProcess({ env: parts.env, signal, hear })
        await job.run(share, parts.command)
      } catch (error) {
        others.abort()
        throw error
      }
    }),
  )
  for (const each of ended) if (each.status === 'rejected') throw each.reason
  return tally.results()
}

/** Takes what jobs report, one report after another. */
function hearer(
  { log, keepHistory, onCell }: FaultRunParts,
  tally: FaultTally,
  all: number,
): (report: JobReport) => Promise<void> {
  let count = all
  const logged = new Set<string>()
  const heard = async (report: JobReport): Promise<void> => {
    if (report.kind === 'failed') throw new Error(report.why)
    if (report.kind === 'log') {
      // All jobs say the same.
      if (!logged.has(report.line)) log(report.line)
      logged.add(report.line)
      return
    }
    const { engines, control, notProven } = report.facts
    tally.addEngines(engines)
    tally.addControl(control)
    tally.addNotProven(notProven)
    if (report.kind === 'over') return
    const historyFile = await keepHistory(report)
    const cell = historyFile === undefined ? report.cell : { ...report.cell, historyFile }
    tally.addCell(cell)
    count -= 1
    await onCell(cell, tally.results(), count)
  }
  let queue = Promise.resolve()
  return (report) => {
    const next = queue.then(() => heard(report))
    queue = next.catch(() => undefined)
    return next
  }
}

function referenceOf({ fault, entry, seed, isForOutcomeAlone }: PlannedCell): CellReference {
  const { name, file } = entry
  return {
    fault: fault.name,
    strategy: file === undefined ? { name } : { file },
    seed,
    ...(isForOutcomeAlone === true && { isForOutcomeAlone }),
  }
}
