/** Calls of the store in the name of a visitor have a deadline. */

import { Problem } from '../../harness/service/problems.ts'
import { SharedTimer } from '../../harness/shared-timer.ts'
import { within } from '../../harness/within.ts'

const CALL_DEADLINE_MS = 10_000
const deadlines = new SharedTimer(CALL_DEADLINE_MS)

/** Throws a `Problem` if the store does not answer: nobody is let in without it, and nobody loses a place. */
export async function withinWaiting<T>(answer: Promise<T>): Promise<T> {
  try {
    return await within(deadlines, answer)
  } catch (error) {
    if (error instanceof Problem) throw error
    throw new Problem('overloaded', 'the waiting room does not answer: your place is kept, try again')
  }
}
