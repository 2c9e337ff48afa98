/** Ids of requests, for logs and answers: a number of the process, after what is random for each process. */
import { randomBytes } from 'node:crypto'

/** No two processes have the same. */
const PROCESS_BYTES = 12

/** A random id for each request would cost ten times as much, and nobody gains from guessing the next one. */
export function requestIds(): () => string {
  const process = randomBytes(PROCESS_BYTES).toString('hex')
  let count = 0
  return () => {
    count += 1
    return `${process}-${count}`
  }
}
