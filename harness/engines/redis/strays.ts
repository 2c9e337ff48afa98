/**
 * Keys outside every namespace, on a server that this run started: only a strategy can have made them, by
 * building key names where the prefix cannot be added: in a script, for example.
 */
import type { Redis } from 'ioredis'

/** Every key of any run begins with this. */
export const OURS = 'holdfast:'

/** How many keys one step of a scan checks. */
const STEP_KEYS = 1_000
const NAMED_MAX = 3

/** Deletes them, so that the next trial does not find them; returns the first few names. */
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
