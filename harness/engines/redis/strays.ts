/**
 * Keys outside every namespace, on a server of this run's own: nobody else can have made them but a strategy
 * that builds the names of its keys where the prefix cannot be put before them: in a script, say.
 */
import type { Redis } from 'ioredis'

/** Every key of any run begins with it. */
export const OURS = 'holdfast:'

/** Keys that one step of a scan looks at. */
const STEP_KEYS = 1_000
const NAMED_MAX = 3

/**
 * Deletes them, so that the next trial does not find what this one left; names the first few. A node that
 * does not answer is passed over.
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
    const strays = keys.filter((key) => !key.startsWith(OURS))
    found.push(...strays.slice(0, NAMED_MAX))
    if (strays.length > 0) await node.unlink(...strays)
    cursor = next
  } while (cursor !== '0')
  return found
}
