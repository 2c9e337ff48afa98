/** Whether a verdict agrees with a strategy's promise. */
import type { Promises } from '../../strategies/strategy.ts'

export interface Found {
  readonly verdict: 'valid' | 'invalid' | 'unknown'
  readonly violations: readonly { readonly kind: string }[]
}

/** An unsafe strategy may pass one trial: it must be convicted somewhere in the run. */
export function isAsPromised({ safe }: Pick<Promises, 'safe'>, { verdict, violations }: Found): boolean {
  switch (verdict) {
    case 'valid':
      return true
    case 'unknown':
      return false
    case 'invalid':
      return safe === 'never' && violations.every(({ kind }) => kind === 'oversell')
  }
}
