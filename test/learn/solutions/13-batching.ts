/** Exercise 13: what does not fit together is asked for one by one. */
import {
  type Claim,
  insertHold,
  inTransaction,
  type PostgresConnections,
  reservationsOn,
  takeUnitsWhereFree,
} from 'holdfast/postgres'
import type { HoldOutcome, HoldRequest, ReservationStrategy, ResourceId } from 'holdfast/strategy'
import { type Kysely, sql } from 'kysely'

export const ledger = 'counter-rows'
export const promises = { batches: true }

interface Waiting {
  readonly request: HoldRequest
  readonly resolve: (outcome: HoldOutcome | Promise<HoldOutcome>) => void
}

export function create({ postgres: db }: PostgresConnections): ReservationStrategy {
  const single = reservationsOn(db, {
    claim: (request) => inTransaction(db, 'read committed', (tx) => takeUnitsWhereFree(tx, request)),
  })
  const queues = new Map<ResourceId, Waiting[]>()

  /** Batches of one resource, one after another, until nobody waits. */
  async function serve(resourceId: ResourceId, queue: Waiting[]): Promise<void> {
    while (queue.length > 0) {
      // Callers of the same moment share a batch.
      await Promise.resolve()
      const batch = queue.splice(0)
      const answers = await together(
        db,
        resourceId,
        batch.map(({ request }) => request),
      )
      for (const [at, { request, resolve }] of batch.entries()) {
        const claim = typeof answers === 'object' ? answers[at] : undefined
        if (claim?.kind === 'claimed') resolve({ kind: 'held', deadlineMs: claim.deadlineMs, attempts: 1 })
        // Not enough for all of them, or one of them was in doubt: each asks for itself.
        else resolve(single.hold(request))
      }
    }
    queues.delete(resourceId)
  }

  return {
    ...single,
    hold(request) {
      const [line, ...more] = request.lines
      if (line === undefined || more.length > 0) return single.hold(request)
      const { promise, resolve } = Promise.withResolvers<HoldOutcome>()
      const queue = queues.get(line.resourceId)
      if (queue !== undefined) queue.push({ request, resolve })
      else {
        const begun = [{ request, resolve }]
        queues.set(line.resourceId, begun)
        void serve(line.resourceId, begun)
      }
      return promise
    },
  }
}

/** All or none: `short` if there is not enough for all of them; undefined if something else went wrong. */
async function together(
  db: Kysely<unknown>,
  resourceId: ResourceId,
  requests: readonly HoldRequest[],
): Promise<readonly Claim[] | 'short' | undefined> {
  const wanted = requests.reduce((sum, { lines }) => sum + (lines[0]?.quantity ?? 0), 0)
  const claims: Claim[] = []
  try {
    const all = await inTransaction(db, 'read committed', async (tx): Promise<Claim> => {
      const { rows } = await sql`
        update resource set taken = taken + ${wanted}, version = version + 1
        where id = ${resourceId} and taken + ${wanted} <= capacity
        returning id`.execute(tx)
      if (rows.length === 0) return { kind: 'short' }
      for (const request of requests) claims.push(await insertHold(tx, request))
      return claims[0] ?? { kind: 'short' }
    })
    return all.kind === 'claimed' ? claims : 'short'
  } catch {
    return undefined
  }
}
