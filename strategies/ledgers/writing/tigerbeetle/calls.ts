/** Requests to TigerBeetle: how large one may be, and how long its answer may take. */

/** What a request may carry, with the server's default message size: 8,189 events. */
export const EVENTS_PER_REQUEST_MAX = 8_189

/**
 * From sending to the answer. The client would wait for ever; past this the outcome is unknown, and the same
 * id may be sent again.
 */
export const CALL_DEADLINE_MS = 10_000

/**
 * The answer, or an error when it takes longer than anything takes: then nobody knows what became of the
 * request.
 */
export async function inTime<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`TigerBeetle did not answer within ${CALL_DEADLINE_MS} ms`)),
      CALL_DEADLINE_MS,
    )
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}
