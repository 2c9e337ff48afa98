/**
 * What the service reads past the strategy: in its own process, or asked of the process that has the
 * connections for it.
 */
import type { FoundStatus, NotRead, Sold, Stores } from '../../strategies/ledgers/ledger.ts'
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { HoldId, ResourceId } from '../../strategies/strategy.ts'

/** Nothing can be read for a strategy without a ledger. */
export type SoldAnswer = Sold | NotRead
export type StatusAnswer = FoundStatus | 'not-readable'

export interface StoreReader {
  sold(resources: readonly ResourceId[]): Promise<SoldAnswer>
  status(id: HoldId): Promise<StatusAnswer>
}

/** Through the witness of the ledger that the strategy names. */
export function readerOf({ ledger }: Pick<StrategyEntry, 'ledger'>, stores: Stores): StoreReader {
  if (ledger === undefined) {
    return {
      sold: async () => ({ kind: 'not-read', reason: 'the strategy names no ledger' }),
      status: async () => 'not-readable',
    }
  }
  return {
    sold: async (resources) => (await ledger.witness()).sold(stores, resources),
    status: async (id) => (await ledger.witness()).status(stores, id),
  }
}
