/**
 * Strategies that live in this process, to test the harness without an engine: one that is right, and the same one with
 * a pause between its check and its act. JavaScript runs one thing at a time, so what is done without an `await` is
 * atomic, and the right one needs no lock.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { HoldId, HoldRequest, Line, ReservationStrategy, ResourceId } from '../../strategies/strategy.ts'
import { UnknownResourceError } from '../../strategies/strategy.ts'

interface StoredHold {
  readonly lines: readonly Line[]
  readonly deadlineMs: number
  status: 'held' | 'confirmed' | 'released'
}

export interface InMemoryOptions {
  /** Lets others in between the check and the act. */
  readonly racy?: boolean
  readonly nowMs?: () => number
}

export function inMemory({ racy = false, nowMs = Date.now }: InMemoryOptions = {}): ReservationStrategy {
  const capacities = new Map<ResourceId, number>()
  const holds = new Map<HoldId, StoredHold>()

  function isTaken(hold: StoredHold): boolean {
    return hold.status === 'confirmed' || (hold.status === 'held' && nowMs() < hold.deadlineMs)
  }

  function free(id: ResourceId): number {
    const capacity = capacities.get(id)
    if (capacity === undefined) throw new UnknownResourceError(id)
    let units = capacity
    for (const hold of holds.values()) {
      if (!isTaken(hold)) continue
      for (const line of hold.lines) if (line.resourceId === id) units -= line.quantity
    }
    return units
  }

  function payload(lines: readonly Line[]): string {
    return JSON.stringify(lines.map(({ resourceId, quantity }) => [resourceId, quantity]).sort())
  }

  function known(request: HoldRequest) {
    const hold = holds.get(request.holdId)
    if (hold === undefined) return undefined
    if (payload(hold.lines) !== payload(request.lines)) return { kind: 'id-reused' } as const
    return { kind: 'held', deadlineMs: hold.deadlineMs, attempts: 1 } as const
  }

  return {
    async createResources(resources) {
      for (const { id, capacity } of resources) capacities.set(id, capacity)
    },
    async hold(request) {
      await nextTurn()
      const before = known(request)
      if (before !== undefined) return before
      const short = request.lines.find((line) => free(line.resourceId) < line.quantity)
      if (short !== undefined) return { kind: 'sold-out', resourceId: short.resourceId, attempts: 1 }
      if (racy) {
        await nextTurn()
        const meanwhile = known(request)
        if (meanwhile !== undefined) return meanwhile
      }
      const deadlineMs = nowMs() + request.ttlMs
      holds.set(request.holdId, { lines: request.lines, deadlineMs, status: 'held' })
      return { kind: 'held', deadlineMs, attempts: 1 }
    },
    async confirm(id) {
      await nextTurn()
      const hold = holds.get(id)
      if (hold === undefined || !isTaken(hold)) return { kind: 'gone' }
      hold.status = 'confirmed'
      return { kind: 'confirmed' }
    },
    async release(id) {
      await nextTurn()
      const hold = holds.get(id)
      if (hold === undefined) return { kind: 'gone' }
      if (hold.status === 'confirmed') return { kind: 'already-confirmed' }
      if (hold.status === 'held' && !isTaken(hold)) return { kind: 'gone' }
      hold.status = 'released'
      return { kind: 'released' }
    },
    async availability(ids) {
      await nextTurn()
      return ids.map((resourceId) => ({ resourceId, available: Math.max(0, free(resourceId)) }))
    },
    async expireDue() {
      return 0
    },
    async close() {},
  }
}
