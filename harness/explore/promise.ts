/** What a strategy's promise says about a scenario: what an exploration must find, and may find. */
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { Exploration } from '../results/explorations.ts'
import type { Scenario } from './scenario.ts'

/** `violated`: it must be caught. `either`: it may be. */
export type Expected = 'proved' | 'violated' | 'either'

export function expectedOf({ promises }: StrategyEntry, { name, fault }: Scenario): Expected {
  switch (promises.safe) {
    case 'always':
      return 'proved'
    case 'never':
      // It oversells under plain concurrency, and this scenario is that.
      return name === 'hold' ? 'violated' : 'either'
    case 'without-faults':
      return fault !== undefined && promises.unsafeUnder.includes(fault) ? 'violated' : 'proved'
  }
}

/** Whether the result is as expected. No promise allows a violation other than an oversell. */
export function isAsExpected(
  expected: Expected,
  outcome: Exploration['outcome'],
  { isOversellOnly }: { readonly isOversellOnly: boolean },
): boolean {
  switch (outcome) {
    case 'violated':
      return expected !== 'proved' && isOversellOnly
    case 'proved':
      return expected !== 'violated'
    case 'unknown':
      return false
  }
}
