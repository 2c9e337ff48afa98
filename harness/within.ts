/** Adds a deadline to a wait that has none. */

/** There was no answer in time. The request may still have its effect. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError'
}

/** Settles as the answer does, or throws `NoAnswerError` at the deadline; what comes later is ignored. */
export function within<T>(deadlineMs: number, answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new NoAnswerError(`no answer within ${deadlineMs} ms`)), deadlineMs)
    answer.then(
      (value) => {
        clearTimeout(timer)
        resolve(value)
      },
      (error: unknown) => {
        clearTimeout(timer)
        reject(error)
      },
    )
  })
}
