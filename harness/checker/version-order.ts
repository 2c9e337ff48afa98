/**
 * W: is there an order of the grants that agrees with versions and with time?
 *
 * Each hold was granted between the earliest invocation that may have granted it and the earliest return that
 * proves it, and after every hold with an older version of one of its resources (`grant-order.ts`, with the
 * proof that this is no false alarm). If a hold came after one that was not requested before the first one's
 * proof, or if the versions of two resources contradict each other, there is no such order.
 */
import { doubleAt } from './at.ts'
import type { Envelopes } from './envelopes.ts'
import { type Findings, HOLDS_NAMED_MAX } from './findings.ts'
import type { OrderBreach } from './grant-order.ts'

/** W. */
export function judgeVersionOrder(envelopes: Envelopes, findings: Findings): void {
  const { breach } = envelopes.order
  if (breach === undefined) return
  if (breach.kind === 'late') reportLate(envelopes, findings, breach)
  else reportCycle(envelopes, findings, breach.holds)
}

function reportLate(
  { history, provenUs }: Envelopes,
  findings: Findings,
  { hold, before, fromUs }: OrderBreach & { readonly kind: 'late' },
): void {
  findings.add({
    rule: 'W',
    kind: 'broken-promise',
    sort: 'order',
    explain: () => {
      const byUs = doubleAt(provenUs, hold)
      return {
        message:
          `By its version, ${history.holdId(hold)} was granted after ${history.holdId(before)}, which was ` +
          `not requested before ${findings.ms(fromUs)}; but it was held by ${findings.ms(byUs)}.`,
        atUs: byUs,
        holds: [hold, before],
      }
    },
  })
}

function reportCycle({ history }: Envelopes, findings: Findings, cycle: readonly number[]): void {
  findings.add({
    rule: 'W',
    kind: 'broken-promise',
    sort: 'cycle',
    explain: () => {
      const names = cycle.slice(0, HOLDS_NAMED_MAX).map((hold) => history.holdId(hold))
      const more = cycle.length > names.length ? [`${cycle.length - names.length} more`] : []
      const chain = [...names, ...more, ...names.slice(0, 1)].join(', that one before ')
      return { message: `By their versions, these were granted in a circle: ${chain}.`, holds: cycle }
    },
  })
}
