/** A deadline for a wait that has none of its own. */

/** There was no answer in time. What was asked may still be done. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError'
}

/** Settles as the answer does, or throws `NoAnswerError` after so many milliseconds. */
export async function within<T>(deadlineMs: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new NoAnswerError(`no answer within ${deadlineMs} ms`)), deadlineMs)
  })
  // Should the answer fail after its deadline, nobody is left to hear of it.
  answer.catch(() => undefined)
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}
