/** What must be said below a table of figures: which of them another run may well contradict, and why. */
import type { Cell } from './cells.ts'
import { listed } from './format.ts'
import { hasBusyGenerator, SCATTER_MAX, scatterOf } from './ranking.ts'

/** Sentences without a full stop; none if nothing must be said. */
export function remarksOnGroup(cells: readonly Cell[]): readonly string[] {
  const scattered = cells.flatMap(({ strategy, repeats, goodputPerSecond }) => {
    const scatter = scatterOf(goodputPerSecond)
    return repeats > 1 && scatter > SCATTER_MAX ? [`${strategy} (${Math.round(scatter * 100)} %)`] : []
  })
  const limited = cells.flatMap((cell) => (hasBusyGenerator(cell) ? [cell.strategy] : []))
  return [
    ...(scattered.length === 0
      ? []
      : [`repeats scatter by more than ${Math.round(SCATTER_MAX * 100)} %: ${listed(scattered)}`]),
    ...(limited.length === 0
      ? []
      : [`the load generator, not the engine, was the limit: ${listed(limited)}`]),
  ]
}
