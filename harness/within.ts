/** Adds a deadline to a wait that has none. */

/** There was no answer in time. The request may still have its effect. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError'
}

/** Settles as the answer does, or throws `NoAnswerError` at the deadline. */
export async function within<T>(deadlineMs: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new NoAnswerError(`no answer within ${deadlineMs} ms`)), deadlineMs)
  })
  // A failure after the deadline must not become an unhandled rejection.
  answer.catch(() => undefined)
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}
