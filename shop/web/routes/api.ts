/** The public JSON of TigerFans, so that one load client drives both. */
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { listed } from '../../../harness/report/format.ts'
import { Problem } from '../../../harness/service/problems.ts'
import { CURRENCY, type ShopOrder } from '../../orders/order.ts'
import { checkout } from '../../saga/checkout.ts'
import { type EventsQuery, eventsJson, wantedIn } from '../browsing.ts'
import { isEmail, refusalOf } from '../buying.ts'
import { type ShopApp, type ShopWeb, tierFigures } from '../shop-web.ts'
import { inventoryJson, PENDING_DEFAULT, PENDING_MAX, pendingJson } from '../tigerfans.ts'

const CheckoutBody = Compile(
  Type.Object({
    cls: Type.String({ minLength: 1, maxLength: 64 }),
    customer_email: Type.String({ maxLength: 320 }),
  }),
)

/** Of a venue with a thousand events, some. */
const TIERS_NAMED_MAX = 8

export function apiRoutes(app: ShopApp, web: ShopWeb): void {
  const { parts, admin, isTigerfans } = web
  app.post('/api/checkout', async (request) => {
    const { body, headers } = request
    if (!CheckoutBody.Check(body)) {
      throw new Problem('invalid-request', 'a checkout is a JSON object with cls and customer_email')
    }
    const email = body.customer_email.trim()
    if (!isEmail(email)) throw new Problem('invalid-request', 'customer_email is not an email address')
    const event = parts.catalogue.eventOfTier(body.cls)
    if (event === undefined) {
      const names = parts.catalogue.tierNames(TIERS_NAMED_MAX)
      const others = names.length === 0 ? 'all that is sold here has a seat' : `there is ${listed(names)}`
      throw new Problem('invalid-request', `there is no such cls; ${others}`)
    }
    const basket = { eventId: event.id, lines: [{ name: body.cls, quantity: 1 }], email }
    const outcome = await checkout(parts, basket, idempotencyKeyOf(headers['idempotency-key']))
    if (outcome.kind !== 'held') throw refusalOf(outcome)
    const { orderId, psid, amount } = outcome.session
    web.begun(orderId, request)
    return { order_id: orderId, redirect_url: `/mockpay/${psid}`, amount, currency: CURRENCY }
  })

  app.get<{ Params: { id: string } }>('/api/orders/:id', async ({ params: { id } }) => {
    const order = await parts.orders.find(id)
    if (order === undefined) throw new Problem('not-found', 'this order is not known')
    return orderJson(order)
  })

  app.get<{ Querystring: EventsQuery }>('/api/events', async ({ query }) =>
    eventsJson(web, parts.catalogue.eventsIn(wantedIn(query))),
  )

  app.get('/api/inventory', async (request) => {
    const isOpen = isTigerfans || admin.isAskedBy(request)
    return inventoryJson(await tierFigures(web), isOpen)
  })

  app.get<{ Querystring: PendingQuery }>('/api/pending', async (request, reply) => {
    if (!isTigerfans) admin.require(request, reply)
    return await pendingJson(parts, limitIn(request.query))
  })
}

interface PendingQuery {
  readonly limit?: string | readonly string[]
}

/** Throws a `Problem`. */
function limitIn({ limit }: PendingQuery): number {
  if (limit === undefined) return PENDING_DEFAULT
  const count = typeof limit === 'string' && /^\d+$/.test(limit) ? Number(limit) : 0
  if (count >= 1 && count <= PENDING_MAX) return count
  throw new Problem('invalid-request', `limit is a number from 1 to ${PENDING_MAX}`)
}

function orderJson(order: ShopOrder) {
  const [line] = order.lines
  return {
    order_id: order.orderId,
    status: order.status,
    cls: line?.name ?? '',
    qty: order.lines.reduce((sum, { quantity }) => sum + quantity, 0),
    amount: order.amount,
    currency: CURRENCY,
    paid_at: order.status.startsWith('PAID') ? new Date(order.atMs).toISOString() : null,
    ticket_code: order.ticketCode,
    got_goodie: order.goodie === 'given',
    // While goodies are left, the order in which payments were recorded.
    ...(order.paidSeq > 0 && { paid_position: order.paidSeq }),
  }
}

/** Printable, and long enough that nobody guesses another client's order. */
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{22,128}$/

function idempotencyKeyOf(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined
  if (typeof header === 'string' && IDEMPOTENCY_KEY.test(header)) return header
  throw new Problem('invalid-request', 'an idempotency key has 22 to 128 printable characters')
}
