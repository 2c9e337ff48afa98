/** Reads the store without the strategy: in this process, or through the process that has the connections. */
import type { FoundStatus, NotRead, Sold, Stores } from '../../strategies/ledgers/ledger.ts'
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { HoldId, ResourceId } from '../../strategies/strategy.ts'

/** For a strategy without a ledger, nothing can be read. */
export type SoldAnswer = Sold | NotRead
export type StatusAnswer = FoundStatus | 'not-readable'

export interface StoreReader {
  sold(resources: readonly ResourceId[]): Promise<SoldAnswer>
  status(id: HoldId): Promise<StatusAnswer>
}

/** Through the witness of the strategy's ledger. */
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
