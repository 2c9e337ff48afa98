/**
 * What a strategy may lose, as its registry line promises it. The one place to ask: once faults are injected,
 * the answer is what was measured under them.
 */
import type { Promises } from '../strategies/strategy.ts'

/** From the least to the most: what a reader must be willing to lose. */
const LOSSES = ['nothing', 'writes of a failover', 'a pause of a client'] as const
export type Loss = (typeof LOSSES)[number]

/** The worst that it may lose; undefined for a strategy that oversells without any fault. */
export function lossOf({ safe, unsafeUnder }: Pick<Promises, 'safe' | 'unsafeUnder'>): Loss | undefined {
  if (safe === 'never') return undefined
  if (unsafeUnder.includes('client-pause')) return 'a pause of a client'
  return unsafeUnder.includes('lost-writes') ? 'writes of a failover' : 'nothing'
}

/** Whether someone who accepts one loss may use a strategy that has another. */
export function isWithin(loss: Loss | undefined, accepted: Loss): boolean {
  return loss !== undefined && LOSSES.indexOf(loss) <= LOSSES.indexOf(accepted)
}

/** As a clause after "it". */
export function lossClause(loss: Loss | undefined): string {
  switch (loss) {
    case undefined:
      return 'oversells'
    case 'nothing':
      return 'loses nothing'
    case 'writes of a failover':
      return 'sells twice after a failover that loses writes'
    case 'a pause of a client':
      return 'sells twice when a client pauses past its lease'
  }
}
