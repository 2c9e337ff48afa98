/** Prints cells as they come, and what they come to together. */
import { FAULT_OUTCOMES } from '../../harness/report/fault-outcomes.ts'
import { counted, formatFigure, formatSpan } from '../../harness/report/format.ts'
import type { FaultCell } from '../../harness/results/faults.ts'
import type { Results } from '../../harness/results/results.ts'
import { type Survival, survivals } from '../../harness/results/survives.ts'
import type { Sink } from '../output.ts'
import type { FaultsOrder } from './order.ts'

/** One line, and one more for each thing that is not as predicted. */
export function printFaultCell(sink: Sink, cell: FaultCell, left: number): void {
  const { tone, text: mark } = FAULT_OUTCOMES[cell.outcome ?? 'unknown']
  const service = cell.service === undefined ? '' : `, ${cell.service}`
  const back = cell.recoveredMs === undefined ? ', not back' : `, back in ${formatSpan(cell.recoveredMs)}`
  sink.write(
    `${cell.fault} · ${cell.strategy} · seed ${cell.seed}: ${sink.paint(tone, mark)}${service}${back} ${sink.paint('quiet', `(${cell.struck ?? 'not struck'}; ${counted(left, 'cell')} left)`)}\n`,
  )
  if (cell.asPredicted) return
  for (const reason of cell.reasons) sink.write(`  ${sink.paint('bad', '≠ NOT AS PREDICTED')}: ${reason}\n`)
}

/** By fault: the prediction beside what was found. */
export function printFaultTable(sink: Sink, results: Results, { faults }: FaultsOrder): void {
  const all = survivals(results.faults ?? [])
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
  const { tone, text: mark } = FAULT_OUTCOMES[row.outcome]
  const { text: expected } = FAULT_OUTCOMES[row.predicted]
  const service = row.service === undefined ? '' : `, ${row.service}`
  const bound =
    row.agreeing < row.runs
      ? `in ${row.agreeing} of ${row.runs} runs`
      : `${row.runs} of ${row.runs} runs, otherwise at most ${formatFigure(100 * row.otherwiseMax)} %`
  const match = row.asPredicted
    ? sink.paint('good', '= as predicted')
    : sink.paint('bad', '≠ NOT AS PREDICTED')
  return `  ${row.strategy.padEnd(38)} ${sink.paint(tone, `${mark}${service}`.padEnd(24))} predicted ${expected.padEnd(18)} ${match} ${sink.paint('quiet', `(${bound})`)}`
}
