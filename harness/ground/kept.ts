/**
 * How a result changes if an engine dropped acknowledged data. A promise assumes an engine that keeps what
 * it acknowledged. If it did not, a violation is not the strategy's fault; if its settings allow it to drop
 * data, a pass proves nothing.
 */
import type { Keeping } from '../engines/engine.ts'
import type { Ground } from './ground.ts'

/** Other code notices and reports an engine that no longer answers. */
export function keptOn(ground: Pick<Ground, 'keeping'>): Promise<readonly Keeping[]> {
  return ground.keeping().catch(() => [])
}

/** Clauses that say why a result is unknown. A conviction stands if nothing was dropped. */
export function whyNotKept(keeping: readonly Keeping[], isConvicted: boolean): readonly string[] {
  const whys = keeping.flatMap((each) =>
    each.kind === 'lost' || (each.kind === 'may-lose' && !isConvicted) ? [each.why] : [],
  )
  return [...new Set(whys)]
}
