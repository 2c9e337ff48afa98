/**
 * Waits between retries are random up to this, doubling from the first: long enough for one durable commit.
 */
const BACKOFF_MS_FIRST = 2
const BACKOFF_MS_MAX = 50

/** `attempt`: which try came to nothing, 1 for the first. */
export async function backOff(attempt: number, random: () => number): Promise<void> {
  const ceilingMs = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_FIRST * 2 ** (attempt - 1))
  await new Promise((resolve) => setTimeout(resolve, random() * ceilingMs))
}
