/**
 * Asks a strategy, under a deadline; measures it; and turns what nobody knows into a problem that says so.
 */
import { InvalidRequestError, UnknownResourceError } from '../../strategies/strategy.ts'
import { monotonicMs } from '../clock.ts'
import type { OperationName, ServiceMetrics } from './metrics.ts'
import { Problem } from './problems.ts'

/** Longer than every strategy's own limits; a browser has given up by then. */
const CALL_DEADLINE_MS = 15_000

/**
 * Throws a `Problem` of kind `unknown-outcome` when there is no answer, or none in time: the effect
 * may have come or come yet.
 */
export async function called<T>(
  metrics: ServiceMetrics,
  operation: OperationName,
  ask: () => Promise<T>,
  outcomeOf: (answer: T) => string,
): Promise<T> {
  const startedMs = monotonicMs()
  const told = (outcome: string) => metrics.operation(operation, outcome, (monotonicMs() - startedMs) / 1_000)
  try {
    const answer = await inTime(ask())
    told(outcomeOf(answer))
    return answer
  } catch (error) {
    if (error instanceof InvalidRequestError || error instanceof UnknownResourceError) {
      told('refused')
      throw error
    }
    told('unknown')
    throw new Problem(
      'unknown-outcome',
      `nobody knows whether the ${operation} took effect: send it again under the same hold id`,
    )
  }
}

async function inTime<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${CALL_DEADLINE_MS} ms`)), CALL_DEADLINE_MS)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}
