/** The calls of a buyer: each is sent, counted by its answer, and recorded for the judge. */
import http, { type RefinedResponse } from 'k6/http'
import * as counts from './metrics.ts'
import { BASE_URL, JSON_BODY, TIMEOUT } from './service.ts'
import { type Asked, invokedNowUs, note, returnedNowUs } from './tally.ts'

/** Longer than any run, so that no hold falls due. */
const HOLD_TTL_S = 600
/** The wait after a refusal or an unknown outcome: a buyer with a hold tries again. */
const TRIES_MAX = 3

type Answer = RefinedResponse<'text'>
type Body = Readonly<Record<string, unknown>>

export interface Wanted {
  readonly event: string
  /** A seat or a tier. */
  readonly name: string
}

export type Told = 'held' | 'sold-out' | 'contended' | 'turned-away' | 'unknown' | 'unexpected'
export type Settled = 'done' | 'refused' | 'unsettled'

/** Several concurrent requests for one unit of the same resource; returns each one's answer. */
export function holdTogether({ event, name }: Wanted, holdIds: readonly string[]): readonly Told[] {
  const invokedUs = invokedNowUs()
  const answers = http.batch(
    holdIds.map((hold_id) => ({
      method: 'POST',
      url: `${BASE_URL}/reservations`,
      body: JSON.stringify({
        event_id: event,
        hold_id,
        lines: [{ id: name, quantity: 1 }],
        ttl: HOLD_TTL_S,
      }),
      params: { ...JSON_BODY, timeout: TIMEOUT, tags: { name: 'hold' } },
    })),
  )
  const returnedUs = returnedNowUs()
  return answers.map((answer, at) => {
    const holdId = holdIds[at] ?? ''
    const told = toldOf(answer, { event, name }, holdId)
    if (told === 'unexpected') complain('hold', answer)
    counts.holdMs.add(answer.timings.duration)
    counts.unknownRate.add(told === 'unknown')
    counts.turnedAwayRate.add(told === 'turned-away')
    HOLDS_TOLD[told].add(1)
    const asked: Asked = { op: 'hold', at, holdId, invokedUs, returnedUs }
    const lines = [[`${event}:${name}`, 1]]
    note(asked, {
      lines,
      ttlMs: HOLD_TTL_S * 1_000,
      ...holdRecord(told, answer, `${event}:${name}`),
    })
    return told
  })
}

const HOLDS_TOLD = {
  held: counts.held,
  'sold-out': counts.soldOut,
  contended: counts.contended,
  'turned-away': counts.turnedAway,
  unknown: counts.unknown,
  unexpected: counts.unexpected,
} as const

/** An answer about another hold or another seat is wrong. */
function toldOf(answer: Answer, { event, name }: Wanted, holdId: string): Told {
  switch (answer.status) {
    case 201: {
      const { hold_id, event_id, lines, deadline_ms } = bodyOf(answer)
      const [line, ...more] = (lines ?? []) as readonly { id: unknown; quantity: unknown }[]
      const isWhatWasAsked = line?.id === name && line.quantity === 1 && more.length === 0
      const isOurs = hold_id === holdId && event_id === event && typeof deadline_ms === 'number'
      return isOurs && isWhatWasAsked ? 'held' : 'unexpected'
    }
    case 409:
      switch (bodyOf(answer).type) {
        case 'sold-out':
          return 'sold-out'
        case 'contended':
          return 'contended'
        default:
          return 'unexpected'
      }
    case 503:
      return 'turned-away'
    case 0:
    case 504:
      return 'unknown'
    default:
      return 'unexpected'
  }
}

function holdRecord(told: Told, answer: Answer, resourceId: string): Body {
  const body = bodyOf(answer)
  const attempts = typeof body.attempts === 'number' ? body.attempts : 1
  switch (told) {
    case 'held': {
      const versions = (body.versions as undefined | readonly { version: number }[])?.map(
        ({ version }) => version,
      )
      return { result: 'ok', deadlineMs: body.deadline_ms, attempts, ...(versions && { versions }) }
    }
    case 'sold-out':
      return { result: 'fail', why: 'sold-out', resourceId, attempts }
    case 'contended':
      return { result: 'fail', why: 'contended', reason: body.reason, attempts }
    case 'turned-away':
      // Refused before it reached a strategy: no effect.
      return { result: 'fail', why: 'contended', reason: 'queue-full', attempts: 1 }
    case 'unknown':
    case 'unexpected':
      return unknownRecord(answer)
  }
}

/** Pays for a live hold. */
export function confirm(at: number, holdId: string): Settled {
  const body = JSON.stringify({ hold_id: holdId, payment: { method: 'card' } })
  const answer = asked({ op: 'confirm', at, holdId }, (isFirst) => {
    const params = { ...JSON_BODY, timeout: TIMEOUT, tags: { name: 'confirm' } }
    const told = http.post(`${BASE_URL}/bookings`, body, params)
    if (isFirst) counts.confirmMs.add(told.timings.duration)
    return told
  })
  const settled = settledBy(answer, 201)
  if (settled === 'done') counts.confirmed.add(1)
  else if (answer.status === 410) counts.gone.add(1)
  return settled
}

/** Releases a hold; `isLive` if it was granted and has not been ended. */
export function release(at: number, holdId: string, isLive: boolean): Settled {
  const url = `${BASE_URL}/reservations/${encodeURIComponent(holdId)}`
  const answer = asked({ op: 'release', at, holdId }, () =>
    http.del(url, null, { timeout: TIMEOUT, tags: { name: 'release' } }),
  )
  const settled = settledBy(answer, 204)
  if (settled === 'done') counts.released.add(1)
  else if (isLive && settled === 'refused') counts.failedReleases.add(1)
  return settled
}

/** Whether a sale is in the store; not `missing` if that is unknown. */
export function isMissing(holdId: string): boolean {
  const url = `${BASE_URL}/bookings/${encodeURIComponent(holdId)}`
  const { status } = http.get(url, { timeout: TIMEOUT, tags: { name: 'booking' } })
  return status === 404
}

/** Repeats the request a few times until there is an answer: repeated, it has one effect. */
function asked(about: Pick<Asked, 'op' | 'at' | 'holdId'>, ask: (isFirst: boolean) => Answer): Answer {
  for (let tries = 1; ; tries++) {
    const invokedUs = invokedNowUs()
    const answer = ask(tries === 1)
    note({ ...about, invokedUs, returnedUs: returnedNowUs() }, endingRecord(answer))
    if (tries === TRIES_MAX || ![0, 503, 504].includes(answer.status)) return answer
  }
}

function endingRecord(answer: Answer): Body {
  switch (answer.status) {
    case 201:
    case 204:
      return { result: 'ok' }
    case 410:
      return { result: 'fail', why: 'gone' }
    case 409:
      return { result: 'fail', why: 'already-confirmed' }
    default:
      return unknownRecord(answer)
  }
}

function settledBy(answer: Answer, done: number): Settled {
  switch (answer.status) {
    case done:
      return 'done'
    case 503:
      counts.turnedAway.add(1)
      return 'unsettled'
    case 0:
    case 504:
      counts.unknown.add(1)
      return 'unsettled'
    case 409:
    case 410:
      return 'refused'
    default:
      complain('booking or release', answer)
      counts.unexpected.add(1)
      return 'unsettled'
  }
}

let complaints = 0

/** Reports answers that no buyer should get; the first few are enough. */
function complain(what: string, { status, body }: Answer): void {
  if (++complaints <= COMPLAINTS_MAX) console.error(`${what}: ${status} ${String(body).slice(0, 200)}`)
}

const COMPLAINTS_MAX = 3

function unknownRecord({ status, error }: Answer): Body {
  return { result: 'info', error: status === 0 ? error || 'no answer' : `answered ${status}` }
}

function bodyOf(answer: Answer): Body {
  try {
    const body: unknown = answer.json()
    return typeof body === 'object' && body !== null ? (body as Body) : {}
  } catch {
    return {}
  }
}
