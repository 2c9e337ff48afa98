/**
 * Calls a strategy with a deadline, measures the call, and turns an unknown outcome into a problem whose
 * cause is logged.
 */
import { InvalidRequestError, UnknownResourceError } from '../../strategies/strategy.ts'
import { monotonicMs } from '../clock.ts'
import type { Admission } from './admission.ts'
import type { ServiceLog } from './log.ts'
import type { OperationName, ServiceMetrics } from './metrics.ts'
import { Problem } from './problems.ts'

/** Longer than every strategy's own limits; browsers give up sooner. */
const CALL_DEADLINE_MS = 15_000

export class StrategyCaller {
  readonly #metrics: ServiceMetrics
  readonly #admission: Admission

  constructor(metrics: ServiceMetrics, admission: Admission) {
    this.#metrics = metrics
    this.#admission = admission
  }

  /**
   * Throws a `Problem` of kind `unknown-outcome` if the call fails or is not answered in time: it may have
   * had its effect, or may still have it. `log` is the request's logger.
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
        `it is unknown whether the ${operation} took effect: send it again under the same hold id`,
      )
    }
  }

  /** A late call still runs, so it keeps its slot. */
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
