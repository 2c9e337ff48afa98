/**
 * The part of S about units: do the store's own figures add up?
 *
 * - Sold units fit the capacity, and the store's own count of taken units is the sum of its holds.
 * - The probe: exactly the units that no hold has could still be held, and one more could not. How many those
 *   are is derived here from the stored holds. Holds that were live at the read may have ended since, so the
 *   auditor may have counted their units as taken or as free.
 */
import type { AuditRecord } from '../history/record.ts'
import { doubleAt, intAt } from './at.ts'
import type { HistoryColumns } from './columns.ts'
import type { Envelopes } from './envelopes.ts'
import type { Breach } from './findings.ts'
import { plural } from './plural.ts'

/** Reports a breach of S. `holds` are hold numbers, those in the message first. */
export type StoreReport = (
  breach: Omit<Breach, 'rule' | 'explain'>,
  message: () => string,
  holds?: readonly number[],
) => void

/** Stored units by resource number. */
export interface StoredUnits {
  /** In confirmed holds. */
  readonly sold: Float64Array
  /** In holds that were live at the read. */
  readonly live: Float64Array
}

/** What the names and capacities of resources are taken from. */
type UnitsOf = Pick<Envelopes, 'capacities'> & {
  readonly history: Pick<HistoryColumns, 'resourceId' | 'resourceNumber'>
}

export function judgeStoredUnits(
  envelopes: Envelopes,
  audit: Omit<AuditRecord, 'holds'>,
  report: StoreReport,
): void {
  judgeUnits(envelopes, storedUnits(envelopes), audit, report)
}

/** As `judgeStoredUnits`, for units that were added up before. */
export function judgeUnits(
  envelopes: UnitsOf,
  stored: StoredUnits,
  audit: Pick<AuditRecord, 'resources' | 'probes'>,
  report: StoreReport,
): void {
  judgeSold(envelopes, stored, report)
  judgeTaken(envelopes, stored, audit, report)
  for (const probe of audit.probes) judgeProbe(envelopes, stored, probe, report)
}

function storedUnits({ history: { stored }, capacities }: Envelopes): StoredUnits {
  const sold = new Float64Array(capacities.length)
  const live = new Float64Array(capacities.length)
  for (let at = 0; at < stored.count; at++) {
    const status = stored.status(at)
    if (status !== 'held' && status !== 'confirmed') continue
    const sum = status === 'confirmed' ? sold : live
    const end = stored.lineEnd(at)
    for (let line = stored.lineStart(at); line < end; line++) {
      const resource = intAt(stored.lineResource, line)
      sum[resource] = doubleAt(sum, resource) + doubleAt(stored.lineUnits, line)
    }
  }
  return { sold, live }
}

function judgeSold({ history, capacities }: UnitsOf, stored: StoredUnits, report: StoreReport): void {
  for (let resource = 0; resource < capacities.length; resource++) {
    const capacity = doubleAt(capacities, resource)
    const units = doubleAt(stored.sold, resource)
    if (units <= capacity) continue
    const message = () =>
      `${history.resourceId(resource)} has ${plural(capacity, 'unit')}, and ${units} are stored as sold.`
    report({ resource, kind: 'oversell', sort: 'sold' }, message)
  }
}

function judgeTaken(
  { history }: UnitsOf,
  stored: StoredUnits,
  audit: Pick<AuditRecord, 'resources'>,
  report: StoreReport,
): void {
  for (const { id, taken } of audit.resources) {
    const resource = history.resourceNumber(id)
    const sum = doubleAt(stored.sold, resource) + doubleAt(stored.live, resource)
    if (taken === sum) continue
    const message = () =>
      `The store counts ${plural(taken, 'unit')} of ${id} as taken, but its holds have ${sum}.`
    report({ resource, kind: taken > sum ? 'undersell' : 'broken-promise', sort: 'taken' }, message)
  }
}

function judgeProbe(
  { history, capacities }: UnitsOf,
  stored: StoredUnits,
  probe: AuditRecord['probes'][number],
  report: StoreReport,
): void {
  const { resourceId, unitsExpected, unitsHeld, oneMoreRefused } = probe
  const resource = history.resourceNumber(resourceId)
  const most = Math.max(0, doubleAt(capacities, resource) - doubleAt(stored.sold, resource))
  const least = Math.max(0, most - doubleAt(stored.live, resource))
  const expected = `${plural(unitsExpected, 'unit')} of ${resourceId}`
  if (unitsExpected < least || unitsExpected > most) {
    const message = () =>
      `The auditor took ${expected} to be free at rest, but by the stored holds it is ${least}` +
      `${most > least ? ` to ${most}` : ''}.`
    report({ resource, kind: unitsExpected < least ? 'undersell' : 'oversell', sort: 'expected' }, message)
  }
  if (unitsHeld < unitsExpected) {
    const message = () => `${expected} should be free at rest, but only ${unitsHeld} could be held.`
    report({ resource, kind: 'undersell', sort: 'leaked' }, message)
  }
  if (!oneMoreRefused || unitsHeld > unitsExpected) {
    const message = () => `${expected} should be free at rest, but one more could be held.`
    report({ resource, kind: 'oversell', sort: 'one-more' }, message)
  }
}
