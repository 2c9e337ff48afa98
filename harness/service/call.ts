/**
 * Asks a strategy, under a deadline; measures it; and turns what nobody knows into a problem that says so,
 * whose cause is in the log.
 */
import { InvalidRequestError, UnknownResourceError } from '../../strategies/strategy.ts'
import { monotonicMs } from '../clock.ts'
import type { Admission } from './admission.ts'
import type { ServiceLog } from './log.ts'
import type { OperationName, ServiceMetrics } from './metrics.ts'
import { Problem } from './problems.ts'

/** Longer than every strategy's own limits; a browser has given up by then. */
const CALL_DEADLINE_MS = 15_000

export class StrategyCaller {
  readonly #metrics: ServiceMetrics
  readonly #admission: Admission

  constructor(metrics: ServiceMetrics, admission: Admission) {
    this.#metrics = metrics
    this.#admission = admission
  }

  /**
   * Throws a `Problem` of kind `unknown-outcome` when there is no answer, or none in time: the effect
   * may have come or come yet. `log` is the request's.
   */
  async called<T>(
    log: ServiceLog,
    operation: OperationName,
    ask: () => Promise<T>,
    outcomeOf: (answer: T) => string,
  ): Promise<T> {
    const startedMs = monotonicMs()
    const elapsedMs = (): number => monotonicMs() - startedMs
    const told = (outcome: string) => this.#metrics.operation(operation, outcome, elapsedMs() / 1_000)
    try {
      const answer = await this.#inTime(ask, (late) => {
        log.warn({ operation, ms: Math.round(elapsedMs()), ...late }, 'an overdue call has ended')
      })
      told(outcomeOf(answer))
      return answer
    } catch (error) {
      if (error instanceof InvalidRequestError || error instanceof UnknownResourceError) {
        told('refused')
        throw error
      }
      told('unknown')
      log.error({ operation, ms: Math.round(elapsedMs()), err: error }, 'the outcome is unknown')
      throw new Problem(
        'unknown-outcome',
        `nobody knows whether the ${operation} took effect: send it again under the same hold id`,
      )
    }
  }

  /** Work that is late is not work that has ended: it keeps its place. */
  async #inTime<T>(ask: () => Promise<T>, tellLate: (late: { err?: unknown }) => void): Promise<T> {
    const answer = ask()
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.#admission.keepUntil(answer)
        answer.then(
          () => tellLate({}),
          (err: unknown) => tellLate({ err }),
        )
        reject(new Error(`no answer within ${CALL_DEADLINE_MS} ms`))
      }, CALL_DEADLINE_MS)
    })
    try {
      return await Promise.race([answer, late])
    } finally {
      clearTimeout(timer)
    }
  }
}
