/** Whether a verdict is what a strategy's promise lets one expect. */
import type { Promises } from '../../strategies/strategy.ts'

export interface Found {
  readonly verdict: 'valid' | 'invalid' | 'unknown'
  readonly violations: readonly { readonly kind: string }[]
}

/** An unsafe strategy may pass one trial: whether it is caught at all is judged over the whole run. */
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
