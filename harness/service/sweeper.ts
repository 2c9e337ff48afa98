/** Expires holds whose deadline has passed, a few at a time, for as long as the service lives. */
import { setTimeout as delay } from 'node:timers/promises'
import type { ReservationStrategy } from '../../strategies/strategy.ts'
import type { ServiceLog } from './log.ts'
import type { ServiceMetrics } from './metrics.ts'

const EVERY_MS = 1_000
/** While the engine does not answer. */
const EVERY_MS_MAX = 30_000
/** Of one step: short transactions, so that buyers do not wait for the sweeper. */
const HOLDS_AT_ONCE = 100

export interface SweeperOptions {
  readonly strategy: Pick<ReservationStrategy, 'expireDue'>
  readonly metrics: ServiceMetrics
  readonly log: ServiceLog
  readonly everyMs?: number
}

/** Goes on after failures, at longer intervals. On dispose the step under way is waited for. */
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
        // There may be more, and they are taken at once.
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
