/** What a buyer asks for, and how a refusal is put. */
import { Problem } from '../../harness/service/problems.ts'
import type { ShopEvent } from '../catalogue.ts'
import type { BasketLine } from '../orders/order.ts'
import { type CheckoutOutcome, checkout } from '../saga/checkout.ts'
import { bestTogether } from './best-seats.ts'
import type { ShopWeb } from './shop-web.ts'

/** Groups of seats that are tried before a buyer is told that none are left. */
const GROUPS_MAX = 8
const EMAIL = /^[^\s@]{1,64}@[^\s@]{1,255}$/

export function isEmail(text: string): boolean {
  return EMAIL.test(text)
}

export function refusalOf(outcome: Exclude<CheckoutOutcome, { kind: 'held' }>): Problem {
  switch (outcome.kind) {
    case 'sold-out':
      return new Problem('sold-out', `${outcome.name} is sold out`, { sold_out: [outcome.name] })
    case 'contended':
      return new Problem('contended', 'others are buying the same tickets: try again')
    case 'id-reused':
      return new Problem('id-reused', 'this idempotency key was used for another order')
    case 'not-for-sale':
      return new Problem('invalid-request', 'this event does not sell that')
    case 'limit-reached':
      return new Problem(
        'invalid-request',
        `one customer may have at most ${outcome.customerMax} tickets of an event`,
        { status: 409, customer_max: outcome.customerMax },
      )
    case 'too-many':
      return new Problem('invalid-request', `one order has at most ${outcome.ticketsMax} tickets`)
  }
}

export interface Asked {
  readonly event: ShopEvent
  readonly email: string
  readonly lines: readonly BasketLine[]
  /** Seats together, wherever the best are; 0 for none. */
  readonly together: number
}

/** Reads the form of an event's page. Throws a `Problem`. */
export function askedOf(event: ShopEvent, form: URLSearchParams): Asked {
  const email = (form.get('email') ?? '').trim()
  if (!isEmail(email)) throw new Problem('invalid-request', 'please give your email address')
  const seats = new Set((form.get('seats') ?? '').split(/[\s,]+/).filter((seat) => seat !== ''))
  const tiers = event.tiers.flatMap(({ id }) => {
    const quantity = Number(form.get(`tier.${id}`) ?? 0)
    return quantity > 0 ? [{ name: id, quantity }] : []
  })
  const lines = [...tiers, ...[...seats].map((name) => ({ name, quantity: 1 }))]
  const together = Number(form.get('together') ?? 0)
  if (lines.length === 0 && !(together > 0)) {
    throw new Problem('invalid-request', 'please choose how many tickets, or which seats')
  }
  return { event, email, lines, together: lines.length > 0 || !Number.isInteger(together) ? 0 : together }
}

/** Tries several groups if seats together were asked for. */
export async function bought(web: ShopWeb, asked: Asked): Promise<CheckoutOutcome> {
  const { parts, boards } = web
  const { event, email, lines, together } = asked
  const basketOf = (chosen: readonly BasketLine[]) => ({ eventId: event.id, lines: chosen, email })
  if (together === 0) return await checkout(parts, basketOf(lines))
  const { ticketsMax } = parts.settings
  if (together > ticketsMax) return { kind: 'too-many', ticketsMax }
  const states = (await boards.get(event.id)?.states()) ?? new Uint8Array()
  let outcome: CheckoutOutcome = { kind: 'sold-out', name: `a row with ${together} seats together` }
  for (const group of bestTogether(event, states, together, GROUPS_MAX)) {
    const tried = await checkout(parts, basketOf(group.map((name) => ({ name, quantity: 1 }))))
    if (tried.kind === 'held') return tried
    if (tried.kind !== 'sold-out') outcome = tried
  }
  return outcome
}
