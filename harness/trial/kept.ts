/**
 * What an engine that dropped what it had acknowledged does to a verdict. A promise rests on an engine that
 * keeps what it says it has; where it did not, what went wrong is not the strategy's doing, and where it need
 * not have, what went well proves nothing.
 */
import type { Verdict } from '../checker/verdict.ts'
import type { Keeping } from '../engines/engine.ts'
import type { Ground } from '../ground/ground.ts'

/** An engine that cannot be asked any more is missed by others, and told of by them. */
export function keptOn(ground: Pick<Ground, 'keeping'>): Promise<readonly Keeping[]> {
  return ground.keeping().catch(() => [])
}

/** A conviction stands where nothing was dropped: then the strategy did it by itself. */
export function asKept(verdict: Verdict, keeping: readonly Keeping[]): Verdict {
  const whys = keeping.flatMap((each) =>
    each.kind === 'lost' || (each.kind === 'may-lose' && verdict.verdict !== 'invalid') ? [each.why] : [],
  )
  if (whys.length === 0) return verdict
  return { ...verdict, verdict: 'unknown', reasons: [...whys, ...verdict.reasons] }
}
