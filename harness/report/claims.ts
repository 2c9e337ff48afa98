/** Claims of four documents about these techniques, paraphrased, judged by the figures of a run. */
import type { ChartData } from './charts/chart-data.ts'
import type { JudgeableClaim, Judgement } from './claims/claim.ts'
import { notes } from './claims/notes.ts'
import { tigerfans } from './claims/tigerfans.ts'
import { vetora } from './claims/vetora.ts'

export type JudgedClaim = Pick<JudgeableClaim, 'source' | 'claim'> & Judgement

export function claimsOf(data: ChartData): readonly JudgedClaim[] {
  return [...vetora, ...tigerfans, ...notes].map(({ source, claim, judge }) => ({
    source,
    claim,
    ...judge(data),
  }))
}
