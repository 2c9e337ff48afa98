/**
 * A control that needs no engine: it checks, then acts, in the memory of this process. It shows that the
 * workload and the checker of this run catch an oversell, for runs in which no strategy needs the engine of
 * the registry's control.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { StrategyEntry } from '../../strategies/registry.ts'
import {
  type HoldId,
  type Line,
  type ReservationStrategy,
  type ResourceId,
  UnknownResourceError,
} from '../../strategies/strategy.ts'
import { entryFor } from './entry.ts'

export const IN_PROCESS_CONTROL: StrategyEntry = entryFor({
  name: 'in-process-naive',
  summary: 'check, then act, without an engine',
  promises: { safe: 'never' },
  create: naiveInProcess,
})

interface Kept {
  readonly lines: readonly Line[]
  readonly deadlineMs: number
  status: 'held' | 'confirmed' | 'released'
}

function naiveInProcess(): ReservationStrategy {
  const capacities = new Map<ResourceId, number>()
  const holds = new Map<HoldId, Kept>()
  const isLive = ({ status, deadlineMs }: Kept) =>
    status === 'confirmed' || (status === 'held' && deadlineMs > Date.now())
  const left = (id: ResourceId): number => {
    const capacity = capacities.get(id)
    if (capacity === undefined) throw new UnknownResourceError(id)
    const lines = [...holds.values()].filter(isLive).flatMap((kept) => kept.lines)
    const taken = lines.filter(({ resourceId }) => resourceId === id)
    return capacity - taken.reduce((sum, { quantity }) => sum + quantity, 0)
  }
  return {
    async createResources(resources) {
      for (const { id, capacity } of resources) if (!capacities.has(id)) capacities.set(id, capacity)
    },
    async hold({ holdId, lines, ttlMs }) {
      const known = holds.get(holdId)
      if (known !== undefined) return { kind: 'held', deadlineMs: known.deadlineMs, attempts: 1 }
      const soldOut = lines.find(({ resourceId, quantity }) => left(resourceId) < quantity)
      if (soldOut !== undefined) return { kind: 'sold-out', resourceId: soldOut.resourceId, attempts: 1 }
      // Where an application would ask its database, others check, too.
      await nextTurn()
      const deadlineMs = Date.now() + ttlMs
      holds.set(holdId, { lines, deadlineMs, status: 'held' })
      return { kind: 'held', deadlineMs, attempts: 1 }
    },
    async confirm(id) {
      const kept = holds.get(id)
      if (kept === undefined || !isLive(kept)) return { kind: 'gone' }
      kept.status = 'confirmed'
      return { kind: 'confirmed' }
    },
    async release(id) {
      const kept = holds.get(id)
      if (kept?.status === 'confirmed') return { kind: 'already-confirmed' }
      if (kept?.status === 'held' && !isLive(kept)) return { kind: 'gone' }
      if (kept === undefined) return { kind: 'gone' }
      kept.status = 'released'
      return { kind: 'released' }
    },
    availability: async (ids) => ids.map((id) => ({ resourceId: id, available: left(id) })),
    expireDue: async () => 0,
    async close() {},
  }
}
