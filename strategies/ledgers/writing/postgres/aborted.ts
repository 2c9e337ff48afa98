/**
 * A transaction that PostgreSQL aborted because of another one (a serialization failure, a deadlock, a lock
 * timeout) certainly had no effect: to call it unknown would claim less than is known. A hold is then
 * contended. A confirm or a release has no such answer in the contract, so it is repeated.
 *
 * At READ COMMITTED, the level of the sessions, this never happens to a confirm or release. It does happen on
 * a server without that level (one that speaks PostgreSQL's protocol and is always serializable).
 */

import { backOff } from './back-off.ts'
import { contendedBy } from './errors.ts'

/** After this many tries the error is thrown: there was no effect, but the caller got no answer either. */
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
