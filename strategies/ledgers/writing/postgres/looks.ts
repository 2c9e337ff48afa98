/** Reads of what is free: why a claim came up short, and how many units a buyer could have. */
import { type Kysely, sql } from 'kysely'
import {
  type Availability,
  type HoldRequest,
  type ResourceId,
  UnknownResourceError,
} from '../../../strategy.ts'
import type { TakenUnits } from './taken-units.ts'

type Inspection =
  | { readonly kind: 'known-id' }
  | { readonly kind: 'sold-out'; readonly resourceId: ResourceId }
  | { readonly kind: 'due' }
  | { readonly kind: 'free' }

/**
 * Why a claim came up short, seen in one snapshot, so that "sold out" is exact: in that one moment the units
 * were taken and none of them was due. A claim that saw too few may have raced with a caller that freed due
 * units; then this read finds them free and the claim is tried again.
 */
export async function inspect(
  db: Kysely<unknown>,
  units: TakenUnits,
  request: HoldRequest,
): Promise<Inspection> {
  const { rows } = await sql<{
    resource_id: ResourceId
    known_resource: boolean
    short: boolean
    due: boolean
    known_id: boolean
  }>`
    select
      l.resource_id,
      r.id is not null as known_resource,
      ${units.taken} + l.quantity > r.capacity as short,
      exists (
        select from hold_line d
        where d.resource_id = r.id and d.status = 'held' and d.deadline <= (select clock_timestamp())
      ) as due,
      exists (select from hold where id = ${request.holdId}) as known_id
    from unnest(
      ${request.lines.map((line) => line.resourceId)}::text[],
      ${request.lines.map((line) => line.quantity)}::integer[]
    ) with ordinality l (resource_id, quantity, line)
    left join resource r on r.id = l.resource_id
    order by l.line`.execute(db)
  const unknown = rows.find((row) => !row.known_resource)
  if (unknown !== undefined) throw new UnknownResourceError(unknown.resource_id)
  if (rows.some((row) => row.known_id)) return { kind: 'known-id' }
  const soldOut = rows.find((row) => row.short && !row.due)
  if (soldOut !== undefined) return { kind: 'sold-out', resourceId: soldOut.resource_id }
  return { kind: rows.some((row) => row.short) ? 'due' : 'free' }
}

export async function availability(
  db: Kysely<unknown>,
  units: TakenUnits,
  ids: readonly ResourceId[],
): Promise<readonly Availability[]> {
  const { rows } = await sql<{ resource_id: ResourceId; available: number | null }>`
    with due as (
      select resource_id, sum(quantity)::integer as quantity from hold_line
      where resource_id = any (${ids}::text[]) and status = 'held' and deadline <= (select clock_timestamp())
      group by resource_id
    )
    select
      wanted.id as resource_id,
      case when r.id is not null
        then greatest(0, r.capacity - ${units.taken} + coalesce(due.quantity, 0))
      end as available
    from unnest(${ids}::text[]) with ordinality wanted (id, at)
    left join resource r on r.id = wanted.id
    left join due on due.resource_id = wanted.id
    order by wanted.at`.execute(db)
  return rows.map(({ resource_id, available }) => {
    if (available === null) throw new UnknownResourceError(resource_id)
    return { resourceId: resource_id, available }
  })
}
