/**
 * O1, O2 and V: was anything granted twice?
 *
 * O1: at some moment the lower envelopes of a resource sum to more than its capacity. No false alarm: at every moment of
 * D(h) the hold h has its units in every order of effects that agrees with the history, so at that moment all of them
 * have theirs together.
 *
 * O2: a hold h was granted at some moment g of [first request, first proof s), and held its units from g until its
 * earliest end e, if g was before e. So the others' lower envelopes leave room for it at a moment of [e, s), or else just
 * before e and s, whichever is first: from g on, every moment before both is one at which h was held. If they do at none
 * of these, h was granted where there was no room. The hold's own D begins at s and so never counts against it. This
 * catches a hold whose own D is empty, such as one that was released before its answer came.
 *
 * V: a version is the place of one change in the order of all changes of its resource. Two holds with one place means
 * that both changed the same state and one change was lost.
 *
 * A hold of several lines is judged resource by resource: it has all of its lines or none, so each line's envelope is
 * the hold's.
 */
import { Answer } from './columns.ts'
import type { Envelopes } from './envelopes.ts'
import { type Findings, HOLDS_NAMED_MAX } from './findings.ts'
import { ascending, grouped } from './order.ts'

export function judgeGrants(envelopes: Envelopes, findings: Findings): void {
  judgeSums(envelopes, findings)
  judgeRoom(envelopes, findings)
  judgeVersions(envelopes, findings)
}

/** O1. */
function judgeSums(envelopes: Envelopes, findings: Findings): void {
  const { certain, certainSteps: steps, capacities, sold, history } = envelopes
  const soldUnits = new Float64Array(capacities.length)
  for (let at = 0; at < certain.count; at++) {
    const resource = certain.resource[at] ?? 0
    if (sold[certain.hold[at] ?? 0] === 1) {
      soldUnits[resource] = (soldUnits[resource] ?? 0) + (certain.units[at] ?? 0)
    }
  }
  for (let resource = 0; resource < capacities.length; resource++) {
    const capacity = capacities[resource] ?? 0
    // What is sold is never given back, so the most is sold at the end.
    findings.oversoldUnits += Math.max(0, (soldUnits[resource] ?? 0) - capacity)
    let most = capacity
    let wasOver = false
    const end = steps.first[resource + 1] ?? 0
    for (let segment = steps.first[resource] ?? 0; segment < end; segment++) {
      const units = steps.units[segment] ?? 0
      if (units > most) most = units
      const over = units > capacity
      if (over && !wasOver) {
        const atUs = steps.fromUs[segment] ?? 0
        findings.add({
          rule: 'O1',
          kind: 'oversell',
          sort: 'sum',
          resource,
          tell: () => {
            const { holds, others } = colliding(envelopes, { resource, atUs, capacity })
            const those = holds.map(
              (hold) => `${history.holdId(hold)} (${sold[hold] === 1 ? 'sold' : 'held'})`,
            )
            const more = others > 0 ? `, and ${others} more` : ''
            return {
              message:
                `${history.resourceId(resource)} has ${count(capacity, 'unit')}, but at ${findings.ms(atUs)} ` +
                `${units} were taken: ${those.join(', ')}${more}.`,
              atUs,
              holds,
            }
          },
        })
      }
      wasOver = over
    }
    findings.overheldUnits += most - capacity || 0
  }
}

/** The holds that together exceed the capacity at one moment: the last to come first, and no more than it takes. */
function colliding(
  { certain }: Envelopes,
  {
    resource,
    atUs,
    capacity,
  }: { readonly resource: number; readonly atUs: number; readonly capacity: number },
): { readonly holds: readonly number[]; readonly others: number } {
  const there: number[] = []
  for (let at = 0; at < certain.count; at++) {
    if (
      certain.resource[at] === resource &&
      (certain.startUs[at] ?? 0) <= atUs &&
      atUs < (certain.endUs[at] ?? 0)
    ) {
      there.push(at)
    }
  }
  there.sort((a, b) => (certain.startUs[b] ?? 0) - (certain.startUs[a] ?? 0) || a - b)
  let sum = 0
  let enough = 0
  while (enough < there.length && sum <= capacity) sum += certain.units[there[enough++] ?? 0] ?? 0
  const named = Math.min(enough, HOLDS_NAMED_MAX)
  return { holds: there.slice(0, named).map((at) => certain.hold[at] ?? 0), others: there.length - named }
}

/** O2. */
function judgeRoom(envelopes: Envelopes, findings: Findings): void {
  const {
    history,
    grantedBy,
    possibleFromUs,
    provenUs,
    certainUntilUs,
    certainSteps: steps,
    capacities,
  } = envelopes
  for (let hold = 0; hold < grantedBy.length; hold++) {
    const granted = grantedBy[hold] ?? -1
    const untilUs = provenUs[hold] ?? 0
    const fromUs = possibleFromUs[hold] ?? 0
    if (granted === -1 || untilUs === Number.POSITIVE_INFINITY || !(fromUs < untilUs)) continue
    const settledUs = Math.min(certainUntilUs[hold] ?? 0, untilUs)
    const end = history.firstLine[granted + 1] ?? 0
    for (let line = history.firstLine[granted] ?? 0; line < end; line++) {
      const resource = history.lineResource[line] ?? 0
      const capacity = capacities[resource] ?? 0
      const units = history.lineUnits[line] ?? 0
      const from = fromUs < settledUs ? steps.before(resource, settledUs) : steps.at(resource, fromUs)
      if (steps.sometimesAtMost(resource, capacity - units, { from, untilUs })) continue
      findings.add({
        rule: 'O2',
        kind: 'oversell',
        sort: 'room',
        resource,
        tell: () => {
          // Where it is shown: the first of the moments that would have had to have room.
          const atUs = Math.max(fromUs, steps.fromUs[from] ?? 0)
          const { holds } = colliding(envelopes, { resource, atUs, capacity: capacity - units })
          const others = holds.filter((other) => other !== hold).map((other) => history.holdId(other))
          return {
            message:
              `${history.holdId(hold)} got ${count(units, 'unit')} of ${history.resourceId(resource)} ` +
              `(capacity ${capacity}) between ${findings.ms(fromUs)} and ${findings.ms(untilUs)}, but ` +
              `${others.join(', ') || 'others'} left no room for it at any moment that can have been the one.`,
            atUs,
            holds: [hold, ...holds.filter((other) => other !== hold)],
          }
        },
      })
    }
  }
}

/** V. */
function judgeVersions({ history, capacities, grantedBy }: Envelopes, findings: Findings): void {
  const lines = new Int32Array(history.lineCount)
  const holds = new Int32Array(history.lineCount)
  let lineCount = 0
  for (let hold = 0; hold < grantedBy.length; hold++) {
    const granted = grantedBy[hold] ?? -1
    if (granted === -1 || history.answer[granted] !== Answer.held) continue
    const end = history.firstLine[granted + 1] ?? 0
    for (let line = history.firstLine[granted] ?? 0; line < end; line++) {
      if (Number.isNaN(history.lineVersion[line])) continue
      lines[lineCount] = line
      holds[lineCount] = hold
      lineCount++
    }
  }
  const versions = new Float64Array(lineCount)
  const resources = new Int32Array(lineCount)
  for (let at = 0; at < lineCount; at++) {
    versions[at] = history.lineVersion[lines[at] ?? 0] ?? 0
    resources[at] = history.lineResource[lines[at] ?? 0] ?? 0
  }
  const { first, members } = grouped(resources, { groupCount: capacities.length, order: ascending(versions) })
  for (let resource = 0; resource < capacities.length; resource++) {
    const end = first[resource + 1] ?? 0
    for (let at = (first[resource] ?? 0) + 1; at < end; at++) {
      const [one, other] = [members[at - 1] ?? 0, members[at] ?? 0]
      const version = versions[other] ?? 0
      if (versions[one] !== version) continue
      findings.add({
        rule: 'V',
        kind: 'broken-promise',
        sort: 'version',
        resource,
        tell: () => {
          const both = [holds[one] ?? 0, holds[other] ?? 0]
          const [a, b] = both.map((hold) => history.holdId(hold))
          const id = history.resourceId(resource)
          return {
            message: `${a} and ${b} both made change ${version} of ${id}: one of the two was lost.`,
            holds: both,
          }
        },
      })
    }
  }
}

/** "1 unit", "3 units". */
export function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`
}
