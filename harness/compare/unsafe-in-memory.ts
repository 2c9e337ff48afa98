/**
 * The control for strategies that need no engine: check, let others in, act. A reads 1 free, B reads 1 free,
 * A takes it, B takes it. If this is not caught, nothing is.
 */
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { HoldId, ReservationStrategy, ResourceId } from '../../strategies/strategy.ts'
import { UnknownResourceError } from '../../strategies/strategy.ts'
import { entryFor } from '../entries/entry.ts'

/** Only whoever buys for ever: a workload that sells everything has no use for expiry. */
function unsafeInMemory(): ReservationStrategy {
  const free = new Map<ResourceId, number>()
  const holds = new Map<HoldId, { readonly deadlineMs: number; released: boolean; confirmed: boolean }>()

  function unitsOf(id: ResourceId): number {
    const units = free.get(id)
    if (units === undefined) throw new UnknownResourceError(id)
    return units
  }

  return {
    async createResources(resources) {
      for (const { id, capacity } of resources) free.set(id, capacity)
    },
    async hold({ holdId, lines, ttlMs }) {
      const known = holds.get(holdId)
      if (known !== undefined) return { kind: 'held', deadlineMs: known.deadlineMs, attempts: 1 }
      const short = lines.find((line) => unitsOf(line.resourceId) < line.quantity)
      if (short !== undefined) return { kind: 'sold-out', resourceId: short.resourceId, attempts: 1 }
      await new Promise(setImmediate)
      for (const line of lines) free.set(line.resourceId, unitsOf(line.resourceId) - line.quantity)
      const deadlineMs = Date.now() + ttlMs
      holds.set(holdId, { deadlineMs, released: false, confirmed: false })
      return { kind: 'held', deadlineMs, attempts: 1 }
    },
    async confirm(holdId) {
      const hold = holds.get(holdId)
      if (hold === undefined || hold.released) return { kind: 'gone' }
      hold.confirmed = true
      return { kind: 'confirmed' }
    },
    async release(holdId) {
      const hold = holds.get(holdId)
      if (hold === undefined) return { kind: 'gone' }
      if (hold.confirmed) return { kind: 'already-confirmed' }
      hold.released = true
      return { kind: 'released' }
    },
    async availability(ids) {
      return ids.map((resourceId) => ({ resourceId, available: Math.max(0, unitsOf(resourceId)) }))
    },
    async expireDue() {
      return 0
    },
    async close() {},
  }
}

export const unsafeEntry: StrategyEntry = entryFor({
  name: 'in-memory-naive',
  summary: 'check, then act, in this process',
  promises: { safe: 'never' },
  create: unsafeInMemory,
})
