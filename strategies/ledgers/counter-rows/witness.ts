/** Reads counter rows: `resource.taken` against the lines of the holds that are not ended yet. */
import type { Witness } from '../ledger.ts'
import { witnessOf } from '../witnessing/postgres/hold-rows.ts'
import type { StoreRule } from '../witnessing/postgres/rules.ts'

/** A negative counter differs from every sum of lines. */
const RULES: readonly StoreRule[] = [
  {
    sql: `
      select r.id, r.taken::text as stored, coalesce(l.units, 0)::text as expected
      from resource r left join (
        select resource_id, sum(quantity) as units from hold_line
        where status in ('held', 'confirmed') group by resource_id
      ) l on l.resource_id = r.id
      where r.taken <> coalesce(l.units, 0) order by r.id`,
    sentence: ({ id, stored, expected }) =>
      `${id} counts ${stored} units as taken, but its holds have ${expected}`,
  },
]

export const witness: Witness = witnessOf({
  tables: [],
  counted: 'select id, taken as units from resource',
  rules: RULES,
})
