/** Prints cells as they come, and what they come to together. */
import { NOTHING_FINISHED } from '../../harness/report/answer.ts'
import { FAULT_OUTCOMES, lookOf } from '../../harness/report/fault-outcomes.ts'
import { counted, formatSpan } from '../../harness/report/format.ts'
import type { FaultCell } from '../../harness/results/faults.ts'
import type { Results } from '../../harness/results/results.ts'
import { boundOf, type Survival, survivals } from '../../harness/results/survives.ts'
import type { Sink } from '../output.ts'
import type { FaultsOrder } from './order.ts'

/** What is going to be run, and for how long. `ms`: for those that are left. */
export function printFaultPlan(
  sink: Sink,
  {
    all,
    left,
    ms,
    file,
  }: { readonly all: number; readonly left: number; readonly ms: number; readonly file: string },
): void {
  const kept = all - left
  const there =
    kept === 0 ? '' : ` ${counted(kept, 'run')} of them ${kept === 1 ? 'is' : 'are'} in ${file} already.`
  const time =
    left === 0
      ? ''
      : ` The ${left === all ? 'whole' : 'rest'} takes about ${formatHours(ms)}, and can be resumed.`
  sink.write(`${counted(all, 'run')}.${there}${time}\n`)
}

/** `47 min`, `5 h 20 min`. */
function formatHours(ms: number): string {
  const minutes = Math.ceil(ms / 60_000)
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** One line, and one more for each thing that is not as predicted. */
export function printFaultCell(
  sink: Sink,
  cell: FaultCell,
  left: { readonly count: number; readonly ms: number },
): void {
  const { tone, text: mark } = FAULT_OUTCOMES[cell.outcome ?? 'unknown']
  const service = cell.service === undefined ? '' : `, ${cell.service}`
  const back = cell.isForOutcomeAlone === true ? '' : backTold(cell.recoveredMs)
  sink.write(
    `${cell.fault} · ${cell.strategy} · seed ${cell.seed}: ${sink.paint(tone, mark)}${service}${back} ${sink.paint('quiet', `(${cell.struck ?? 'not struck'}; ${left.count === 0 ? 'no runs left' : `${counted(left.count, 'run')} left, about ${formatHours(left.ms)}`})`)}\n`,
  )
  if (cell.asPredicted) return
  for (const reason of cell.reasons) sink.write(`  ${sink.paint('bad', '≠ NOT AS PREDICTED')}: ${reason}\n`)
}

function backTold(recoveredMs: number | undefined): string {
  return recoveredMs === undefined ? ', not back' : `, back in ${formatSpan(recoveredMs)}`
}

/** By fault: the prediction beside what was found. */
export function printFaultTable(sink: Sink, results: Results, { faults }: Pick<FaultsOrder, 'faults'>): void {
  const all = survivals(results.faults ?? [])
  if (all.length === 0) {
    sink.write(`\n${NOTHING_FINISHED}.\n`)
    return
  }
  for (const fault of faults) {
    const rows = all.filter((each) => each.fault === fault.name)
    if (rows.length === 0) continue
    sink.write(`\n${sink.paint('strong', fault.title)}  ${sink.paint('quiet', fault.does)}\n`)
    for (const row of rows) sink.write(`${lineOf(sink, row)}\n`)
  }
  const missed = all.filter(({ asPredicted }) => !asPredicted).length
  const runs = results.faults?.length ?? 0
  sink.write(
    `\n${counted(runs, 'run')}, ${counted(all.length, 'cell')}: ${missed === 0 ? sink.paint('good', '✓ all as predicted') : sink.paint('bad', `≠ ${missed} not as predicted`)}\n`,
  )
  if (!results.control.caught)
    sink.write(`${sink.paint('bad', 'The control was not caught')}: this run proves nothing.\n`)
}

function lineOf(sink: Sink, row: Survival): string {
  const { tone, text: mark } = lookOf(row)
  const { text: expected } = FAULT_OUTCOMES[row.predicted]
  const service = row.service === undefined ? '' : `, ${row.service}`
  const room = boundOf(row)
  const bound = `${row.agreeing} of ${counted(row.runs, 'run')}${room === '' ? '' : `; another outcome ${room}`}`
  const match = row.asPredicted
    ? sink.paint('good', '= as predicted')
    : sink.paint('bad', '≠ NOT AS PREDICTED')
  return `  ${row.strategy.padEnd(38)} ${sink.paint(tone, `${mark}${service}`.padEnd(24))} predicted ${expected.padEnd(18)} ${match} ${sink.paint('quiet', `(${bound})`)}`
}
