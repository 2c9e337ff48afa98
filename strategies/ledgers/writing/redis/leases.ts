/**
 * Leases on the resources of one hold: how they are taken in order, and released whatever happens in between.
 *
 * A lease lives in Redis, what it protects in PostgreSQL. It is released after the transaction ended, since a
 * lock that is released before COMMIT protects nothing.
 */
import type { Redis } from 'ioredis'
import type { ResourceId } from '../../../strategy.ts'
import type { Claim } from '../postgres/claim.ts'

/**
 * How long a lease lasts if its owner does not release it. It has nothing to do with how long a hold lasts:
 * it must outlive one transaction, with a slow disk and a full pool, and not much more, since a crashed owner
 * blocks its resources for that long.
 */
export const LEASE_MS = 3_000

/**
 * How often a buyer asks for a lease before it is told `contended`; between tries it waits a random while.
 */
export const LEASE_ATTEMPTS_MAX = 20

/** Of fewer, no majority survives the loss of one, and Redlock is a single lease with more steps. */
const REDLOCK_NODES_MIN = 3

/** Refuses to call something Redlock that is not. */
export function requireNodes(redis: readonly Redis[]): void {
  if (redis.length < REDLOCK_NODES_MIN) {
    throw new Error(
      `Redlock needs at least ${REDLOCK_NODES_MIN} independent Redis nodes (REDIS_URLS), and was given ${redis.length}`,
    )
  }
}

/** One lease that was had. */
export interface Lease {
  readonly resourceId: ResourceId
  /** If it is still ours. Failing to is no error: it expires by itself. */
  release(): Promise<unknown>
}

/**
 * Takes a lease on each resource, in the order given, which is that of their ids: two buyers of
 * the same two seats cannot each have one. If one is refused, those that were acquired are
 * released and the claim is contended.
 */
export async function withLeases<Had extends Lease>(
  resourceIds: readonly ResourceId[],
  take: (resourceId: ResourceId) => Promise<Had | undefined>,
  claim: (leases: readonly Had[]) => Promise<Claim>,
): Promise<Claim> {
  const leases: Had[] = []
  try {
    for (const resourceId of resourceIds) {
      const lease = await take(resourceId)
      if (lease === undefined) return { kind: 'contended', reason: 'lock-not-available' }
      leases.push(lease)
    }
    return await claim(leases)
  } finally {
    await Promise.allSettled(leases.map((lease) => lease.release()))
  }
}
