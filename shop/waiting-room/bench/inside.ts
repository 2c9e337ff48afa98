/** Visitors who go in, hold and release a few seats, leave, and come again, until they are ended. */
import { setTimeout as delay } from 'node:timers/promises'
import { monotonicMs } from '../../../harness/clock.ts'
import type { InsideJob, InsideTold } from './messages.ts'

const POLL_MS = 300
const SEATS = { blocks: 40, rows: 40, seats: 50 } as const
/** Of one visit. */
const HOLDS = 5
const TTL_S = 60
const JSON_TYPE = { 'content-type': 'application/json' } as const

let ms: number[] = []
let failed = 0

process.once('disconnect', () => process.exit(1))
process.on('message', (message: InsideJob | 'report') => {
  if (message === 'report') report()
  else for (let at = 0; at < message.visitors; at++) void visit(message.address, at)
})

function report(): void {
  const sorted = ms.toSorted((one, other) => one - other)
  const p99Ms = sorted[Math.max(0, Math.ceil(sorted.length * 0.99) - 1)] ?? Number.NaN
  process.send?.({ holds: sorted.length, p99Ms, failed } satisfies InsideTold)
  ms = []
  failed = 0
}

/** Tries again whatever fails: a visitor who is there stays. */
async function visit(address: string, visitor: number): Promise<never> {
  let cookie = ''
  for (let count = 0; ; count++) {
    try {
      if (cookie === '') cookie = await entered(address)
      if (count % HOLDS === HOLDS - 1) {
        await left(address, cookie)
        cookie = ''
        continue
      }
      const started = monotonicMs()
      const id = `inside-${process.pid}-${visitor}-${count}`
      const held = await fetch(`${address}/reservations`, {
        method: 'POST',
        headers: { ...JSON_TYPE, cookie },
        body: JSON.stringify({
          event_id: 'onsale',
          hold_id: id,
          lines: [{ id: anySeat(), quantity: 1 }],
          ttl: TTL_S,
        }),
      })
      await held.arrayBuffer()
      if (held.status === 403) cookie = ''
      else ms.push(monotonicMs() - started)
      if (held.status !== 201) continue
      const released = await fetch(`${address}/reservations/${id}`, { method: 'DELETE', headers: { cookie } })
      await released.arrayBuffer()
    } catch {
      failed += 1
      await delay(POLL_MS)
    }
  }
}

/** Joins, waits to be called, and goes in; returns the cookies. */
async function entered(address: string): Promise<string> {
  const joined = await fetch(`${address}/waiting-room/join`, {
    method: 'POST',
    headers: JSON_TYPE,
    body: JSON.stringify({ challenge: '', nonce: '' }),
  })
  await joined.arrayBuffer()
  const cookie = joined.headers
    .getSetCookie()
    .map((each) => each.split(';', 1)[0] ?? '')
    .join('; ')
  for (;;) {
    const place = await fetch(`${address}/waiting-room/place`, { headers: { cookie } })
    const { view } = (await place.json()) as { view: { kind: string } }
    if (view.kind === 'inside') return cookie
    if (view.kind === 'called') {
      const enter = await fetch(`${address}/waiting-room/enter`, {
        method: 'POST',
        headers: { ...JSON_TYPE, cookie },
        body: '{}',
      })
      await enter.arrayBuffer()
    } else await delay(POLL_MS)
  }
}

async function left(address: string, cookie: string): Promise<void> {
  const answer = await fetch(`${address}/waiting-room/leave`, {
    method: 'POST',
    headers: { ...JSON_TYPE, cookie },
    body: '{}',
  })
  await answer.arrayBuffer()
}

function anySeat(): string {
  const below = (count: number): number => 1 + Math.floor(Math.random() * count)
  return `block${below(SEATS.blocks)}-${below(SEATS.rows)}-${below(SEATS.seats)}`
}
