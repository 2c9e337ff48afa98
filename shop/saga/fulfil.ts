/** A payment succeeded: makes the units the buyer's. */
import { holdId } from '../../strategies/validation.ts'
import type { Basket, RefundReason } from '../orders/order.ts'
import { NotYetError } from './not-settled.ts'
import { part, type SagaParts } from './parts.ts'

/** The units are confirmed right after they were taken again. */
const AGAIN_MS = 60_000
/** Each expired between its hold and its confirm: a pause longer than `AGAIN_MS`, several times over. */
const TRIES_MAX = 4

export type TakenUnits =
  /** The hold whose units are sold. */
  { readonly kind: 'taken'; readonly hold: string } | { readonly kind: 'gone'; readonly reason: RefundReason }

/**
 * The hold of the order has expired: takes the units again, if there are any, under ids that follow from the
 * order's, so that a repeated call finds what an earlier one has taken. Throws if the answer is open.
 */
export async function unitsAgain(parts: SagaParts, orderId: string, basket: Basket): Promise<TakenUnits> {
  const { strategy, limit } = parts
  await limit.prepare(strategy, basket)
  for (let attempt = 2; attempt < 2 + TRIES_MAX; attempt++) {
    const again = `${orderId}.${attempt}`
    const outcome = await part(parts, 'reserve', () =>
      strategy.hold({ holdId: holdId(again), lines: limit.linesOf(basket), ttlMs: AGAIN_MS }),
    )
    switch (outcome.kind) {
      case 'held':
        parts.step('after-again-hold')
        if (await confirmed(parts, again)) return { kind: 'taken', hold: again }
        break
      case 'sold-out': {
        const isLimit = limit.isLimit(basket.eventId, outcome.resourceId)
        return { kind: 'gone', reason: isLimit ? 'over-limit' : 'sold-out' }
      }
      case 'contended':
        // A refused id stays refused: the next one may be granted.
        if (outcome.reason !== 'id-refused')
          throw new NotYetError(`the units are contended: ${outcome.reason}`)
        break
      case 'id-reused':
        throw new Error('the hold of an order was made with another basket')
    }
  }
  return { kind: 'gone', reason: 'sold-out' }
}

/** Whether the hold is confirmed now: it was live, or confirmed before. */
export async function confirmed(parts: SagaParts, id: string): Promise<boolean> {
  parts.step('before-confirm')
  const { kind } = await part(parts, 'confirm', () => parts.strategy.confirm(holdId(id)))
  parts.step('after-confirm')
  return kind === 'confirmed'
}
