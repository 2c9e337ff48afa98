/**
 * Where taken units are written down, as the pieces of SQL that differ: a counter on the resource's row, or a row per
 * unit. Everything else about a hold's life is the same and stands in postgres.ts.
 */
import { type RawBuilder, sql } from 'kysely'

export interface Ledger {
  /** Units of resource `r` that are taken, as an expression. */
  readonly taken: RawBuilder<unknown>
  /** Locks whatever giving back the lines of the holds in `chosen` will write, in an order that cannot deadlock. */
  readonly lock: RawBuilder<unknown>
  /** Gives back the lines in `freed (hold_id, resource_id, quantity)`. */
  readonly giveBack: RawBuilder<unknown>
}

/** `resource.taken` counts. */
export const counterLedger: Ledger = {
  taken: sql`r.taken`,
  lock: sql`
    select r.id from resource r
    where r.id in (select l.resource_id from hold_line l where l.hold_id in (select hold_id from chosen))
    order by r.id
    for update`,
  giveBack: sql`
    update resource r set taken = r.taken - f.quantity, version = r.version + 1
    from (select resource_id, sum(quantity)::integer as quantity from freed group by resource_id) f
    where r.id = f.resource_id`,
}

/** A row per unit; it is taken while it names a hold. Claims skip locked units, so nobody waits for one. */
export const unitLedger: Ledger = {
  taken: sql`(select count(*) from unit u where u.resource_id = r.id and u.hold_id is not null)::integer`,
  lock: sql`select 1`,
  giveBack: sql`update unit set hold_id = null where hold_id in (select hold_id from freed)`,
}
