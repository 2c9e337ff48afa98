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
> = {
  'answer changed': [0.3, 0.3, 0.3],
  'capacity ignored': [0.3, 0.3, 0.3],
  'confirm lost': [1.1, 0.3, 0.3],
  'confirmed after expiry': [0.5, 0.3, 0.3],
  'confirmed after release': [0.3, 0.3, 0.3],
  'counter off': [0, 0.2, 0.2],
  'deadline not kept': [2, 0.3, 0.3],
  'deadline wrong': [0.3, 0.3, 0.3],
  'expired early': [0.5, 0.6, 0.6],
  'expired units lost': [2.4, 0.2, 0.2],
  'false sold-out': [0.4, 0.4, 0.4],
  'freed twice': [1.1, 0.4, 0.4],
  'grant torn': [0.8, 0.3, 0.4],
  'hold stored torn': [0, 0.2, 0.2],
  'hold stored twice': [0, 0.2, 0.2],
  'line taken late': [1.2, 0.6, 0.6],
  'live hold called gone': [0.3, 0.3, 0.3],
  'new id called reused': [0.2, 0.3, 0.3],
  'other lines accepted': [0.4, 0.2, 0.2],
  'oversold (held)': [0.3, 0.3, 0.3],
  'oversold (sold)': [0.3, 0.3, 0.3],
  'probe finds too little': [0, 0.2, 0.2],
  'probe finds too much': [0, 0.2, 0.2],
  'read stale': [0.3, 0.3, 0.3],
  'read too few': [0.3, 0.3, 0.3],
  'read too many': [0.3, 0.3, 0.3],
  'refusal torn': [2.8, 0.2, 0.2],
  'release forgotten': [0, 0.3, 0.3],
  'release undone': [0.7, 0.4, 0.4],
  'released units lost': [1.4, 0.2, 0.2],
  'replay called reused': [0.3, 0.3, 0.3],
  'replay refused': [0.4, 0.4, 0.4],
  'replay takes again': [0.4, 0.2, 0.2],
  'replay with another deadline': [0.3, 0.2, 0.2],
  'replay with another version': [0, 0, 0.2],
  'row invented': [0, 0.5, 0.5],
  'sale claimed': [0.2, 0.2, 0.2],
  'sale forgotten': [0, 0.2, 0.2],
  'sale invented': [0, 0.3, 0.3],
  'sale missing': [0, 0.2, 0.2],
  'sale released': [0.2, 0.2, 0.2],
  'sale sold again': [1.4, 0.2, 0.2],
  'stored deadline': [0, 0.2, 0.2],
  'units freed early': [0.5, 0.4, 0.4],
  'version twice': [0, 0, 0.2],
  'versions crossed': [0, 0, 0.6],
  'versions swapped': [0, 0, 0.3],
}

/**
 * A sample may exceed its ceiling by chance. With about a hundred ceilings, the probability of that must be
 * small.
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
