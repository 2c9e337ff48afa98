/**
 * Compares the store with the buyers' answers, seat by seat. What it had sold before the run is subtracted,
 * so that a second run on one service is judged by what it added.
 *
 * Buyers share no memory and a counter is a sum, so seats are compared by sums: each unit adds a hash of its
 * seat's name for the buyer to whom it was confirmed, and subtracts it for the store. If the sums differ, the
 * store has sold other seats. Two different sets have the same sum with the probability that two random
 * 32-bit numbers are equal.
 */
import http from 'k6/http'
import * as counts from './metrics.ts'
import { BASE_URL } from './service.ts'

const AUDIT_TIMEOUT = '60s'

interface Seat {
  readonly id: string
  readonly capacity: number
  readonly sold: number
  readonly available: number
}

export interface Audit {
  readonly soldUnits: number
  readonly oversoldUnits: number
  readonly complaints: number
  readonly print: number
  /** The unavailable seats, as `event:seat`. */
  readonly taken: readonly string[]
}

export type Baseline = Omit<Audit, 'taken'>

const NOTHING: Baseline = { soldUnits: 0, oversoldUnits: 0, complaints: 0, print: 0 }

/** What the store has sold, or why that is unknown. */
export function readAudit(): Audit | string {
  const answer = http.get(`${BASE_URL}/audit`, { timeout: AUDIT_TIMEOUT, tags: { name: 'audit' } })
  if (answer.status === 501) return `the store of what is served at ${BASE_URL} cannot be read`
  if (answer.status !== 200) {
    return `the service at ${BASE_URL} does not allow audits (${answer.status}): start it with --audit`
  }
  const body = answer.json() as unknown as {
    readonly oversold_units: number
    readonly complaints: readonly string[]
    readonly seats: readonly Seat[]
  }
  counts.auditsCompleted.add(1)
  return {
    soldUnits: body.seats.reduce((sum, { sold }) => sum + sold, 0),
    oversoldUnits: Number(body.oversold_units),
    complaints: body.complaints.length,
    print: body.seats.reduce((sum, { id, sold }) => sum + sold * printOf(id), 0),
    taken: body.seats.flatMap(({ id, available }) => (available < 1 ? [id] : [])),
  }
}

export function baselineOf(audit: Audit | string): Baseline {
  if (typeof audit === 'string') return NOTHING
  const { taken: _, ...baseline } = audit
  return baseline
}

/** Subtracts what the store has sold since the start from the buyers' sums. */
export function judgeStore(before: Baseline): void {
  const after = readAudit()
  if (typeof after === 'string') return
  const sold = after.soldUnits - before.soldUnits
  counts.storeSoldUnits.add(sold)
  counts.oversoldUnits.add(after.oversoldUnits - before.oversoldUnits)
  counts.storeComplaints.add(Math.max(0, after.complaints - before.complaints))
  counts.lostSales.add(-sold)
  counts.phantomSales.add(-sold)
  counts.misplacedSales.add(before.print - after.print)
}

/** A whole number below 2^32 of a name (FNV-1a): a million of them add up exactly in a double. */
export function printOf(name: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < name.length; at++) {
    hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193)
  }
  return hash >>> 0
}
