/** The result of a load test: printed, saved, and as an exit code. */
import path from 'node:path'
import { spikeLines } from '../../harness/load/spike-lines.ts'
import { renderLoadTable } from '../../harness/load/table.ts'
import { MissingPackagesError, withOptional } from '../../harness/optional-packages.ts'
import { networkLine } from '../../harness/report/network.ts'
import type { Results } from '../../harness/results/results.ts'
import type { Trial } from '../../harness/results/trial.ts'
import { resultsText } from '../../harness/results/write.ts'
import { saveWhole } from '../../harness/save.ts'
import { type EndingSignal, EXIT, EXIT_BY_SIGNAL } from '../exit-codes.ts'
import { printNotProven } from '../not-proven.ts'
import type { Sink } from '../output.ts'
import type { BreachedThreshold } from './trials.ts'

export function print(out: Sink, results: Results, breaches: readonly BreachedThreshold[]): void {
  const { control, notProven, trials } = results
  const breached = new Set(breaches.map(({ strategy }) => strategy))
  if (trials.length > 0) out.write(`\n${renderLoadTable(trials, { ...control, breached }, out.paint)}\n`)
  for (const line of spikeLines(trials)) out.write(`${line}\n`)
  const network = networkLine(results)
  if (network !== undefined) out.write(`${network}\n`)
  for (const [strategy, reasons] of reasonsOf(trials)) {
    for (const reason of reasons) out.write(`${out.paint('doubtful', 'unknown')}  ${strategy}: ${reason}\n`)
  }
  for (const [strategy, why] of new Map(trials.map((each) => [each.strategy, each.storeNotRead]))) {
    if (why !== undefined) out.write(`${out.paint('doubtful', 'store not read')}  ${strategy}: ${why}\n`)
  }
  out.write(
    control.caught
      ? `\nThe control, ${control.strategy}, was caught by k6: ${control.conviction}.\n`
      : `\n${out.paint('bad', 'THE CONTROL WAS NOT CAUGHT')}: ${control.conviction}. This run proves nothing.\n`,
  )
  for (const { strategy, rule } of breaches) {
    out.write(`${out.paint('doubtful', 'threshold breached')}  ${strategy}: ${rule}\n`)
  }
  printNotProven(out, notProven)
}

/** Why verdicts are unknown, without repetitions: the steps of a ramp share their reasons. */
function reasonsOf(trials: readonly Trial[]): ReadonlyMap<string, ReadonlySet<string>> {
  const all = new Map<string, Set<string>>()
  for (const { strategy, verdict, verdictReasons } of trials) {
    if (verdict !== 'unknown') continue
    const own = all.get(strategy) ?? new Set()
    for (const reason of verdictReasons) own.add(reason)
    all.set(strategy, own)
  }
  return all
}

export function exitOf(
  results: Results,
  breaches: readonly BreachedThreshold[],
  of: { readonly isNamed: boolean; readonly cause: EndingSignal | undefined },
): number {
  if (of.cause !== undefined) return EXIT_BY_SIGNAL[of.cause]
  const convicted = results.trials.filter(({ verdict }) => verdict === 'invalid')
  // If the control is named, its conviction is the result; with --all it is expected.
  if (convicted.some(({ asPromised }) => of.isNamed || !asPromised)) return EXIT.convicted
  const isUnproven = results.trials.some(({ verdict }) => verdict === 'unknown')
  const missing = of.isNamed ? results.notProven : []
  if (isUnproven || !results.control.caught || missing.length > 0) return EXIT.notProven
  return breaches.length > 0 ? EXIT.thresholdBreached : EXIT.asPromised
}

/** Returns the written files. */
export async function save(results: Results, folder: string, stamp: string): Promise<readonly string[]> {
  if (results.trials.length === 0) return []
  const json = path.join(folder, `${stamp}-load.json`)
  await saveWhole(json, resultsText(results))
  // Loaded on demand: charts take longest to load.
  const chart = await withOptional(() => import('../../harness/report/charts/svg-file.ts'))
    .then(({ renderLoadChart }) => renderLoadChart(results))
    .catch((error: unknown) => {
      if (error instanceof MissingPackagesError) return undefined
      throw error
    })
  if (chart === undefined) return [json]
  const svg = path.join(folder, `${stamp}-load.svg`)
  await saveWhole(svg, chart)
  return [json, svg]
}
