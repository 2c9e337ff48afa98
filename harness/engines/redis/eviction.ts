/**
 * Whether a Redis server keeps what it acknowledged. A server that may evict keys when it is full drops holds
 * and leases by itself: an oversell is then the server's fault, not the strategy's.
 */
import type { Redis } from 'ioredis'
import type { Keeping } from '../engine.ts'
import { parseInfo, type ServerFacts } from './settings.ts'

const KEEPS_EVERYTHING = 'noeviction'

/** From INFO, which works even if CONFIG is forbidden; undefined if nothing is ever evicted. */
export function evictionPolicyOf(facts: ServerFacts): string | undefined {
  const policy = facts['maxmemory-policy'] ?? facts.maxmemory_policy
  const isBounded = Number(facts.maxmemory ?? 0) > 0
  return isBounded && policy !== undefined && policy !== KEEPS_EVERYTHING
    ? `maxmemory-policy ${policy}, maxmemory ${facts.maxmemory_human ?? facts.maxmemory}`
    : undefined
}

export interface EvictionWatch {
  /** What has happened to the servers since the watch began. */
  read(): Promise<Keeping>
}

/** Throws what INFO throws. */
export async function watchEviction(nodes: readonly Redis[]): Promise<EvictionWatch> {
  const before = await Promise.all(nodes.map(evicted))
  return {
    async read() {
      const now = await Promise.all(nodes.map(evicted))
      const grown = now.reduce(
        (sum, { keys }, node) => sum + Math.max(0, keys - (before[node]?.keys ?? 0)),
        0,
      )
      // The policy now or at the start: an administrator may have changed it meanwhile.
      const policy = [...now, ...before].find((each) => each.policy !== undefined)?.policy
      if (grown > 0) {
        const told = policy === undefined ? '' : ` (${policy})`
        return { kind: 'lost', why: `the server evicts: it dropped ${grown} keys during the trial${told}` }
      }
      if (policy === undefined) return { kind: 'kept' }
      return {
        kind: 'may-lose',
        why: `the server evicts when it is full (${policy}), so that what it acknowledged may be dropped: CONFIG SET maxmemory-policy noeviction`,
      }
    },
  }
}

async function evicted(node: Redis): Promise<{ readonly keys: number; readonly policy: string | undefined }> {
  const facts = parseInfo(await node.info())
  return { keys: Number(facts.evicted_keys ?? 0), policy: evictionPolicyOf(facts) }
}

/** How much of its data a server keeps that is made to evict. */
const KEPT_SHARE = 0.5
/** A server evicts before a command that may need memory; this one does, and is undone with the key's end. */
const NUDGES = 200

/**
 * As on a server with a limit and `allkeys-lru` that is full: the limit is set below what it uses, and back
 * again. Returns how many keys were dropped.
 */
export async function evictOn(admin: Redis): Promise<number> {
  const before = await evicted(admin)
  const read = async (name: string): Promise<string> => {
    const answer = await admin.config('GET', name)
    return Array.isArray(answer) ? String(answer[1]) : ''
  }
  const [limit, policy] = [await read('maxmemory'), await read('maxmemory-policy')]
  const { used_memory: used = '0', used_memory_startup: empty = '0' } = parseInfo(await admin.info('memory'))
  const kept = Number(empty) + KEPT_SHARE * (Number(used) - Number(empty))
  try {
    await admin.config('SET', 'maxmemory-policy', 'allkeys-lru')
    await admin.config('SET', 'maxmemory', String(Math.ceil(kept)))
    for (let nudge = 0; nudge < NUDGES; nudge++) {
      await admin.set('holdfast-eviction', '', 'PX', 1).catch(() => undefined)
    }
  } finally {
    await admin.config('SET', 'maxmemory', limit)
    await admin.config('SET', 'maxmemory-policy', policy)
  }
  return (await evicted(admin)).keys - before.keys
}
