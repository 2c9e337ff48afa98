/** Expires due holds, a few at a time, as long as the service runs. */
import { setTimeout as delay } from 'node:timers/promises'
import type { ReservationStrategy } from '../../strategies/strategy.ts'
import type { ServiceLog } from './log.ts'
import type { ServiceMetrics } from './metrics.ts'

const EVERY_MS = 1_000
/** The interval while the engine does not answer. */
const EVERY_MS_MAX = 30_000
/** Holds per step: transactions are short, so that buyers do not wait for the sweeper. */
const HOLDS_AT_ONCE = 100

export interface SweeperOptions {
  readonly strategy: Pick<ReservationStrategy, 'expireDue'>
  readonly metrics: ServiceMetrics
  readonly log: ServiceLog
  readonly everyMs?: number
}

/** Continues after failures, at longer intervals. Disposing waits for the current step. */
export function startSweeper(options: SweeperOptions): AsyncDisposable {
  const { strategy, metrics, log, everyMs = EVERY_MS } = options
  const ending = new AbortController()
  const { signal } = ending

  async function sweep(): Promise<void> {
    let waitMs = everyMs
    while (!signal.aborted) {
      await delay(waitMs, undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return
      try {
        const expired = await strategy.expireDue(HOLDS_AT_ONCE)
        metrics.swept(expired)
        if (waitMs > everyMs) log.info('holds are swept again')
        // There may be more: continue at once.
        waitMs = expired < HOLDS_AT_ONCE ? everyMs : 1
      } catch (err) {
        log.warn({ err }, 'holds could not be swept')
        waitMs = Math.min(Math.max(waitMs, everyMs) * 2, EVERY_MS_MAX)
      }
    }
  }

  const swept = sweep()
  return {
    async [Symbol.asyncDispose]() {
      ending.abort()
      await swept
    },
  }
}
