/** What a load came to: told on the terminal, saved, and as an exit code. */

import path from 'node:path'
import { renderLoadTable } from '../../harness/load/table.ts'
import type { Results } from '../../harness/results/results.ts'
import { resultsText } from '../../harness/results/write.ts'
import { saveWhole } from '../../harness/save.ts'
import { type EndingSignal, EXIT, EXIT_BY_SIGNAL } from '../exit-codes.ts'
import { tellNotProven } from '../not-proven.ts'
import type { Sink } from '../output.ts'

export function tell(out: Sink, results: Results, breaches: readonly string[]): void {
  const { control, notProven } = results
  if (results.trials.length > 0) out.write(`\n${renderLoadTable(results.trials, out.paint)}\n`)
  out.write(
    control.caught
      ? `\nThe control, ${control.strategy}, was caught by k6: ${control.conviction}.\n`
      : `\n${out.paint('bad', 'THE CONTROL WAS NOT CAUGHT')}: ${control.conviction}. This run proves nothing.\n`,
  )
  for (const breach of breaches) out.write(`${out.paint('doubtful', 'threshold breached')}  ${breach}\n`)
  tellNotProven(out, notProven)
}

export function exitOf(
  results: Results,
  breaches: readonly string[],
  of: { readonly isNamed: boolean; readonly cause: EndingSignal | undefined },
): number {
  if (of.cause !== undefined) return EXIT_BY_SIGNAL[of.cause]
  const convicted = results.trials.filter(({ verdict }) => verdict === 'invalid')
  // Whoever names the control wants to see it convicted; among all the others it is there to be.
  if (convicted.some(({ asPromised }) => of.isNamed || !asPromised)) return EXIT.convicted
  const isUnproven = results.trials.some(({ verdict }) => verdict === 'unknown')
  const missing = of.isNamed ? results.notProven : []
  if (isUnproven || !results.control.caught || missing.length > 0) return EXIT.notProven
  return breaches.length > 0 ? EXIT.thresholdBreached : EXIT.asPromised
}

/** Says which files were written. */
export async function save(results: Results, folder: string, stamp: string): Promise<readonly string[]> {
  if (results.trials.length === 0) return []
  const json = path.join(folder, `${stamp}-load.json`)
  await saveWhole(json, resultsText(results))
  // Loaded when there is something to draw: it is the heaviest part.
  const { renderLoadChart } = await import('../../harness/report/charts/svg-file.ts')
  const chart = renderLoadChart(results)
  if (chart === undefined) return [json]
  const svg = path.join(folder, `${stamp}-load.svg`)
  await saveWhole(svg, chart)
  return [json, svg]
}
