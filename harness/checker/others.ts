import { doubleAt, intAt } from './at.ts'
import type { Envelopes } from './envelopes.ts'

const OTHERS_SHOWN_MAX = 4

/**
 * The operations before `untilUs` of the holds that last took units of `resource`, except `hold` itself (-1
 * for none): they show how many units were free.
 */
export function operationsOfOthers(
  { history, possible, operationsOf }: Envelopes,
  about: { readonly hold: number; readonly resource: number; readonly untilUs: number },
): readonly number[] {
  const latest: number[] = []
  for (let row = 0; row < possible.count; row++) {
    if (intAt(possible.hold, row) === about.hold || intAt(possible.resource, row) !== about.resource) continue
    if (doubleAt(possible.startUs, row) < about.untilUs) latest.push(row)
  }
  latest.sort((a, b) => doubleAt(possible.startUs, b) - doubleAt(possible.startUs, a) || a - b)
  return latest
    .slice(0, OTHERS_SHOWN_MAX)
    .flatMap((row) => [...operationsOf.membersOf(intAt(possible.hold, row))])
    .filter((operation) => doubleAt(history.invokedUs, operation) < about.untilUs)
}
