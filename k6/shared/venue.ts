/** What is on sale, and what was available before the run. */
import exec from 'k6/execution'
import http from 'k6/http'
import { type Baseline, baselineOf, readAudit } from './audit.ts'
import * as counts from './metrics.ts'
import { BASE_URL, TIMEOUT } from './service.ts'
import { isPart, isTallied } from './tally.ts'
import { DECIDED_MIN } from './thresholds.ts'

interface Section {
  readonly id: string
  readonly rows: number
  readonly seats_per_row: number
}

/** The result of setup, for every buyer. */
export interface Venue {
  readonly event: string
  readonly sections: readonly Section[]
  readonly classes: readonly string[]
  readonly seats: number
  /** One character per seat, "x" for unavailable ones; empty if all are available. */
  readonly taken: string
  readonly free: number
  /** The prefix of every hold id, so that a second run against the same service has new ones. */
  readonly run: string
  readonly baseline: Baseline
  readonly startedMs: number
}

/** Fails the run at once if the service is missing, or lacks what the script needs. */
export function setupFor(strategy: string): Venue {
  const ready = http.get(`${BASE_URL}/readyz`, { timeout: TIMEOUT })
  if (ready.status !== 200) {
    exec.test.abort(
      `no service is ready at ${BASE_URL}: start one with "npm run serve -- --audit --strategy ${strategy}"`,
    )
  }
  const served = String(ready.json('strategy'))
  if (served !== strategy) exec.test.abort(`the service at ${BASE_URL} is over ${served}, not ${strategy}`)
  const audit = readAudit()
  if (typeof audit === 'string' && !isTallied && !isPart)
    exec.test.abort(`${audit}, so that nothing can be proven`)
  const nobodys = http.del(`${BASE_URL}/reservations/nobody`, null, { timeout: TIMEOUT })
  if (String(nobodys.body).includes('"no-secret"')) {
    exec.test.abort(
      `the service at ${BASE_URL} requires a secret with each hold: start it without --owner-secrets`,
    )
  }
  const event = String(http.get(`${BASE_URL}/events`).json('events.0.id'))
  const details = http.get(`${BASE_URL}/events/${event}`)
  const sections = details.json('sections') as unknown as readonly Section[]
  const classes = (details.json('classes') as unknown as readonly { id: string }[]).map(({ id }) => id)
  const seats = sections.reduce((sum, each) => sum + each.rows * each.seats_per_row, 0)
  const venue = { event, sections, classes, seats, taken: '', free: seats }
  const taken = typeof audit === 'string' || isPart ? '' : takenOf(venue, new Set(audit.taken))
  const free = taken === '' ? seats : taken.split('.').length - 1
  if (free < DECIDED_MIN) {
    exec.test.abort(
      `${free} numbered seats of ${event} are free, and ${DECIDED_MIN} are needed: start a new service, of a larger venue`,
    )
  }
  counts.prepared.add(1)
  const run = `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 6)}`
  return { ...venue, taken, free, run, baseline: baselineOf(audit), startedMs: Date.now() }
}

function takenOf(venue: Pick<Venue, 'event' | 'sections' | 'seats'>, taken: ReadonlySet<string>): string {
  if (taken.size === 0) return ''
  return Array.from({ length: venue.seats }, (_, number) =>
    taken.has(`${venue.event}:${seatAt(venue, number)}`) ? 'x' : '.',
  ).join('')
}

/** The seat with this number, row by row, from 0. */
export function seatAt({ sections }: Pick<Venue, 'sections'>, number: number): string {
  let at = number
  for (const { id, rows, seats_per_row } of sections) {
    if (at < rows * seats_per_row)
      return `${id}-${Math.floor(at / seats_per_row) + 1}-${(at % seats_per_row) + 1}`
    at -= rows * seats_per_row
  }
  return ''
}

let freeNumbers: readonly number[] | undefined

/** The number of a seat that was free at the start. */
export function freeSeatAt({ taken, free }: Venue, at: number): number {
  if (taken === '') return at % free
  freeNumbers ??= [...taken].flatMap((mark, number) => (mark === '.' ? [number] : []))
  return freeNumbers[at % free] ?? 0
}
