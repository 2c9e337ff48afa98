/** Reads unit rows: compares the units that name a hold with the lines of that hold. */
import type { Witness } from '../ledger.ts'
import { witnessOf } from '../witnessing/postgres/hold-rows.ts'
import type { StoreRule } from '../witnessing/postgres/rules.ts'

const RULES: readonly StoreRule[] = [
  {
    sql: `
      with named as (
        select hold_id, resource_id, count(*) as units from unit where hold_id is not null group by 1, 2
      ), live as (
        select hold_id, resource_id, sum(quantity) as units from hold_line
        where status in ('held', 'confirmed') group by 1, 2
      )
      select hold_id as id, resource_id as other,
        coalesce(named.units, 0)::text as stored, coalesce(live.units, 0)::text as expected
      from named full join live using (hold_id, resource_id)
      where coalesce(named.units, 0) <> coalesce(live.units, 0) order by 1, 2`,
    sentence: ({ id, other, stored, expected }) =>
      expected === '0'
        ? `${stored} units of ${other} still name hold ${id}, which has ended or never existed`
        : `${stored} units of ${other} name hold ${id}, but it has ${expected}`,
  },
  {
    sql: `
      select r.id, count(u.unit_no)::text as stored, r.capacity::text as expected
      from resource r left join unit u on u.resource_id = r.id
      group by r.id having count(u.unit_no) <> r.capacity order by r.id`,
    sentence: ({ id, stored, expected }) => `${id} has ${stored} unit rows, but a capacity of ${expected}`,
  },
]

export const witness: Witness = witnessOf({
  tables: ['unit'],
  counted: 'select resource_id as id, count(hold_id) as units from unit group by resource_id',
  rules: RULES,
})
