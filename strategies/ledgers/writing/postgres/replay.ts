/** A repeated hold id gets the same answer as the first time. */
import { type Kysely, sql } from 'kysely'
import type { HoldRequest, LineVersion, ResourceId } from '../../../strategy.ts'
import { epochMs } from './sql.ts'

export type Replay =
  | { readonly kind: 'replayed'; readonly deadlineMs: number; readonly versions?: readonly LineVersion[] }
  | { readonly kind: 'id-reused' }

/** The first answer to this id, if it was held for the same lines. */
export async function replay(db: Kysely<unknown>, request: HoldRequest): Promise<Replay> {
  const { rows } = await sql<{
    resource_id: ResourceId
    quantity: number
    version: number | null
    deadline_ms: number
  }>`
    select resource_id, quantity, version::float8 as version, ${epochMs(sql`deadline`)} as deadline_ms
    from hold_line where hold_id = ${request.holdId} order by line`.execute(db)
  const same =
    rows.length === request.lines.length &&
    rows.every((row, at) => {
      const line = request.lines[at]
      return row.resource_id === line?.resourceId && row.quantity === line.quantity
    })
  const [first] = rows
  if (!same || first === undefined) return { kind: 'id-reused' }
  const versions = rows.flatMap((row) =>
    row.version === null ? [] : [{ resourceId: row.resource_id, version: row.version }],
  )
  return {
    kind: 'replayed',
    deadlineMs: first.deadline_ms,
    ...(versions.length === rows.length && { versions }),
  }
}
