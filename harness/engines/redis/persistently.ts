/** A step on a server that has just been started again: its client connects again a moment later. */
import { setTimeout as delay } from 'node:timers/promises'
import { monotonicMs } from '../../clock.ts'

const TRIED_MS_MAX = 20_000
const POLL_MS = 10

/** Until it succeeds; rejects with its last error. */
export async function persistently<T>(step: () => Promise<T>): Promise<T> {
  const endMs = monotonicMs() + TRIED_MS_MAX
  for (;;) {
    try {
      return await step()
    } catch (error) {
      if (monotonicMs() > endMs) throw error
    }
    await delay(POLL_MS)
  }
}
