/**
 * The published ceilings: of the illegal histories of a class, the share that the checker may miss, in percent, by
 * history alone, with the audit, with versions. A class without ceilings may miss nothing.
 *
 * False alarms and missed oversells have no ceiling here: there must be none.
 */

import { rateOf } from './interval.ts'
import { LAYERS, type Layer } from './layers.ts'
import type { Tally } from './tally.ts'

const CEILINGS_PERCENT: Readonly<
  Record<string, readonly [history: number, audit: number, versions: number]>
> = {}

function ceilingOf(className: string, layer: Layer): number {
  return CEILINGS_PERCENT[className]?.[LAYERS.indexOf(layer)] ?? 0
}

/** Everything for which the command fails, one sentence each. */
export function problemsOf(tally: Tally): readonly string[] {
  const problems: string[] = []
  if (tally.examples.some(({ what }) => what === 'generator')) {
    problems.push('A history without a defect was found illegal: the generator or the search is wrong.')
  }
  for (const [name, { layers }] of tally.classes) {
    for (const layer of LAYERS) {
      const { falseAlarms, oversellsMissed, missed, illegal } = layers[layer]
      if (falseAlarms > 0) problems.push(`${name}, ${layer}: ${falseAlarms} legal histories were convicted.`)
      if (oversellsMissed > 0) problems.push(`${name}, ${layer}: ${oversellsMissed} oversells were missed.`)
      const rate = rateOf(missed, illegal)
      const ceiling = ceilingOf(name, layer)
      // A sample may lie above the ceiling by chance: only what is certainly above counts.
      if (rate !== undefined && rate.low * 100 > ceiling) {
        problems.push(
          `${name}, ${layer}: ${missed} of ${illegal} were missed, and the ceiling is ${ceiling}%.`,
        )
      }
    }
  }
  return problems
}
