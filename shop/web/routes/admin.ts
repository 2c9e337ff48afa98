/** The admin's page and its figures, behind the password. */
import { Problem } from '../../../harness/service/problems.ts'
import { auditShop } from '../../saga/audit.ts'
import { refuseOtherSites } from '../other-sites.ts'
import { adminPage } from '../pages/admin.ts'
import { linesText } from '../pages/layout.ts'
import { type ShopApp, type ShopWeb, tierFigures } from '../shop-web.ts'
import { formOf, HTML_TYPE } from './forms.ts'

const ROWS = 20
const SOLD_TWICE_ROWS = 5

export function adminRoutes(app: ShopApp, web: ShopWeb): void {
  const { admin, facts } = web
  app.get('/admin', async (request, reply) => {
    admin.require(request, reply)
    reply.type(HTML_TYPE)
    return adminPage(facts, web.strategies)
  })
  app.post('/admin/strategy', async (request, reply) => {
    admin.require(request, reply)
    refuseOtherSites(request)
    const name = formOf(request.body).get('strategy') ?? ''
    if (!web.strategies.includes(name)) {
      throw new Problem('invalid-request', `strategy is one of ${web.strategies.join(', ')}`)
    }
    await web.switchTo(name)
    return reply.redirect('/admin', 303)
  })
  app.get('/admin/figures', async (request, reply) => {
    admin.require(request, reply)
    return await figuresOf(web)
  })
  app.get('/admin/times', async (request, reply) => {
    admin.require(request, reply)
    return { times: web.parts.timings.read() }
  })
  app.get('/admin/audit', async (request, reply) => {
    admin.require(request, reply)
    return await auditShop(web.parts, web)
  })
}

async function figuresOf(web: ShopWeb) {
  const { parts } = web
  const [counts, sessions, pending, orders, deliveries, tiers, accounts] = await Promise.all([
    parts.orders.counts(),
    parts.sessions.counts(),
    parts.sessions.pending(ROWS),
    parts.orders.recent(ROWS),
    parts.provider.deliveries(ROWS),
    tierFigures(web),
    web.accounts(),
  ])
  const soldTwice = [...web.boards.values()].flatMap((board) => board.soldTwice())
  const nowMs = Date.now()
  return {
    counts,
    sessions,
    inProgress: parts.turns.size,
    pending: pending.map(({ lines, amount, deadlineMs }) => ({
      lines: linesText(lines),
      amount,
      leftMs: deadlineMs - nowMs,
    })),
    // Not the whole id: it is the buyer's key to the order.
    orders: orders.map(({ orderId, status, lines, amount, goodie }) => ({
      id: `${orderId.slice(0, 8)}…`,
      status,
      lines: linesText(lines),
      amount,
      goodie,
    })),
    deliveries: deliveries.map((each) => ({ ...each, psid: `${each.psid.slice(0, 13)}…` })),
    tiers,
    accounts,
    strategy: web.facts.strategy,
    soldTwiceCount: soldTwice.length,
    soldTwice: soldTwice.slice(-SOLD_TWICE_ROWS),
    times: parts.timings.read(),
  }
}
