/** The pages of a buyer. */
import { Problem } from '../../../harness/service/problems.ts'
import type { ShopEvent } from '../../catalogue.ts'
import type { PaymentSession } from '../../orders/order.ts'
import { cancel } from '../../saga/settle.ts'
import { type EventsQuery, eventsJson, wantedIn, wantsJson } from '../browsing.ts'
import { askedOf, bought, refusalOf } from '../buying.ts'
import { refuseOtherSites } from '../other-sites.ts'
import { eventPage } from '../pages/event.ts'
import { eventsPage } from '../pages/events.ts'
import { heldPage, orderPage } from '../pages/order.ts'
import type { ShopApp, ShopWeb } from '../shop-web.ts'
import { formOf, HTML_TYPE } from './forms.ts'

interface ById {
  readonly Params: { readonly id: string }
}

export function pageRoutes(app: ShopApp, web: ShopWeb): void {
  const { parts, boards } = web
  const { catalogue, settings, orders } = parts

  async function ofEvent(event: ShopEvent): Promise<string> {
    const tiers = (await boards.get(event.id)?.tiers()) ?? {}
    return eventPage({ event, tiers, ...settings })
  }

  app.get('/', async (_request, reply) => {
    const [only, ...others] = catalogue.events
    if (only === undefined || others.length > 0) return reply.redirect('/events', 302)
    reply.type(HTML_TYPE)
    return await ofEvent(only)
  })

  app.get<{ Querystring: EventsQuery }>('/events', async ({ query, headers }, reply) => {
    const wanted = wantedIn(query)
    const events = catalogue.eventsIn(wanted)
    if (wantsJson(headers.accept)) return await eventsJson(web, events)
    reply.type(HTML_TYPE)
    return eventsPage({ all: catalogue.events, events, wanted })
  })

  app.get<ById>('/events/:id', async ({ params: { id } }, reply) => {
    reply.type(HTML_TYPE)
    return await ofEvent(eventNamed(web, id))
  })

  app.post('/checkout', async (request, reply) => {
    refuseOtherSites(request)
    const form = formOf(request.body)
    const outcome = await bought(web, askedOf(eventNamed(web, form.get('event') ?? ''), form))
    if (outcome.kind !== 'held') throw refusalOf(outcome)
    web.begun(outcome.session.orderId, request)
    return reply.redirect(`/orders/${outcome.session.orderId}`, 303)
  })

  app.get<ById>('/orders/:id', async ({ params: { id } }, reply) => {
    reply.type(HTML_TYPE)
    const order = await orders.find(id)
    if (order !== undefined) {
      return orderPage(order, order.status === 'PAID_UNFULFILLED' ? await orders.refundOf(id) : undefined)
    }
    const session = await sessionOf(web, id)
    return heldPage(session, session.deadlineMs - Date.now())
  })

  // For the page's script, which asks before there is an outcome: that is no error.
  app.get<ById>('/orders/:id/state', async ({ params: { id } }) => {
    const order = await orders.find(id)
    return { status: order?.status ?? '', goodie: order?.goodie ?? 'none' }
  })

  app.post<ById>('/orders/:id/cancel', async (request, reply) => {
    refuseOtherSites(request)
    const { id } = request.params
    // What was paid meanwhile stays paid, and a repeated form finds what the first one did.
    if ((await orders.find(id)) === undefined) await cancel(parts, await sessionOf(web, id))
    return reply.redirect(`/orders/${id}`, 303)
  })
}

function eventNamed({ parts: { catalogue } }: ShopWeb, id: string): ShopEvent {
  const event = catalogue.event(id)
  if (event === undefined) throw new Problem('unknown-event', 'there is no such event')
  return event
}

async function sessionOf({ parts: { sessions, keys } }: ShopWeb, orderId: string): Promise<PaymentSession> {
  const session = await sessions.find(keys.namesOf(orderId).psid)
  if (session === undefined)
    throw new Problem('not-found', 'there is no such order, or its hold is long over')
  return session
}
