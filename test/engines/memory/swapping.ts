/** A strategy on the test's engine: reads the book, enters the hold, and writes it back if nobody else has meanwhile. */
import type { ReservationStrategy } from '../../../strategies/strategy.ts'
import type { Memory } from './engine.ts'
import { BOOK, type Book, enter, freeIn, parsed } from './ledger.ts'

export { witness } from './ledger.ts'
export const engines = ['memory']
export const promises = { clock: 'memory', contention: 'retries' }

const ATTEMPTS_MAX = 200

export function create({ memory }: { readonly memory: Memory }): ReservationStrategy {
  return reservationsIn(memory, (before, after) => memory.swap(BOOK, before, after))
}

/** `write` says whether the book was written; where it was not, it is read again. */
export function reservationsIn(
  memory: Memory,
  write: (before: string | undefined, after: string) => Promise<boolean>,
): ReservationStrategy {
  async function change<Outcome>(
    make: (book: Book, attempts: number) => Outcome,
  ): Promise<Outcome | undefined> {
    for (let attempts = 1; attempts <= ATTEMPTS_MAX; attempts += 1) {
      const before = await memory.read(BOOK)
      const book = parsed(before)
      const outcome = make(book, attempts)
      const after = JSON.stringify(book)
      if (after === before || (await write(before, after))) return outcome
    }
    return undefined
  }
  return {
    async createResources(resources) {
      await change(({ capacities }) => {
        for (const { id, capacity } of resources) capacities[id] ??= capacity
      })
    },
    async hold(request) {
      const outcome = await change((book, attempts) => enter(book, request, attempts))
      return outcome ?? { kind: 'contended', reason: 'version-changed', attempts: ATTEMPTS_MAX }
    },
    async confirm(id) {
      const kind = await change(({ holds }) => {
        const hold = holds[id]
        if (hold === undefined || hold.status === 'released') return 'gone'
        if (hold.status === 'held' && Date.now() >= hold.deadlineMs) return 'gone'
        hold.status = 'confirmed'
        return 'confirmed'
      })
      if (kind === undefined) throw new Error('the book changed on every attempt')
      return { kind }
    },
    async release(id) {
      const kind = await change(({ holds }) => {
        const hold = holds[id]
        if (hold?.status === 'confirmed') return 'already-confirmed'
        if (hold === undefined || (hold.status === 'held' && Date.now() >= hold.deadlineMs)) return 'gone'
        hold.status = 'released'
        return 'released'
      })
      if (kind === undefined) throw new Error('the book changed on every attempt')
      return { kind }
    },
    async availability(ids) {
      const book = parsed(await memory.read(BOOK))
      return ids.map((resourceId) => ({ resourceId, available: Math.max(0, freeIn(book, resourceId)) }))
    },
    expireDue: async () => 0,
    async close() {},
  }
}
