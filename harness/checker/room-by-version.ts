/**
 * O2, by versions: was there room for a hold besides those granted before it?
 *
 * A hold with an older version of the resource was granted earlier (`grant-order.ts`), and had its units from
 * then on until its own earliest end. So at every moment at which a hold can have been granted, these count
 * as well, if that end is later, although they were not proven yet; those that were proven count in the lower
 * envelopes already. The moments are those of `room.ts`, with the same reasons: just before the hold's own
 * earliest end, if it was granted by then, or else any later one.
 *
 * No false alarm: at the true moment of the grant all of these had their units.
 */
import { doubleAt, intAt } from './at.ts'
import type { Envelopes } from './envelopes.ts'
import { type Findings, HOLDS_NAMED_MAX } from './findings.ts'
import { plural } from './plural.ts'

/** One line with a version, and the older lines that were proven too late to count already. */
interface VersionedGrant {
  readonly hold: number
  readonly resource: number
  readonly units: number
  /** By row. */
  readonly older: readonly number[]
  readonly fromUs: number
  readonly settledUs: number
  readonly untilUs: number
}

/**
 * O2, by versions, for every hold or for those that `isDue` names. Reports nothing if versions allow no order
 * of grants.
 */
export function judgeRoomByVersion(
  envelopes: Envelopes,
  findings: Findings,
  isDue: (hold: number) => boolean = () => true,
): void {
  const { order, capacities } = envelopes
  if (order.breach !== undefined) return
  for (let resource = 0; resource < capacities.length; resource++) {
    const end = order.lines.end(resource)
    for (let at = order.lines.start(resource) + 1; at < end; at++) {
      if (!isDue(intAt(order.rows.holds, order.lines.member(at)))) continue
      const grant = grantAt(envelopes, resource, at)
      if (grant !== undefined && !hadRoom(envelopes, grant)) report(envelopes, findings, grant)
    }
  }
}

/** The row at a place of the order, if there are older ones that its lower envelopes leave out. */
function grantAt(envelopes: Envelopes, resource: number, at: number): VersionedGrant | undefined {
  const { order, provenUs, possibleFromUs, certainUntilUs } = envelopes
  const { rows, lines } = order
  const row = lines.member(at)
  const hold = intAt(rows.holds, row)
  const untilUs = doubleAt(provenUs, hold)
  const fromUs = doubleAt(possibleFromUs, hold)
  if (!(fromUs < untilUs)) return undefined
  const settledUs = Math.min(doubleAt(certainUntilUs, hold), untilUs)
  const version = doubleAt(rows.versions, row)
  const older: number[] = []
  // Newer versions are not proven earlier, so everything proven earlier comes before.
  for (let before = at - 1; before >= lines.start(resource); before--) {
    const other = lines.member(before)
    const provenByUs = doubleAt(provenUs, intAt(rows.holds, other))
    if (provenByUs < settledUs || provenByUs <= fromUs) break
    if (doubleAt(rows.versions, other) < version) older.push(other)
  }
  if (older.length === 0) return undefined
  return { hold, resource, units: unitsOf(envelopes, row), older, fromUs, settledUs, untilUs }
}

function unitsOf({ history, grantedBy, order }: Envelopes, row: number): number {
  const granted = intAt(grantedBy, intAt(order.rows.holds, row))
  return history.unitsAsked(granted, intAt(order.rows.resources, row))
}

function hadRoom(envelopes: Envelopes, grant: VersionedGrant): boolean {
  const { certainSteps: steps, certainUntilUs, order } = envelopes
  const { resource, older, fromUs, settledUs, untilUs } = grant
  if (fromUs < settledUs) {
    const taken = unitsOfOlder(
      envelopes,
      grant,
      (provenUs, endUs) => provenUs >= settledUs && endUs >= settledUs,
    )
    if (hasRoom(envelopes, grant, steps.before(resource, settledUs), taken)) return true
  }
  const firstUs = Math.max(fromUs, settledUs)
  const hasRoomAt = (us: number): boolean => {
    const taken = unitsOfOlder(envelopes, grant, (provenUs, endUs) => provenUs > us && endUs > us)
    return hasRoom(envelopes, grant, steps.at(resource, us), taken)
  }
  if (firstUs < untilUs && hasRoomAt(firstUs)) return true
  // Units are only freed where a step begins or where an older hold may have ended.
  for (const row of older) {
    const endUs = doubleAt(certainUntilUs, intAt(order.rows.holds, row))
    if (endUs > firstUs && endUs < untilUs && hasRoomAt(endUs)) return true
  }
  const end = steps.end(resource)
  for (let segment = steps.at(resource, firstUs) + 1; segment < end; segment++) {
    const us = steps.fromUs(segment)
    if (us >= untilUs) return false
    if (hasRoomAt(us)) return true
  }
  return false
}

/** Units of the older holds for which `counts` is true, given when each is proven and may end. */
function unitsOfOlder(
  envelopes: Envelopes,
  { older }: VersionedGrant,
  counts: (provenUs: number, endUs: number) => boolean,
): number {
  const { order, provenUs, certainUntilUs } = envelopes
  let units = 0
  for (const row of older) {
    const hold = intAt(order.rows.holds, row)
    if (counts(doubleAt(provenUs, hold), doubleAt(certainUntilUs, hold))) units += unitsOf(envelopes, row)
  }
  return units
}

function hasRoom(
  { capacities, certainSteps }: Envelopes,
  { resource, units }: VersionedGrant,
  segment: number,
  olderUnits: number,
): boolean {
  return certainSteps.units(segment) + olderUnits + units <= doubleAt(capacities, resource)
}

function report(envelopes: Envelopes, findings: Findings, grant: VersionedGrant): void {
  const { history, capacities, order } = envelopes
  const { hold, resource, units, older, fromUs, untilUs } = grant
  findings.add({
    rule: 'O2',
    kind: 'oversell',
    sort: 'room-by-version',
    resource,
    explain: () => {
      const holds = older.map((row) => intAt(order.rows.holds, row))
      const named = holds.slice(0, HOLDS_NAMED_MAX - 1).map((other) => history.holdId(other))
      return {
        message:
          `${history.holdId(hold)} got ${plural(units, 'unit')} of ${history.resourceId(resource)} ` +
          `(capacity ${doubleAt(capacities, resource)}) between ${findings.ms(fromUs)} and ` +
          `${findings.ms(untilUs)}, by its version after ${named.join(', ')}; but what was granted before it ` +
          'left no room for it at any moment at which it can have been granted.',
        atUs: fromUs,
        holds: [hold, ...holds],
      }
    },
  })
}
