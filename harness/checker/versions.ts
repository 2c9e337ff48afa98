/**
 * V: was a change lost?
 *
 * A version is the place of one change in the order of all changes of its resource. Two holds with the same
 * place mean that both changed the same state and one change was lost.
 */
import { doubleAt, intAt } from './at.ts'
import type { Envelopes } from './envelopes.ts'
import type { Findings } from './findings.ts'

/** V. */
export function judgeVersions(envelopes: Envelopes, findings: Findings): void {
  const { capacities, order } = envelopes
  const { rows, lines } = order
  const { holds, versions } = rows
  for (let resource = 0; resource < capacities.length; resource++) {
    const end = lines.end(resource)
    for (let at = lines.start(resource) + 1; at < end; at++) {
      const before = lines.member(at - 1)
      const line = lines.member(at)
      const version = doubleAt(versions, line)
      if (doubleAt(versions, before) !== version) continue
      reportDuplicate(envelopes, findings, {
        holds: [intAt(holds, before), intAt(holds, line)],
        resource,
        version,
      })
    }
  }
}

function reportDuplicate(
  { history }: Envelopes,
  findings: Findings,
  {
    holds,
    resource,
    version,
  }: { readonly holds: readonly [number, number]; readonly resource: number; readonly version: number },
): void {
  findings.add({
    rule: 'V',
    kind: 'broken-promise',
    sort: 'version',
    resource,
    explain: () => {
      const [a, b] = holds
      return {
        message:
          `${history.holdId(a)} and ${history.holdId(b)} both made change ${version} of ` +
          `${history.resourceId(resource)}: one of the two was lost.`,
        holds,
      }
    },
  })
}
