/**
 * What PostgreSQL aborted for another's sake (a serialization failure, a deadlock, a lock that was not to be
 * had in time) had no effect, which is certain: to call it unknown would claim less than is known. A hold is
 * then contended. A confirm or a release has no such answer in the contract, so it is said again.
 *
 * At READ COMMITTED, which sessions are opened with, a confirm or release meets none of this. It does where a
 * server has no such level (one that speaks PostgreSQL's protocol and is always serializable).
 */

import { backOff } from './back-off.ts'
import { contendedBy } from './errors.ts'

/** Past it the error is thrown: it has no effect, but the caller got no answer either. */
const ATTEMPTS_MAX = 10

/** `work` is one statement, or one transaction. */
export async function againIfAborted<Answer>(
  work: () => Promise<Answer>,
  random: () => number = Math.random,
): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (contendedBy(error) === undefined || attempt >= ATTEMPTS_MAX) throw error
      await backOff(attempt, random)
    }
  }
}
