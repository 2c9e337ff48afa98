/** Deletes keys, whose memory is freed in the background. */
import type { Redis } from 'ioredis'
import { reasonOf } from '../engine-error.ts'

/** Keys of one server, of a cluster or alone. Returns how many there were. */
export async function unlinked(client: Redis, keys: readonly string[]): Promise<number> {
  try {
    return await client.unlink([...keys])
  } catch (error) {
    if (!/^CROSSSLOT/.test(reasonOf(error))) throw error
    // A server of a cluster has keys of many slots, and takes those of one in a command.
    const perKey = await Promise.all(keys.map((key) => client.unlink(key)))
    return perKey.reduce((sum, count) => sum + count, 0)
  }
}
