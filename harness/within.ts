/** Adds a deadline to a wait that has none. */
import { SharedTimer } from './shared-timer.ts'

/** There was no answer in time. The request may still have its effect. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError'
}

/**
 * Settles as the answer does, or throws `NoAnswerError` at the deadline; what comes later is ignored. A
 * caller that waits very often passes deadlines that it keeps, and spares a timer for each. `ended` is called
 * once, when the answer came or the deadline passed.
 */
export function within<T>(limit: number | SharedTimer, answer: Promise<T>, ended?: () => void): Promise<T> {
  const isOwn = typeof limit === 'number'
  const deadlines = isOwn ? new SharedTimer(limit) : limit
  return new Promise((resolve, reject) => {
    const deadline = deadlines.begin(() => {
      ended?.()
      reject(new NoAnswerError(`no answer within ${deadlines.ms} ms`))
    })
    const end = (): void => {
      if (deadlines.end(deadline)) ended?.()
      if (isOwn) deadlines.stop()
    }
    answer.then(
      (value) => {
        end()
        resolve(value)
      },
      (error: unknown) => {
        end()
        reject(error)
      },
    )
  })
}
