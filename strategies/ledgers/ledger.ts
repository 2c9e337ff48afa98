/**
 * A ledger is how holds are written down: as counters and rows, as a row per unit, as a record in Redis, as
 * transfers. It is one folder. `write.ts` is what strategies of this ledger share. `witness.ts` reads the
 * same things raw, with statements of its own and without a line of what writes, so that a mistake of the
 * one is not repeated by the other; the audit, the service and the explorer look through it. What several
 * ledgers share stands in `writing/` and in `witnessing/`. One line in `registry.ts` gives the ledger a
 * name, which strategies then state.
 *
 * A strategy that states no ledger is probed and judged by what it answered, and the report says that its
 * store was not read.
 */
import type { EngineName, HoldId, Resource, ResourceId } from '../strategy.ts'

/**
 * What a witness may look at: raw access to one namespace of each engine, by the engine's name (see
 * `stores.ts`).
 */
export type Stores = Readonly<Partial<Record<EngineName, unknown>>>

/** [resource, quantity] */
export type LineRecord = readonly [resourceId: ResourceId, quantity: number]

export type StoredStatus = 'held' | 'confirmed' | 'released' | 'expired'

/** A hold as it is stored. One that is `held` past its deadline is reported as `expired`. */
export interface StoredHold {
  readonly id: HoldId
  readonly status: StoredStatus
  readonly lines: readonly LineRecord[]
  /** By the engine's clock, milliseconds since the Unix epoch. */
  readonly deadlineMs: number
}

/** What is stored, read in one moment at which nobody calls. */
export interface StoreReading {
  readonly kind: 'read'
  /** Per resource: units that the store itself counts as taken by held and confirmed holds. */
  readonly resources: readonly { readonly id: ResourceId; readonly taken: number }[]
  readonly holds: readonly StoredHold[]
  /** What the store contradicts itself in, one sentence each. */
  readonly complaints: readonly string[]
}

/** There is something, but not this ledger. A store that is gone altogether is an error instead. */
export interface NotRead {
  readonly kind: 'not-read'
  /** One sentence. */
  readonly reason: string
}

export interface ReadOrder {
  /** For a store that cannot list its resources. */
  readonly resources: readonly Resource[]
  /** Every hold that was asked for, for a store that keeps no names. */
  readonly holds: readonly { readonly id: HoldId; readonly lines: readonly LineRecord[] }[]
  /** Holds and resources whose ids begin with this are left out; empty for none. */
  readonly skip: { readonly prefix: string }
  /** Called when a reading begins; again where one was disturbed by a deadline and another is taken. */
  readonly begins: () => void
}

/** What a store has sold, resource by resource. */
export interface Sold {
  readonly kind: 'read'
  /** Only resources of which something was sold. */
  readonly units: ReadonlyMap<ResourceId, number>
  readonly complaints: readonly string[]
}

/** `held` says nothing of its deadline, which may have passed. */
export type FoundStatus = StoredStatus | 'none'

/** Reads raw what strategies of one ledger have written. Throws when an engine does not answer. */
export interface Witness {
  /** To be called when no call is in flight. */
  read(stores: Stores, order: ReadOrder): Promise<StoreReading | NotRead>
  /** What became of one hold, past the strategy: a sale that only the strategy knows of is no sale. */
  status(stores: Stores, id: HoldId): Promise<FoundStatus>
  /** To be called when nobody buys. */
  sold(stores: Stores, resources: readonly ResourceId[]): Promise<Sold | NotRead>
  /**
   * Whether a key of Redis (without the namespace's prefix) is part of the ledger: what is not, and expires
   * by itself, is a lock.
   */
  isOwnKey?(key: string): boolean
  /**
   * Engines in which the ledger keeps its resources: after one of them lost everything, they are made again.
   */
  readonly keepsResourcesIn: readonly EngineName[]
}

/** Rows by a column that names what they stand for. */
export interface RowsOf {
  readonly table: string
  readonly column: string
}

/** The rows that whoever reserves locks or waits for: those of one resource, and those of one hold. */
export interface LockedRows {
  readonly engine: EngineName
  readonly resource: readonly RowsOf[]
  readonly hold: readonly RowsOf[]
}

/** A ledger by name. */
export interface Ledger {
  readonly name: string
  /** How holds are written down, in a few words. */
  readonly summary: string
  /** The engines that it writes to. */
  readonly engines: readonly EngineName[]
  /** Absent where its locks are no rows. */
  readonly lockedRows?: LockedRows
  /** Loads its witness. */
  witness(): Promise<Witness>
}
