/**
 * The core of a technique: one transaction that claims the lines of a hold and writes it, or has no effect.
 */
import { type IsolationLevel, type Kysely, type RawBuilder, sql } from 'kysely'
import type { ContendedReason, HoldRequest, Line, LineVersion, ResourceId } from '../../../strategy.ts'
import { epochMs, only } from './sql.ts'

/** The outcome of one try to claim units. Only `claimed` has an effect. */
export type Claim =
  | { readonly kind: 'claimed'; readonly deadlineMs: number; readonly versions?: readonly LineVersion[] }
  /**
   * Some line had too few free units. If the technique sets `soldOut`, that resource is answered without a
   * further check.
   */
  | { readonly kind: 'short'; readonly soldOut?: ResourceId }
  /** At one moment the resource's units were taken, none of them was due, and the hold's id was unused. */
  | { readonly kind: 'sold-out'; readonly resourceId: ResourceId }
  | { readonly kind: 'contended'; readonly reason: ContendedReason }

/**
 * A technique: one transaction that claims all lines of the request, which are sorted by resource id, or has
 * no effect. A hold id that is already used may surface as a unique violation.
 */
export type ClaimOnce = (request: HoldRequest) => Promise<Claim>

/**
 * Runs a claim in one transaction: commits if it claimed (unless COMMIT went with its last statement, which
 * the connection knows), otherwise rolls back. Errors of COMMIT are thrown, because after a cut connection it
 * is unknown whether COMMIT took effect.
 */
export async function inTransaction(
  db: Kysely<unknown>,
  isolation: IsolationLevel,
  body: (tx: Kysely<unknown>) => Promise<Claim>,
): Promise<Claim> {
  const tx = await db.startTransaction().setIsolationLevel(isolation).execute()
  try {
    const claim = await body(tx)
    await (claim.kind === 'claimed' ? tx.commit() : tx.rollback()).execute()
    return claim
  } catch (error) {
    // A COMMIT can fail too (SERIALIZABLE finds some conflicts only then), and only a rollback, even a failed
    // one, returns the connection to the pool. The first error is the one that says what happened.
    if (!tx.isRolledBack)
      await tx
        .rollback()
        .execute()
        .catch(() => {})
    throw error
  }
}

/** Units of one resource that a technique read as free. */
export interface FreeUnits {
  readonly id: ResourceId
  readonly free: number
}

/**
 * The check of check-then-act: whether the free units that were read cover every line. An unknown resource
 * has no free units.
 */
export function covers(read: readonly FreeUnits[], lines: readonly Line[]): boolean {
  const free = new Map(read.map((row) => [row.id, row.free]))
  return lines.every((line) => (free.get(line.resourceId) ?? 0) >= line.quantity)
}

/** The last statement of a claim: `insertHold`, or the same with COMMIT. */
export type InsertHold = (
  tx: Kysely<unknown>,
  request: HoldRequest,
  versions?: readonly LineVersion[],
) => Promise<Claim>

/**
 * Writes the hold and its lines, with a deadline from the server's clock. `versions` are in the order of the
 * lines.
 */
export const insertHold: InsertHold = async (tx, request, versions) => {
  const { rows } = await insertion(request, versions).execute(tx)
  return claimedBy(rows, versions)
}

/**
 * The same as the last statement of its transaction: nothing that it answers decides whether to commit, so
 * COMMIT travels with it where the connections can send it so, and saves a round trip. If the statement
 * fails, the server skips the COMMIT.
 */
export const insertHoldAndCommit: InsertHold = async (tx, request, versions) => {
  const last = { ...insertion(request, versions).compile(tx), endsTransaction: true }
  const { rows } = await tx.executeQuery<Inserted>(last)
  return claimedBy(rows, versions)
}

interface Inserted {
  readonly deadline_ms: number
}

function claimedBy(rows: readonly Inserted[], versions: readonly LineVersion[] | undefined): Claim {
  return { kind: 'claimed', deadlineMs: only(rows).deadline_ms, ...(versions && { versions }) }
}

function insertion(request: HoldRequest, versions: readonly LineVersion[] | undefined): RawBuilder<Inserted> {
  return sql<Inserted>`
    with h as (
      insert into hold (id, deadline)
      values (${request.holdId}, clock_timestamp() + ${request.ttlMs} * interval '1 millisecond')
      returning id, deadline
    ), lines as (
      insert into hold_line (hold_id, line, resource_id, quantity, version, deadline)
      select h.id, l.line, l.resource_id, l.quantity, l.version, h.deadline
      from h, unnest(
        ${request.lines.map((line) => line.resourceId)}::text[],
        ${request.lines.map((line) => line.quantity)}::integer[],
        ${request.lines.map((_, at) => versions?.[at]?.version ?? null)}::bigint[]
      ) with ordinality l (resource_id, quantity, version, line)
    )
    select ${epochMs(sql`deadline`)} as deadline_ms from h`
}
