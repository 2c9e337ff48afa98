/**
 * Keys outside every namespace, on a server that this run started: only a strategy can have made them, by
 * building key names where the prefix cannot be added: in a script, for example.
 */
import type { Redis } from 'ioredis'
import { unlinked } from './unlinked.ts'

/** Every key of any run begins with this. */
export const OURS = 'holdfast:'
/** Keys that outlive their run, which nobody but an operator removes. */
export const KEPT = 'holdfast-kept:'

/** How many keys one step of a scan checks. */
const STEP_KEYS = 1_000
const NAMED_MAX = 3

/**
 * Deletes them, so that the next trial does not find them; returns the first few names. A node that does not
 * answer is skipped.
 */
export async function removeStrays(observers: readonly Redis[]): Promise<readonly string[]> {
  const perNode = await Promise.allSettled(observers.map(removeFrom))
  const keys = perNode.flatMap((found) => (found.status === 'fulfilled' ? found.value : []))
  return [...new Set(keys)].slice(0, NAMED_MAX)
}

async function removeFrom(node: Redis): Promise<readonly string[]> {
  const found: string[] = []
  let cursor = '0'
  do {
    const [next, keys] = await node.scan(cursor, 'COUNT', STEP_KEYS)
    const strays = keys.filter((key) => !key.startsWith(OURS) && !key.startsWith(KEPT))
    found.push(...strays.slice(0, NAMED_MAX))
    if (strays.length > 0) await unlinked(node, strays)
    cursor = next
  } while (cursor !== '0')
  return found
}
