/**
 * Services that lie, each in one way, over a strategy that lives in this process and is right: what k6 must
 * not pass. The store tells the truth about itself unless that is the lie.
 */
import type { OwnWitness } from '../../harness/entries/entry.ts'
import type { StoreReader } from '../../harness/service/store-reader.ts'
import type { Venue } from '../../harness/service/venue.ts'
import type { StoredStatus } from '../../strategies/ledgers/ledger.ts'
import type {
  HoldId,
  HoldOutcome,
  HoldRequest,
  ReservationStrategy,
  ResourceId,
} from '../../strategies/strategy.ts'
import { inMemory } from '../workloads/in-memory.ts'

/** What a buyer talks to, and what an auditor reads. */
export interface Counter {
  readonly strategy: ReservationStrategy
  readonly store: StoreReader
  /** For an audit from within. */
  readonly witness: OwnWitness
}

export interface Tampered {
  readonly lie: string
  /** What k6 says of it. */
  readonly headline: RegExp
  readonly venue?: Venue
  tamper(honest: Counter): Partial<Counter>
}

/** Seats in rows, and a class. */
export function venueOf(seats: number): Venue {
  const sections = [{ id: 'floor', rows: 1, seats_per_row: seats }]
  return { events: [{ id: 'gig', name: 'A gig', sections, classes: [{ id: 'A', capacity: 100 }] }] }
}

/** A strategy that is right, and a store that remembers what it has sold. */
export function honest(): Counter {
  const strategy = inMemory()
  const lines = new Map<HoldId, HoldRequest['lines']>()
  const sold = new Set<HoldId>()
  const released = new Set<HoldId>()
  const deadlines = new Map<HoldId, number>()
  const statusOf = (id: HoldId): StoredStatus =>
    sold.has(id) ? 'confirmed' : released.has(id) ? 'released' : 'held'
  const it: Omit<Counter, 'witness'> = {
    strategy: {
      ...strategy,
      async hold(request) {
        const outcome = await strategy.hold(request)
        if (outcome.kind === 'held') {
          lines.set(request.holdId, request.lines)
          deadlines.set(request.holdId, outcome.deadlineMs)
        }
        return outcome
      },
      async confirm(id) {
        const outcome = await strategy.confirm(id)
        if (outcome.kind === 'confirmed') sold.add(id)
        return outcome
      },
      async release(id) {
        const outcome = await strategy.release(id)
        if (outcome.kind === 'released') released.add(id)
        return outcome
      },
    },
    store: {
      async sold() {
        const units = new Map<ResourceId, number>()
        for (const id of sold) {
          for (const { resourceId, quantity } of lines.get(id) ?? []) {
            units.set(resourceId, (units.get(resourceId) ?? 0) + quantity)
          }
        }
        return { kind: 'read', units, complaints: [] }
      },
      status: async (id) => (lines.has(id) ? statusOf(id) : 'none'),
    },
  }
  return { ...it, witness: witnessOf() }

  function witnessOf(): OwnWitness {
    return {
      async read(_, { skip, begins }) {
        begins()
        const holds = [...lines]
          .filter(([id]) => skip.prefix === '' || !id.startsWith(skip.prefix))
          .map(([id, asked]) => ({
            id,
            status: statusOf(id),
            lines: asked.map(({ resourceId, quantity }) => [resourceId, quantity] as const),
            deadlineMs: deadlines.get(id) ?? 0,
          }))
        const taken = new Map<ResourceId, number>()
        for (const { status, lines: own } of holds) {
          if (status === 'released') continue
          for (const [id, units] of own) taken.set(id, (taken.get(id) ?? 0) + units)
        }
        const resources = [...taken].map(([id, units]) => ({ id, taken: units }))
        return { kind: 'read', resources, holds, complaints: [] }
      },
      status: (_, id) => it.store.status(id) as Promise<StoredStatus>,
      sold: (_, resources) => it.store.sold(resources),
    }
  }
}

function withStrategy({ strategy }: Counter, changed: Partial<ReservationStrategy>): Partial<Counter> {
  return { strategy: { ...strategy, ...changed } }
}

const SOLD_OUT = (request: HoldRequest): HoldOutcome => ({
  kind: 'sold-out',
  resourceId: request.lines[0]?.resourceId ?? ('' as ResourceId),
  attempts: 1,
})

const heldFor = ({ ttlMs }: HoldRequest): HoldOutcome => ({
  kind: 'held',
  deadlineMs: Date.now() + ttlMs,
  attempts: 1,
})

/** One in so many is lied to. */
function everyNth(n: number): () => boolean {
  let calls = 0
  return () => ++calls % n === 0
}

/** The first buyers of a seat who are told that it is theirs, although another has it. */
function overlapping(buyers: number, { strategy }: Counter): Partial<ReservationStrategy> {
  const told = new Map<ResourceId, number>()
  const made = new Set<HoldId>()
  const isMadeUp = (id: HoldId) => made.has(id)
  return {
    async hold(request) {
      const outcome = await strategy.hold(request)
      const seat = request.lines[0]?.resourceId ?? ('' as ResourceId)
      const before = told.get(seat) ?? 0
      if (outcome.kind !== 'sold-out' || before >= buyers) return outcome
      told.set(seat, before + 1)
      made.add(request.holdId)
      return heldFor(request)
    },
    confirm: async (id) => (isMadeUp(id) ? { kind: 'gone' } : strategy.confirm(id)),
    release: async (id) => (isMadeUp(id) ? { kind: 'released' } : strategy.release(id)),
  }
}

export const TAMPERED: readonly Tampered[] = [
  {
    lie: 'says sold out to everybody',
    headline: /CONVICTED: \d+ free seats were answered sold out/,
    tamper: (it) => withStrategy(it, { hold: async (request) => SOLD_OUT(request) }),
  },
  {
    lie: 'is contended for everybody',
    headline: /NOT PROVEN: no buyer was granted a hold/,
    tamper: (it) =>
      withStrategy(it, { hold: async () => ({ kind: 'contended', reason: 'deadlock', attempts: 1 }) }),
  },
  {
    lie: 'says gone to buyers who pay',
    headline: /CONVICTED: \d+ holds were gone before their deadline/,
    tamper: (it) => withStrategy(it, { confirm: async () => ({ kind: 'gone' }) }),
  },
  {
    lie: 'tells four buyers that one seat is theirs',
    headline: /CONVICTED: \d+ buyers were granted a seat that another buyer had/,
    tamper: (it) => withStrategy(it, overlapping(4, it)),
  },
  {
    lie: 'tells thirteen buyers, one after another, that one seat is theirs',
    headline: /CONVICTED: \d+ buyers were granted a seat that another buyer had/,
    tamper: (it) => withStrategy(it, overlapping(13, it)),
  },
  {
    lie: 'does not release',
    headline: /CONVICTED: \d+ live holds could not be released/,
    tamper: (it) => withStrategy(it, { release: async () => ({ kind: 'gone' }) }),
  },
  {
    lie: 'says released, and does not',
    headline: /CONVICTED: \d+ free seats were answered sold out/,
    tamper: (it) => withStrategy(it, { release: async () => ({ kind: 'released' }) }),
  },
  {
    lie: 'books another seat, and the totals agree',
    headline: /CONVICTED: the store has sold other seats than were confirmed to buyers/,
    tamper: ({ store }) => ({
      store: {
        ...store,
        async sold(resources) {
          const read = await store.sold(resources)
          if (read.kind === 'not-read') return read
          const [first, ...others] = [...read.units]
          const free = resources.find((id) => !read.units.has(id))
          if (first === undefined || free === undefined) return read
          return { ...read, units: new Map([[free, first[1]], ...others]) }
        },
      },
    }),
  },
  {
    lie: 'has one place',
    headline: /NOT RUN/,
    venue: venueOf(1),
    tamper: () => ({}),
  },
  {
    lie: 'has one place, and says that it has many',
    headline: /CONVICTED: \d+ free seats were answered sold out/,
    tamper(it) {
      const only = new Set<ResourceId>()
      return withStrategy(it, {
        async hold(request) {
          const seat = request.lines[0]?.resourceId ?? ('' as ResourceId)
          if (only.size === 0) only.add(seat)
          return only.has(seat) ? it.strategy.hold(request) : SOLD_OUT(request)
        },
      })
    },
  },
  {
    lie: 'loses a sale',
    headline: /CONVICTED: 1 sales were confirmed to buyers, but are not in the store/,
    tamper: ({ store }) => ({
      store: {
        ...store,
        async sold(resources) {
          const read = await store.sold(resources)
          return read.kind === 'not-read' ? read : { ...read, units: new Map([...read.units].slice(1)) }
        },
      },
    }),
  },
  {
    lie: 'confirms, and books nothing',
    headline: /CONVICTED: \d+ sales were confirmed to buyers, but are not in the store/,
    tamper: (it) => withStrategy(it, { confirm: async () => ({ kind: 'confirmed' }) }),
  },
  {
    lie: 'sells what nobody bought',
    headline: /CONVICTED: the store has \d+ sales that were not confirmed to any buyer/,
    tamper(it) {
      return withStrategy(it, {
        async release(id) {
          await it.strategy.confirm(id)
          return { kind: 'released' }
        },
      })
    },
  },
  {
    lie: 'sells a sold seat to later buyers',
    headline: /CONVICTED: \d+ buyers were granted a seat that another buyer had/,
    tamper(it) {
      const sold = new Set<HoldId>()
      return withStrategy(it, {
        async hold(request) {
          const outcome = await it.strategy.hold(request)
          return outcome.kind === 'sold-out' && sold.size > 0 ? heldFor(request) : outcome
        },
        async confirm(id) {
          sold.add(id)
          return it.strategy.confirm(id)
        },
      })
    },
  },
  {
    lie: 'answers nobody in one case of ten',
    headline:
      /NOT PROVEN: nobody knows of \d+ sales whether they were made|UNKNOWN: the outcome of \d+ requests/,
    tamper(it) {
      const isLost = everyNth(10)
      return withStrategy(it, {
        hold: (request) => (isLost() ? Promise.reject(new Error('lost')) : it.strategy.hold(request)),
      })
    },
  },
  {
    lie: 'contradicts itself in its store',
    headline: /CONVICTED: the store contradicts itself in 1 places/,
    tamper({ store }) {
      let reads = 0
      return {
        store: {
          ...store,
          async sold(resources) {
            const read = await store.sold(resources)
            if (read.kind === 'not-read' || ++reads === 1) return read
            return { ...read, complaints: ['a counter differs from its rows'] }
          },
        },
      }
    },
  },
]
