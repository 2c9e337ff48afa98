import type { ResourceId } from '../../strategy.ts'
import type { NotRead, ReadOrder, Sold, StoreReading } from '../ledger.ts'

/** For a witness that finds everything by itself. */
export const EVERYTHING: ReadOrder = { resources: [], holds: [], skip: { prefix: '' }, begins: () => {} }

/** What was sold by the holds that were read. */
export function soldOf(reading: StoreReading | NotRead): Sold | NotRead {
  if (reading.kind === 'not-read') return reading
  const units = new Map<ResourceId, number>()
  for (const { status, lines } of reading.holds) {
    if (status !== 'confirmed') continue
    for (const [resourceId, quantity] of lines) units.set(resourceId, (units.get(resourceId) ?? 0) + quantity)
  }
  return { kind: 'read', units, complaints: reading.complaints }
}
