/** How a verdict on a history changes if an engine dropped acknowledged data. */
import type { Verdict } from '../checker/verdict.ts'
import type { Keeping } from '../engines/engine.ts'
import { whyNotKept } from '../ground/kept.ts'

export function asKept(verdict: Verdict, keeping: readonly Keeping[]): Verdict {
  const whys = whyNotKept(keeping, verdict.verdict === 'invalid')
  if (whys.length === 0) return verdict
  return { ...verdict, verdict: 'unknown', reasons: [...whys, ...verdict.reasons] }
}
