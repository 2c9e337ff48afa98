/** A witness over a namespace on several servers: each part is read as if it were the whole. */
import type { EngineName, HoldId, ResourceId } from '../../strategy.ts'
import type { FoundStatus, NotRead, ReadOrder, Sold, StoreReading, Stores, Witness } from '../ledger.ts'
import { isSplit } from '../stores.ts'

/**
 * The parts are read at once, and not at one moment. At rest that is the same: nothing is called any more,
 * and what falls due soon has been waited for. `engines`: those of the ledger; it is not split where others
 * are.
 */
export function acrossEvents(witness: Witness, engines: readonly EngineName[]): Witness {
  const partsOf = (stores: Stores) => partsIn(stores, engines)
  return {
    ...witness,
    async read(stores: Stores, order: ReadOrder): Promise<StoreReading | NotRead> {
      const readings = await Promise.all((await partsOf(stores)).map((part) => witness.read(part, order)))
      const [first, ...others] = readings
      if (first !== undefined && others.length === 0) return first
      const read = readings.filter((each) => each.kind === 'read')
      const unread = readings.find((each) => each.kind === 'not-read')
      if (unread !== undefined) return unread
      return {
        kind: 'read',
        resources: read.flatMap(({ resources }) => resources),
        holds: read.flatMap(({ holds }) => holds),
        complaints: read.flatMap(({ complaints }) => complaints),
      }
    },
    async status(stores: Stores, id: HoldId): Promise<FoundStatus> {
      const found = await Promise.all((await partsOf(stores)).map((part) => witness.status(part, id)))
      return found.find((each) => each !== 'none') ?? 'none'
    },
    async sold(stores: Stores, resources: readonly ResourceId[]): Promise<Sold | NotRead> {
      const sales = await Promise.all((await partsOf(stores)).map((part) => witness.sold(part, resources)))
      const unread = sales.find((each) => each.kind === 'not-read')
      if (unread !== undefined) return unread
      const read = sales.filter((each) => each.kind === 'read')
      return {
        kind: 'read',
        units: new Map(read.flatMap(({ units }) => [...units])),
        complaints: read.flatMap(({ complaints }) => complaints),
      }
    },
  }
}

/** Only one of them can be split. */
async function partsIn(stores: Stores, engines: readonly EngineName[]): Promise<readonly Stores[]> {
  for (const engine of engines) {
    const store = stores[engine]
    if (!isSplit(store)) continue
    const parts = await store.parts()
    if (parts.length === 0) throw new Error('the servers no longer have any data of this trial')
    return parts.map((part) => ({ ...stores, [engine]: part }))
  }
  return [stores]
}
