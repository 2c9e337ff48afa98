/**
 * How a verdict changes if an engine dropped acknowledged data. A promise assumes an engine that keeps what
 * it acknowledged. If it did not, a violation is not the strategy's fault; if its settings allow it to drop
 * data, a pass proves nothing.
 */
import type { Verdict } from '../checker/verdict.ts'
import type { Keeping } from '../engines/engine.ts'
import type { Ground } from '../ground/ground.ts'

/** Other code notices and reports an engine that no longer answers. */
export function keptOn(ground: Pick<Ground, 'keeping'>): Promise<readonly Keeping[]> {
  return ground.keeping().catch(() => [])
}

/** A conviction stands if nothing was dropped: then the strategy caused it. */
export function asKept(verdict: Verdict, keeping: readonly Keeping[]): Verdict {
  const whys = keeping.flatMap((each) =>
    each.kind === 'lost' || (each.kind === 'may-lose' && verdict.verdict !== 'invalid') ? [each.why] : [],
  )
  if (whys.length === 0) return verdict
  return { ...verdict, verdict: 'unknown', reasons: [...whys, ...verdict.reasons] }
}
