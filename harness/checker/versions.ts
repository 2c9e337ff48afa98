/**
 * V: was a change lost?
 *
 * A version is the place of one change in the order of all changes of its resource. Two holds with the same
 * place mean that both changed the same state and one change was lost.
 */
import { AnswerCode } from './answer-code.ts'
import { byteAt, doubleAt, intAt } from './at.ts'
import type { Envelopes } from './envelopes.ts'
import type { Findings } from './findings.ts'
import { grouped } from './groups.ts'
import { ascending } from './order.ts'
import { judgeVersionOrder, type VersionedLines } from './version-order.ts'

/** V and W. */
export function judgeVersions(envelopes: Envelopes, findings: Findings): void {
  const { capacities } = envelopes
  const rows = versionedLines(envelopes)
  const { holds, resources, versions } = rows
  const lines = grouped(resources, { groupCount: capacities.length, order: ascending(versions) })
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
  judgeVersionOrder(envelopes, findings, { rows, lines })
}

/** The first granted lines of each hold that carry a version: row k is one line. */
function versionedLines({ history, grantedBy }: Envelopes): VersionedLines {
  const holds = new Int32Array(history.lineCount)
  const resources = new Int32Array(history.lineCount)
  const versions = new Float64Array(history.lineCount)
  let count = 0
  for (let hold = 0; hold < grantedBy.length; hold++) {
    const granted = intAt(grantedBy, hold)
    if (granted === -1 || byteAt(history.answer, granted) !== AnswerCode.held) continue
    const end = history.lineEnd(granted)
    for (let line = history.lineStart(granted); line < end; line++) {
      const version = doubleAt(history.lineVersion, line)
      if (Number.isNaN(version)) continue
      holds[count] = hold
      resources[count] = intAt(history.lineResource, line)
      versions[count] = version
      count++
    }
  }
  return {
    holds: holds.subarray(0, count),
    resources: resources.subarray(0, count),
    versions: versions.subarray(0, count),
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
