/**
 * One buyer, one viewer, and the audit in the end: what every script runs, whichever
 * strategy the service is over.
 */
import exec from 'k6/execution'
import http, { type RefinedResponse } from 'k6/http'
import * as counts from './metrics.ts'
import { behaviour } from './profiles.ts'

const BASE_URL = (__ENV.BASE_URL ?? 'http://127.0.0.1:8080').replace(/\/+$/, '')
const JSON_BODY = { headers: { 'content-type': 'application/json' } }
/** Longer than the service's own deadline. */
const TIMEOUT = '20s'
/** Longer than any run: nothing falls due meanwhile. */
const HOLD_TTL_S = 600

interface Section {
  readonly id: string
  readonly rows: number
  readonly seats_per_row: number
}

/** What setup finds out once, for every buyer. */
export interface Venue {
  readonly event: string
  readonly sections: readonly Section[]
  readonly classes: readonly string[]
  readonly seats: number
  /** Before every hold id, so that a second run against the same service makes new ones. */
  readonly run: string
}

type Answer = RefinedResponse<'text'>

/** Fails the run at once where the service is not there or over another strategy than the script is for. */
export function setupFor(strategy: string): Venue {
  const ready = http.get(`${BASE_URL}/readyz`, { timeout: TIMEOUT })
  if (ready.status !== 200) {
    exec.test.abort(
      `no service is ready at ${BASE_URL}: start one with "npm run serve -- --audit --strategy ${strategy}"`,
    )
  }
  const served = String(ready.json('strategy'))
  if (served !== strategy) exec.test.abort(`the service at ${BASE_URL} is over ${served}, not ${strategy}`)
  if (http.get(`${BASE_URL}/audit`, { timeout: '60s' }).status !== 200) {
    exec.test.abort(`the service at ${BASE_URL} does not let itself be audited: start it with --audit`)
  }
  const event = String(http.get(`${BASE_URL}/events`).json('events.0.id'))
  const details = http.get(`${BASE_URL}/events/${event}`)
  const sections = details.json('sections') as unknown as readonly Section[]
  const classes = (details.json('classes') as unknown as readonly { id: string }[]).map(({ id }) => id)
  const seats = sections.reduce((sum, each) => sum + each.rows * each.seats_per_row, 0)
  return { event, sections, classes, seats, run: Date.now().toString(36) }
}

/** A buyer, or a few who ask at the same moment for the same: their holds, and what becomes of them. */
export function buy(venue: Venue): void {
  const seat = wanted(venue)
  const holdIds = Array.from(
    { length: behaviour.together ?? 1 },
    (_, at) => `${venue.run}-${exec.scenario.name}-${exec.vu.idInTest}-${exec.vu.iterationInInstance}-${at}`,
  )
  const holds = http.batch(
    holdIds.map((hold_id) => ({
      method: 'POST',
      url: `${BASE_URL}/reservations`,
      body: JSON.stringify({
        event_id: venue.event,
        hold_id,
        lines: [{ id: seat, quantity: 1 }],
        ttl: HOLD_TTL_S,
      }),
      params: { ...JSON_BODY, timeout: TIMEOUT, tags: { name: 'hold' } },
    })),
  )
  for (const [at, hold] of holds.entries()) {
    const holdId = holdIds[at] ?? ''
    counts.holdMs.add(hold.timings.duration)
    const isUnknown = tellHold(hold)
    counts.unknownRate.add(isUnknown)
    // It may be held: it is released rather than kept by nobody.
    if (isUnknown) release(holdId)
    else if (hold.status === 201 && isKept()) confirm(holdId)
    else if (hold.status === 201) release(holdId)
  }
}

function isKept(): boolean {
  return behaviour.fate === 'confirm' || (behaviour.fate === 'mostly-confirm' && Math.random() < KEPT_SHARE)
}

/** Of those who come to pay, most do. */
const KEPT_SHARE = 0.8

/** One viewer: looks at the seat map, as somebody does who has never seen it. */
export function look(venue: Venue): void {
  const map = http.get(`${BASE_URL}/events/${venue.event}/seats`, { timeout: TIMEOUT, tags: { name: 'map' } })
  if (map.status !== 200) {
    counts.unexpected.add(map.status === 503 ? 0 : 1)
    counts.turnedAway.add(map.status === 503 ? 1 : 0)
    return
  }
  counts.mapsSeen.add(1)
  counts.mapMs.add(map.timings.duration)
  counts.mapAgeMs.add(Number(map.headers['X-Age-Ms']))
}

/** Audits the store from outside, and holds what buyers were told against it. */
export function teardown(): void {
  const audit = http.get(`${BASE_URL}/audit`, { timeout: '60s', tags: { name: 'audit' } })
  if (audit.status !== 200) return
  const sold = Number(audit.json('sold_units'))
  counts.storeSoldUnits.add(sold)
  counts.oversoldUnits.add(Number(audit.json('oversold_units')))
  counts.storeComplaints.add((audit.json('complaints') as unknown as readonly string[]).length)
  counts.lostSales.add(-sold)
  counts.phantomSales.add(-sold)
  counts.auditsCompleted.add(1)
}

function tellHold(answer: Answer): boolean {
  switch (answer.status) {
    case 201:
      counts.held.add(1)
      return false
    case 409:
      if (answer.json('type') === 'sold-out') counts.soldOut.add(1)
      else counts.contended.add(1)
      return false
    case 503:
      counts.turnedAway.add(1)
      return false
    case 0:
    case 504:
      counts.unknown.add(1)
      return true
    default:
      counts.unexpected.add(1)
      return false
  }
}

function confirm(hold_id: string): void {
  const body = JSON.stringify({ hold_id, payment: { method: 'card' } })
  const params = { ...JSON_BODY, timeout: TIMEOUT, tags: { name: 'confirm' } }
  let answer = http.post(`${BASE_URL}/bookings`, body, params)
  counts.confirmMs.add(answer.timings.duration)
  // Turned away at the door has no effect, and whoever holds a seat comes back; unknown is
  // asked again, as one may.
  for (let tries = 1; tries < CONFIRM_TRIES_MAX && mayBeAskedAgain(answer); tries++) {
    answer = http.post(`${BASE_URL}/bookings`, body, params)
  }
  switch (answer.status) {
    case 201:
      counts.confirmed.add(1)
      counts.lostSales.add(1)
      counts.phantomSales.add(1)
      break
    case 410:
      counts.gone.add(1)
      break
    case 503:
      counts.turnedAway.add(1)
      break
    case 0:
    case 504:
      counts.unknown.add(1)
      counts.phantomSales.add(1)
      break
    default:
      counts.unexpected.add(1)
  }
}

const CONFIRM_TRIES_MAX = 3

function mayBeAskedAgain({ status }: Answer): boolean {
  return status === 0 || status === 503 || status === 504
}

function release(hold_id: string): void {
  const answer = http.del(`${BASE_URL}/reservations/${encodeURIComponent(hold_id)}`, null, {
    timeout: TIMEOUT,
    tags: { name: 'release' },
  })
  if (answer.status === 204) counts.released.add(1)
  else if (answer.status === 410) counts.gone.add(1)
}

/** What this buyer wants. */
function wanted(venue: Venue): string {
  const seats = Math.max(1, venue.seats)
  switch (behaviour.wants) {
    case 'class':
      return venue.classes[0] ?? seatAt(venue, 0)
    case 'one-seat':
      return seatAt(venue, 0)
    case 'next-seat':
      return seatAt(venue, exec.scenario.iterationInTest % seats)
    case 'any-seat':
      return venue.seats === 0 ? (venue.classes[0] ?? '') : seatAt(venue, pick(seats))
  }
}

function seatAt({ sections }: Venue, number: number): string {
  let at = number
  for (const { id, rows, seats_per_row } of sections) {
    if (at < rows * seats_per_row)
      return `${id}-${Math.floor(at / seats_per_row) + 1}-${(at % seats_per_row) + 1}`
    at -= rows * seats_per_row
  }
  return ''
}

function pick(below: number): number {
  return Math.floor(Math.random() * below)
}
