/** A payment succeeded: makes the units the buyer's. */
import { holdId } from '../../strategies/validation.ts'
import { strategyLines } from '../catalogue.ts'
import type { Basket } from '../orders/order.ts'
import { NotYetError } from './not-settled.ts'
import { part, type SagaParts } from './parts.ts'

/** The units are confirmed right after they were taken again. */
const AGAIN_MS = 60_000
/** Each expired between its hold and its confirm: a pause longer than `AGAIN_MS`, several times over. */
const TRIES_MAX = 4

/**
 * Confirms the hold of the order. If it has expired, the units are taken again, if there are any, under ids
 * that follow from the order's: a repeated call finds what an earlier one has taken. Returns the hold whose
 * units are sold; undefined if there are none left. Throws if the answer is open.
 */
export async function takenUnits(
  parts: SagaParts,
  orderId: string,
  { eventId, lines }: Basket,
): Promise<string | undefined> {
  const { strategy } = parts
  if (await confirmed(parts, orderId)) return orderId
  for (let attempt = 2; attempt < 2 + TRIES_MAX; attempt++) {
    const again = `${orderId}.${attempt}`
    const outcome = await part(parts, 'reserve', () =>
      strategy.hold({
        holdId: holdId(again),
        lines: strategyLines(eventId, lines),
        ttlMs: AGAIN_MS,
      }),
    )
    switch (outcome.kind) {
      case 'held':
        if (await confirmed(parts, again)) return again
        break
      case 'sold-out':
        return undefined
      case 'contended':
        // A refused id stays refused: the next one may be granted.
        if (outcome.reason !== 'id-refused')
          throw new NotYetError(`the units are contended: ${outcome.reason}`)
        break
      case 'id-reused':
        throw new Error('the hold of an order was made with another basket')
    }
  }
  return undefined
}

async function confirmed(parts: SagaParts, id: string): Promise<boolean> {
  parts.step('before-confirm')
  const { kind } = await part(parts, 'confirm', () => parts.strategy.confirm(holdId(id)))
  parts.step('after-confirm')
  return kind === 'confirmed'
}
