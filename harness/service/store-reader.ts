/** What the service reads past the strategy: in its own process, or asked of the process that has the connections for it. */
import type { HoldId, ResourceId } from '../../strategies/strategy.ts'
import type { Stores } from '../audit/audit.ts'
import { type FoundStatus, statusOfHold } from '../audit/lookup.ts'
import { readSold } from '../audit/sold.ts'
import type { Sold, Unaudited } from '../audit/store-reading.ts'

export interface StoreReader {
  sold(resources: readonly ResourceId[]): Promise<Sold | Unaudited>
  status(id: HoldId): Promise<FoundStatus>
}

export function readerOf(stores: Stores): StoreReader {
  return {
    sold: (resources) => readSold(stores, resources),
    status: (id) => statusOfHold(stores, id),
  }
}
