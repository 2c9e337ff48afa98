/**
 * The published ceilings: of the illegal histories of a class, the share that the checker may miss, in
 * percent, by history alone, with the audit, with versions. A class without ceilings may miss nothing.
 *
 * Measured over 5,000 histories (seed 20261126) and rounded up to what chance may add: to be lowered,
 * never raised.
 *
 * False alarms and missed oversells have no ceiling here: there must be none.
 */

import { chanceOf } from './interval.ts'
import { LAYERS, type Layer } from './layers.ts'
import type { Tally } from './tally.ts'

const CEILINGS_PERCENT: Readonly<
  Record<string, readonly [history: number, audit: number, versions: number]>
> = {
  'false sold-out': [15, 15, 15],
  'expired early': [19, 0, 0],
  'replay takes again': [10, 10, 10],
  'sale invented': [0, 10, 10],
  'read stale': [0, 13, 13],
  'row invented': [0, 57, 57],
  'versions swapped': [0, 0, 20],
  'confirmed after expiry': [0, 18, 18],
}

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
