/**
 * O1: were more units granted than exist?
 *
 * At some moment the lower envelopes of a resource sum to more than its capacity. No false alarm: at
 * every moment of D(h) the hold h has its units in every order of effects that agrees with the history, so
 * at that moment all of them have theirs together.
 *
 * A hold of several lines is judged resource by resource: it has all of its lines or none, so each line's
 * envelope is the hold's.
 */
import { byteAt, doubleAt, intAt } from './at.ts'
import type { Envelopes } from './envelopes.ts'
import { type Findings, HOLDS_NAMED_MAX } from './findings.ts'
import { plural } from './plural.ts'

/** O1, and the units that were oversold and over-reserved. */
export function judgeSums(envelopes: Envelopes, findings: Findings): void {
  const { capacities } = envelopes
  const soldUnits = soldUnitsOf(envelopes)
  for (let resource = 0; resource < capacities.length; resource++) {
    // A sale is never undone, so the most is sold at the end.
    findings.oversoldUnits += Math.max(0, doubleAt(soldUnits, resource) - doubleAt(capacities, resource))
    judgeSum(envelopes, findings, resource)
  }
}

/** Whether a resource certainly exceeds its capacity at some moment before `untilUs`. */
export function isExceededBefore(
  { certainSteps: steps, capacities }: Envelopes,
  resource: number,
  untilUs: number,
): boolean {
  const capacity = doubleAt(capacities, resource)
  const end = steps.end(resource)
  for (let segment = steps.start(resource); segment < end; segment++) {
    if (steps.fromUs(segment) >= untilUs) return false
    if (steps.units(segment) > capacity) return true
  }
  return false
}

/** Units certainly sold, by resource number. */
function soldUnitsOf({ certain, capacities, sold }: Envelopes): Float64Array {
  const soldUnits = new Float64Array(capacities.length)
  for (let at = 0; at < certain.count; at++) {
    if (byteAt(sold, intAt(certain.hold, at)) === 0) continue
    const resource = intAt(certain.resource, at)
    soldUnits[resource] = doubleAt(soldUnits, resource) + doubleAt(certain.units, at)
  }
  return soldUnits
}

/** Reports each moment at which a resource comes to exceed its capacity. */
function judgeSum(envelopes: Envelopes, findings: Findings, resource: number): void {
  const { certainSteps: steps, capacities } = envelopes
  const capacity = doubleAt(capacities, resource)
  let most = capacity
  let wasOver = false
  const end = steps.end(resource)
  for (let segment = steps.start(resource); segment < end; segment++) {
    const units = steps.units(segment)
    if (units > most) most = units
    const isOver = units > capacity
    if (isOver && !wasOver) {
      const atUs = steps.fromUs(segment)
      findings.add({
        rule: 'O1',
        kind: 'oversell',
        sort: 'sum',
        resource,
        explain: () => explainSum(envelopes, findings, { resource, units, atUs }),
      })
    }
    wasOver = isOver
  }
  // Infinity minus infinity is NaN: a resource of unknown capacity is never exceeded.
  findings.overReservedUnits += most - capacity || 0
}

function explainSum(
  envelopes: Envelopes,
  findings: Findings,
  { resource, units, atUs }: { readonly resource: number; readonly units: number; readonly atUs: number },
) {
  const { history, capacities, sold } = envelopes
  const capacity = doubleAt(capacities, resource)
  const { holds, others } = colliding(envelopes, { resource, atUs, capacity })
  const named = holds.map((hold) => `${history.holdId(hold)} (${byteAt(sold, hold) === 1 ? 'sold' : 'held'})`)
  const more = others > 0 ? `, and ${others} more` : ''
  return {
    message:
      `${history.resourceId(resource)} has ${plural(capacity, 'unit')}, but at ${findings.ms(atUs)} ` +
      `${units} were taken: ${named.join(', ')}${more}.`,
    atUs,
    holds,
  }
}

/**
 * The holds that together exceed the capacity at one moment: the latest first, and no more than necessary.
 */
export function colliding(
  { certain }: Envelopes,
  at: { readonly resource: number; readonly atUs: number; readonly capacity: number },
): { readonly holds: readonly number[]; readonly others: number } {
  const { resource, atUs, capacity } = at
  const present: number[] = []
  for (let row = 0; row < certain.count; row++) {
    if (intAt(certain.resource, row) !== resource) continue
    if (doubleAt(certain.startUs, row) <= atUs && atUs < doubleAt(certain.endUs, row)) present.push(row)
  }
  present.sort((a, b) => doubleAt(certain.startUs, b) - doubleAt(certain.startUs, a) || a - b)
  let sum = 0
  let enough = 0
  for (const row of present) {
    if (sum > capacity) break
    sum += doubleAt(certain.units, row)
    enough++
  }
  const named = Math.min(enough, HOLDS_NAMED_MAX)
  return {
    holds: present.slice(0, named).map((row) => intAt(certain.hold, row)),
    others: present.length - named,
  }
}
