import type { RawBuilder } from 'kysely'

/**
 * Where taken units are recorded: the pieces of SQL that differ between ledgers. Either a counter on the
 * resource's row, or a row per unit. Everything else about a hold is the same.
 */
export interface TakenUnits {
  /** Units of resource `r` that are taken, as an expression. */
  readonly taken: RawBuilder<unknown>
  /**
   * Locks the rows that freeing the lines of the holds in `chosen` will write, in an order that cannot
   * deadlock.
   */
  readonly lock: RawBuilder<unknown>
  /** Frees the units of the lines in `freed (hold_id, resource_id, quantity)`. */
  readonly free: RawBuilder<unknown>
}
