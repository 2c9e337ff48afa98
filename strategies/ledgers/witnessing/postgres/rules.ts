/** What must be true of the rows, as statements that find violations. */

/** Every rule's statement names what it found in these columns. */
export interface Finding {
  readonly id: string
  readonly other: string
  readonly stored: string
  readonly expected: string
}

export interface StoreRule {
  readonly sql: string
  readonly sentence: (found: Finding) => string
}

/** For holds and their lines, wherever units are counted. */
export const HOLD_RULES: readonly StoreRule[] = [
  {
    sql: `
      select h.id from hold h
      where not exists (select from hold_line l where l.hold_id = h.id) order by h.id`,
    sentence: ({ id }) => `hold ${id} has no lines`,
  },
  {
    sql: `
      select distinct l.hold_id as id from hold_line l
      where not exists (select from hold h where h.id = l.hold_id) order by 1`,
    sentence: ({ id }) => `there are lines of hold ${id}, but no such hold`,
  },
  {
    sql: `
      select l.hold_id as id, l.resource_id as other, l.status as stored, h.status as expected
      from hold_line l join hold h on h.id = l.hold_id
      where l.status <> h.status order by l.hold_id, l.line`,
    sentence: ({ id, other, stored, expected }) =>
      `hold ${id} is ${expected}, but its line on ${other} is ${stored}`,
  },
  {
    sql: `
      select l.hold_id as id, l.resource_id as other, l.deadline::text as stored, h.deadline::text as expected
      from hold_line l join hold h on h.id = l.hold_id
      where l.deadline <> h.deadline order by l.hold_id, l.line`,
    sentence: ({ id, other, stored, expected }) =>
      `hold ${id} ends at ${expected}, but its line on ${other} at ${stored}`,
  },
  {
    sql: `
      select h.id, h.status as stored from hold h
      where h.status not in ('held', 'confirmed', 'released', 'expired') order by h.id`,
    sentence: ({ id, stored }) => `hold ${id} is "${stored}", which is not a status`,
  },
  {
    sql: `
      select hold_id as id, resource_id as other, count(*)::text as stored from hold_line
      group by 1, 2 having count(*) > 1 order by 1, 2`,
    sentence: ({ id, other, stored }) => `hold ${id} has ${stored} lines on ${other}`,
  },
  {
    sql: `
      select l.hold_id as id, l.resource_id as other from hold_line l
      where not exists (select from resource r where r.id = l.resource_id) order by 1, 2`,
    sentence: ({ id, other }) => `hold ${id} has a line on ${other}, which does not exist`,
  },
]
