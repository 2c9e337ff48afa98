/**
 * Leases on the resources of one hold: they are taken in order, and always released.
 *
 * A lease lives in Redis, what it protects in PostgreSQL. It is released after the transaction has ended,
 * since a lock released before COMMIT protects nothing.
 */
import type { Redis } from 'ioredis'
import type { ResourceId } from '../../../strategy.ts'
import type { Claim } from '../postgres/claim.ts'
import { script } from './script.ts'

/**
 * How long a lease lasts if its owner does not release it. It is unrelated to the duration of a hold: it must
 * outlive one transaction, with a slow disk and a full pool, and not much more, since a crashed owner blocks
 * its resources for that long.
 */
export const LEASE_MS = 3_000

/** How often a buyer requests a lease before it answers `contended`; it waits a random time between tries. */
export const LEASE_ATTEMPTS_MAX = 20

/**
 * With fewer servers, no majority survives the loss of one, and Redlock is a single lease with more steps.
 */
const REDLOCK_NODES_MIN = 3

/** Refuses a configuration that is not Redlock. */
export function requireNodes(redis: readonly Redis[]): void {
  if (redis.length < REDLOCK_NODES_MIN) {
    throw new Error(
      `Redlock needs at least ${REDLOCK_NODES_MIN} independent Redis nodes (REDIS_URLS), but got ${redis.length}`,
    )
  }
}

/** Deletes a key if it has this token. Comparing and deleting in two commands would free the next owner's. */
const deleteIfOurs = script(
  `
  if redis.call('GET', KEYS[1]) == ARGV[1] then
    return redis.call('DEL', KEYS[1])
  end
  return 0`,
  { name: 'delete the lease if it is ours' },
)

/**
 * Releases a lease that is a string key, if its token is still ours: with DELIFEQ, which Valkey has from
 * 9.0 on, or with a script on a server that does not know that command or forbids it. Either refusal
 * certainly did nothing.
 */
export function leaseReleaser(redis: Redis): (key: string, token: string) => Promise<unknown> {
  let isKnown = true
  return async (key, token) => {
    if (isKnown) {
      try {
        // The library does not know the command, and does not put the prefix before its key.
        return await redis.call('DELIFEQ', `${redis.options.keyPrefix ?? ''}${key}`, token)
      } catch (error) {
        if (!(error instanceof Error) || !/^(ERR unknown command|NOPERM)/i.test(error.message)) throw error
        isKnown = false
      }
    }
    return deleteIfOurs.run(redis, [key], [token])
  }
}

/** One acquired lease. */
export interface Lease {
  readonly resourceId: ResourceId
  /** Releases the lease if it is still ours. A failure is not an error: the lease expires by itself. */
  release(): Promise<unknown>
}

/**
 * Takes a lease on each resource, in the given order, which is by id: two buyers of the same two seats cannot
 * each get one. If one is refused, those that were acquired are released and the claim is contended.
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
