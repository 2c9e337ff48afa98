/**
 * The published ceilings: of the illegal histories of a class, the share that the checker may miss, in
 * percent, by history alone, with the audit, with versions. A class without ceilings may miss nothing.
 *
 * False alarms and missed oversells have no ceiling here: there must be none.
 */

import { chanceOf } from './interval.ts'
import { LAYERS, type Layer } from './layers.ts'
import type { Tally } from './tally.ts'

const CEILINGS_PERCENT: Readonly<
  Record<string, readonly [history: number, audit: number, versions: number]>
> = {}

/**
 * A sample may lie above its ceiling by chance. There are some hundred ceilings, so chance must be far from
 * it.
 */
const BY_CHANCE_MIN = 1e-5

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
      const ceiling = ceilingOf(name, layer)
      if (chanceOf(missed, illegal, ceiling / 100) < BY_CHANCE_MIN) {
        problems.push(
          `${name}, ${layer}: ${missed} of ${illegal} were missed, and the ceiling is ${ceiling}%.`,
        )
      }
    }
  }
  return problems
}
