/** A strategy that could not be tested because an engine that it needs is missing. */
import type { NotProven } from '../results/strategies.ts'
import type { MissingEngine } from './open.ts'

export function withoutEngine(strategy: string, { why, remedy, problem }: MissingEngine): NotProven {
  return { strategy, why, remedy, code: `engine-${problem}` }
}
