/** A strategy that could not be tried because an engine it needs is not there. */
import type { NotProven } from '../results/strategies.ts'
import type { MissingEngine } from './open.ts'

export function withoutEngine(strategy: string, { why, remedy, problem }: MissingEngine): NotProven {
  return { strategy, why, remedy, code: `engine-${problem}` }
}
