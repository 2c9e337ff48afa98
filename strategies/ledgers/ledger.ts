/**
 * A ledger is how holds are written down: as counters and rows, as a row per unit, as a record in Redis, as
 * transfers. Each ledger is one folder. `write.ts` is what its strategies share. `witness.ts` reads the same
 * data with separate raw statements and shares no code with the writing side, so that it does not repeat a
 * mistake made there; the audit, the service and the explorer read through it. Code for several ledgers is in
 * `writing/` and `witnessing/`. One line in `registry.ts` gives the ledger a name, which strategies refer to.
 *
 * A strategy without a ledger is probed and judged by its answers alone, and the report says that its store
 * was not read.
 */
import type { EngineName, HoldId, Resource, ResourceId } from '../strategy.ts'

/**
 * What a witness may read: raw access to one namespace of each engine, by the engine's name (see
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

/** What is stored, read at one moment with no call in flight. */
export interface StoreReading {
  readonly kind: 'read'
  /** Per resource: units that the store itself counts as taken by held and confirmed holds. */
  readonly resources: readonly { readonly id: ResourceId; readonly taken: number }[]
  readonly holds: readonly StoredHold[]
  /** Where the store contradicts itself, one sentence each. */
  readonly complaints: readonly string[]
}

/** The store has data, but not this ledger. A store that has disappeared is an error instead. */
export interface NotRead {
  readonly kind: 'not-read'
  /** One sentence. */
  readonly reason: string
}

export interface ReadOrder {
  /** For a store that cannot list its resources. */
  readonly resources: readonly Resource[]
  /** Every hold that was requested, for a store that keeps no names. */
  readonly holds: readonly { readonly id: HoldId; readonly lines: readonly LineRecord[] }[]
  /** Holds and resources whose ids begin with this are left out; empty for none. */
  readonly skip: { readonly prefix: string }
  /** Called when a reading begins, and again if a deadline passed during it and it is repeated. */
  readonly begins: () => void
}

/** What a store has sold, per resource. */
export interface Sold {
  readonly kind: 'read'
  /** Only resources with at least one sale. */
  readonly units: ReadonlyMap<ResourceId, number>
  readonly complaints: readonly string[]
}

/** The accounts of one resource, in units. */
export interface ResourceAccounts {
  readonly id: ResourceId
  /** What Operator has given to Budget. */
  readonly operator: number
  /** What Budget has left. */
  readonly budget: number
  /** What Spent was given, pending and for good. */
  readonly pending: number
  readonly posted: number
  /** Where one account has not got what another one gave, one sentence each. */
  readonly complaints: readonly string[]
}

/** `held` does not mean that the deadline is in the future. */
export type FoundStatus = StoredStatus | 'none'

/** Reads raw what strategies of one ledger have written. Throws when an engine does not answer. */
export interface Witness {
  /** Must be called when no call is in flight. */
  read(stores: Stores, order: ReadOrder): Promise<StoreReading | NotRead>
  /**
   * The state of one hold, read without the strategy: a sale that only the strategy knows about is not a
   * sale.
   */
  status(stores: Stores, id: HoldId): Promise<FoundStatus>
  /** Must be called when nothing is being bought. */
  sold(stores: Stores, resources: readonly ResourceId[]): Promise<Sold | NotRead>
  /** Read at one moment, also while units are bought. Absent if the ledger has no accounts. */
  accounts?(stores: Stores, resources: readonly Resource[]): Promise<readonly ResourceAccounts[]>
  /**
   * Whether a Redis key (without the namespace's prefix) belongs to the ledger: any other key that expires is
   * a lock.
   */
  isOwnKey?(key: string): boolean
  /**
   * Engines in which the ledger keeps its resources: if one of them loses everything, the resources are
   * created again.
   */
  readonly keepsResourcesIn: readonly EngineName[]
}

/** Rows, selected by the column that names their resource or hold. */
export interface RowsOf {
  readonly table: string
  readonly column: string
}

/** The rows that a reservation locks or waits for: those of one resource, and those of one hold. */
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
  /**
   * What of an engine all its strategies and its witness rely on, and not every server has; by the names
   * under which an engine is probed for it.
   */
  readonly reliesOn?: Readonly<Partial<Record<EngineName, readonly string[]>>>
  /** Absent if its locks are not rows. */
  readonly lockedRows?: LockedRows
  /** Loads its witness. */
  witness(): Promise<Witness>
}
