/**
 * A crowd at `holdfast shop`, through the routes of TigerFans: checkout, payment, and the order until it is
 * PAID. Its threshold is the audit: every payment has its units or its refund, nothing is sold twice, the
 * accounts balance.
 *
 *     k6 run -e BASE_URL=http://127.0.0.1:8000 -e TIER=A -e VUS=32 -e SECONDS=10 k6/shared/shop.ts
 *
 * BASE_URL may list several addresses, with commas: buyers go to each in turn. The audit needs the admin's
 * password in SHOP_ADMIN; AUDIT=0 leaves it out, for a shop without one (TigerFans). MIX=1: some payments
 * fail, are canceled, or are made twice, by draws that follow from SEED.
 */
import { sleep } from 'k6'
import encoding from 'k6/encoding'
import exec from 'k6/execution'
import http from 'k6/http'
import { Counter, Trend } from 'k6/metrics'

const ADDRESSES = (__ENV.BASE_URL ?? 'http://127.0.0.1:8000').split(',')
const TIER = __ENV.TIER ?? 'A'
const IS_MIXED = __ENV.MIX === '1'
const IS_AUDITED = __ENV.AUDIT !== '0'
const SEED = Number(__ENV.SEED ?? 1)
const TIMEOUT = '20s'
const FAILED_SHARE = 0.05
const CANCELED_SHARE = 0.05
const TWICE_SHARE = 0.1
/** An order is there when its payment was acknowledged; a report that was not is repeated. */
const POLLS_MAX = 150
const POLL_S = 0.1

const paid = new Counter('paid')
const refunded = new Counter('refunded')
const ended = new Counter('ended')
const soldOut = new Counter('sold_out')
const unexpected = new Counter('unexpected')
const complaints = new Counter('complaints')
const audits = new Counter('audits')
const toPaidMs = new Trend('to_paid_ms', true)

export const options = {
  scenarios: {
    buyers: {
      executor: 'constant-vus',
      vus: Number(__ENV.VUS ?? 32),
      duration: `${__ENV.SECONDS ?? 10}s`,
      gracefulStop: '30s',
    },
  },
  thresholds: {
    ...(IS_AUDITED && { complaints: ['count==0'], audits: ['count==1'] }),
    unexpected: ['count==0'],
    paid: ['count>0'],
  },
  summaryTrendStats: ['med', 'p(99)', 'max'],
}

const WANTED = { succeeded: /^PAID/, failed: /^FAILED$/, canceled: /^CANCELED$/ } as const

export default function buyer(): void {
  const started = Date.now()
  const address = ADDRESSES[exec.vu.idInTest % ADDRESSES.length] ?? ''
  const draw = drawer(SEED, exec.vu.idInTest, exec.vu.iterationInInstance)
  const customer_email = `b${exec.vu.idInTest}.${exec.vu.iterationInInstance}@load.example`
  const checkout = http.post(`${address}/api/checkout`, JSON.stringify({ cls: TIER, customer_email }), {
    headers: { 'content-type': 'application/json' },
    timeout: TIMEOUT,
    tags: { name: 'checkout' },
  })
  if (checkout.status === 409) {
    soldOut.add(1)
    sleep(POLL_S)
    return
  }
  if (checkout.status !== 200) {
    unexpected.add(1)
    return
  }
  const { order_id, redirect_url } = checkout.json() as { order_id: string; redirect_url: string }
  const outcome = outcomeOf(draw())
  const isTwice = draw() < TWICE_SHARE
  emit(address + redirect_url, outcome)
  if (IS_MIXED && isTwice) emit(address + redirect_url, outcome)
  const status = settled(`${address}/api/orders/${order_id}`)
  if (!WANTED[outcome].test(status)) unexpected.add(1)
  else if (status === 'PAID') {
    paid.add(1)
    toPaidMs.add(Date.now() - started)
  } else (status === 'PAID_UNFULFILLED' ? refunded : ended).add(1)
}

function outcomeOf(draw: number): keyof typeof WANTED {
  if (!IS_MIXED) return 'succeeded'
  if (draw < FAILED_SHARE) return 'failed'
  return draw < FAILED_SHARE + CANCELED_SHARE ? 'canceled' : 'succeeded'
}

function emit(link: string, t: string): void {
  const answer = http.post(`${link}/emit`, { t }, { redirects: 0, timeout: TIMEOUT, tags: { name: 'emit' } })
  if (answer.status !== 303) unexpected.add(1)
}

/** The status of the order, once it has one. */
function settled(url: string): string {
  for (let polls = 0; polls < POLLS_MAX; polls++) {
    const answer = http.get(url, {
      timeout: TIMEOUT,
      tags: { name: 'order' },
      responseCallback: http.expectedStatuses(200, 404),
    })
    if (answer.status === 200) return (answer.json() as { status: string }).status
    sleep(POLL_S)
  }
  return 'unknown'
}

/**
 * Numbers in [0, 1) that follow from these three alone: a buyer does the same whatever others do. The
 * generator is mulberry32, on a mixture of the three.
 */
function drawer(seed: number, buyer: number, turn: number): () => number {
  let state = Math.imul(seed, 0x9e3779b1) ^ Math.imul(buyer, 0x85ebca6b) ^ Math.imul(turn + 1, 0xc2b2ae35)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export function teardown(): void {
  if (!IS_AUDITED) return
  const password = __ENV.SHOP_ADMIN ?? ''
  const answer = http.get(`${ADDRESSES[0]}/admin/audit`, {
    headers: { authorization: `Basic ${encoding.b64encode(`admin:${password}`)}` },
    timeout: '60s',
    tags: { name: 'audit' },
  })
  if (answer.status !== 200) {
    console.error(`the shop did not answer its audit (${answer.status}): is SHOP_ADMIN its admin's password?`)
    return
  }
  const { complaints: told, notRead } = answer.json() as { complaints: string[]; notRead?: string }
  for (const complaint of told) console.error(complaint)
  complaints.add(told.length)
  if (notRead !== undefined) {
    console.error(`the shop was not audited whole: ${notRead}`)
    return
  }
  audits.add(1)
}

interface Summary {
  readonly metrics: Readonly<
    Record<
      string,
      {
        readonly values: Readonly<Record<string, number>>
        readonly thresholds?: Readonly<Record<string, { readonly ok: boolean }>>
      }
    >
  >
}

export function handleSummary({ metrics }: Summary): Record<string, string> {
  const value = (name: string, key = 'count'): number => metrics[name]?.values[key] ?? 0
  const breached = Object.entries(metrics).flatMap(([name, { thresholds = {} }]) =>
    Object.entries(thresholds).flatMap(([rule, { ok }]) => (ok ? [] : [`${name} ${rule}`])),
  )
  const told = {
    answers: value('paid') + value('refunded') + value('ended') + value('sold_out'),
    failures: value('unexpected'),
    p50Ms: value('to_paid_ms', 'med'),
    p99Ms: value('to_paid_ms', 'p(99)'),
    breached,
  }
  const lines = [
    `paid ${value('paid')}, refunded ${value('refunded')}, failed or canceled ${value('ended')}, sold out ${value('sold_out')}`,
    `from checkout to PAID: p50 ${told.p50Ms} ms, p99 ${told.p99Ms} ms`,
    ...(IS_AUDITED ? [] : ['NOT AUDITED: that nothing was lost or sold twice is not proven']),
    ...(breached.length > 0 ? [`NOT KEPT: ${breached.join(', ')}`] : []),
    ...(IS_AUDITED && breached.length === 0 ? ['the audit has nothing to say'] : []),
  ]
  const file = __ENV.SUMMARY
  return { stdout: `${lines.join('\n')}\n`, ...(file !== undefined && { [file]: JSON.stringify(told) }) }
}
