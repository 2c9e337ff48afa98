/**
 * What a crash or a failure left due: goodies, refunds, reports that never arrived, sessions that are over.
 * Runs once at the start, before anything is sold, and then every few seconds.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { ORDER_STEPS } from '../orders/states.ts'
import { giveGoodie } from './goodies.ts'
import { ForeignReportError } from './not-settled.ts'
import type { SagaParts } from './parts.ts'
import { sent } from './refunds.ts'
import { settle } from './settle.ts'

const EVERY_MS = 2_000
/** Each step is short, so that buyers do not wait for it. */
const AT_ONCE = 100
/** Most are recorded already, which one statement tells. */
const REPORTS_AT_ONCE = 1_000

/** Returns how many things were done. One failure does not keep the others from being tried. */
async function finishDue(parts: SagaParts, cursor: { next: number }): Promise<number> {
  let done = 0
  const tried = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    try {
      await work()
      done += 1
    } catch (error) {
      if (!(error instanceof ForeignReportError)) parts.warn(error, `${what} could not be finished yet`)
    }
  }
  for (const order of await parts.orders.goodiesDue(AT_ONCE)) {
    await tried('a goodie', () => parts.turns.run(order.orderId, () => giveGoodie(parts, order)))
  }
  for (const refund of await parts.orders.refundsDue(AT_ONCE)) {
    await tried('a refund', () => sent(parts, refund))
  }
  await missedReports(parts, cursor, tried)
  await parts.sessions.forgetOld(AT_ONCE)
  return done
}

/**
 * Asks the provider for outcomes whose reports may have been lost, and settles those that are not recorded.
 */
async function missedReports(
  parts: SagaParts,
  cursor: { next: number },
  tried: (what: string, work: () => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const { reports, next } = await parts.provider.reportsSince(cursor.next, REPORTS_AT_ONCE)
  const known = await parts.orders.statuses(reports.map(({ orderId }) => orderId))
  for (const report of reports) {
    if (ORDER_STEPS[known.get(report.orderId) ?? 'none'][report.outcome] === 'keep') continue
    await tried('a payment', () => settle(parts, report))
  }
  cursor.next = next
}

/** Steps until nothing more can be done. Returns how many things were. */
export async function finishAll(parts: SagaParts): Promise<number> {
  const cursor = { next: 0 }
  let all = 0
  for (;;) {
    const before = cursor.next
    const done = await finishDue(parts, cursor)
    all += done
    if (done === 0 && cursor.next === before) return all
  }
}

/** Disposing waits for the step in progress. */
export function startFinishing(parts: SagaParts, everyMs = EVERY_MS): AsyncDisposable {
  const ending = new AbortController()
  const { signal } = ending
  const cursor = { next: 0 }
  async function run(): Promise<void> {
    while (!signal.aborted) {
      await delay(everyMs, undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return
      await finishDue(parts, cursor).catch((error: unknown) =>
        parts.warn(error, 'what is due could not be read'),
      )
    }
  }
  const running = run()
  return {
    async [Symbol.asyncDispose]() {
      ending.abort()
      await running
    },
  }
}
