/** How the strategies of the test's engine write holds down: all of them in one text, and who reads it past them. */
import type { StoredStatus, Stores, Witness } from '../../../strategies/ledgers/ledger.ts'
import type { HoldOutcome, HoldRequest, ResourceId } from '../../../strategies/strategy.ts'
import { UnknownResourceError } from '../../../strategies/strategy.ts'
import type { MemoryStore } from './engine.ts'

/** The one key. */
export const BOOK = 'book'

interface BookedHold {
  lines: HoldRequest['lines']
  deadlineMs: number
  status: Exclude<StoredStatus, 'expired'>
}

export interface Book {
  capacities: Record<string, number>
  holds: Record<string, BookedHold>
}

export function parsed(text: string | undefined): Book {
  return text === undefined ? { capacities: {}, holds: {} } : JSON.parse(text)
}

function isTaken({ status, deadlineMs }: BookedHold): boolean {
  return status === 'confirmed' || (status === 'held' && Date.now() < deadlineMs)
}

export function freeIn(book: Book, id: ResourceId): number {
  const capacity = book.capacities[id]
  if (capacity === undefined) throw new UnknownResourceError(id)
  const lines = Object.values(book.holds)
    .filter(isTaken)
    .flatMap((hold) => hold.lines)
  return lines.reduce((left, line) => left - (line.resourceId === id ? line.quantity : 0), capacity)
}

const key = (lines: HoldRequest['lines']) =>
  JSON.stringify(
    lines
      .map(({ resourceId, quantity }) => `${resourceId} ${quantity}`)
      .toSorted((a, b) => a.localeCompare(b)),
  )

/** Enters a hold where its units are free; the book then differs from what was read. */
export function enter(book: Book, { holdId, lines, ttlMs }: HoldRequest, attempts: number): HoldOutcome {
  const known = book.holds[holdId]
  if (known !== undefined) {
    if (key(known.lines) !== key(lines)) return { kind: 'id-reused' }
    return { kind: 'held', deadlineMs: known.deadlineMs, attempts }
  }
  const short = lines.find((line) => freeIn(book, line.resourceId) < line.quantity)
  if (short !== undefined) return { kind: 'sold-out', resourceId: short.resourceId, attempts }
  const deadlineMs = Date.now() + ttlMs
  book.holds[holdId] = { lines, deadlineMs, status: 'held' }
  return { kind: 'held', deadlineMs, attempts }
}

export const witness: Witness = {
  keepsResourcesIn: ['memory'],
  async read(stores, { skip, begins }) {
    begins()
    const { capacities, holds } = bookOf(stores)
    const isOurs = (id: string) => skip.prefix === '' || !id.startsWith(skip.prefix)
    const book = { capacities, holds }
    return {
      kind: 'read',
      resources: Object.entries(capacities)
        .filter(([id]) => isOurs(id))
        .map(([id, capacity]) => ({
          id: id as ResourceId,
          taken: capacity - freeIn(book, id as ResourceId),
        })),
      holds: Object.entries(holds)
        .filter(([id]) => isOurs(id))
        .map(([id, hold]) => ({
          id: id as HoldRequest['holdId'],
          status: hold.status === 'held' && !isTaken(hold) ? 'expired' : hold.status,
          lines: hold.lines.map(({ resourceId, quantity }) => [resourceId, quantity] as const),
          deadlineMs: hold.deadlineMs,
        })),
      complaints: [],
    }
  },
  async status(stores, id) {
    return bookOf(stores).holds[id]?.status ?? 'none'
  },
  async sold(stores) {
    const units = new Map<ResourceId, number>()
    for (const { status, lines } of Object.values(bookOf(stores).holds)) {
      if (status !== 'confirmed') continue
      for (const { resourceId, quantity } of lines)
        units.set(resourceId, (units.get(resourceId) ?? 0) + quantity)
    }
    return { kind: 'read', units, complaints: [] }
  },
}

function storeOf(stores: Stores): MemoryStore {
  return stores.memory as MemoryStore
}

function bookOf(stores: Stores): Book {
  return parsed(storeOf(stores).get(BOOK))
}
