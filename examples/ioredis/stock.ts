/** Stock in Redis: units of an article, taken by one at a time. */
import type { Redis } from 'ioredis'

/** WATCH: EXEC does nothing if another client has written the key since it was read. */
export async function take(redis: Redis, article: string): Promise<boolean> {
  for (let tries = 0; tries < 3; tries++) {
    await redis.watch(article)
    const left = Number(await redis.get(article))
    if (left === 0) {
      await redis.unwatch()
      return false
    }
    const done = await redis
      .multi()
      .set(article, left - 1)
      .exec()
    if (done !== null) return true
  }
  return false
}

/** The same without WATCH: two clients take the same unit. */
export async function takeNaively(redis: Redis, article: string): Promise<boolean> {
  const left = Number(await redis.get(article))
  if (left === 0) return false
  await redis.set(article, left - 1)
  return true
}
