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

/** Deletes them, so that the next trial does not find what this one left; names the first few. */
export async function removeStrays(observers: readonly Redis[]): Promise<readonly string[]> {
  const named = new Set<string>()
  for (const node of observers) {
    let cursor = '0'
    do {
      const [next, keys] = await node.scan(cursor, 'COUNT', STEP_KEYS)
      const strays = keys.filter((key) => !key.startsWith(OURS))
      for (const key of strays) if (named.size < NAMED_MAX) named.add(key)
      if (strays.length > 0) await node.unlink(...strays)
      cursor = next
    } while (cursor !== '0')
  }
  return [...named]
}
