/** Styles and scripts of the pages. */
import { ADMIN_SCRIPT } from '../assets/admin-script.ts'
import { EVENT_SCRIPT } from '../assets/event-script.ts'
import { ORDER_SCRIPT } from '../assets/order-script.ts'
import { STYLE } from '../assets/style.ts'
import type { ShopApp } from '../shop-web.ts'

const CSS = 'text/css; charset=utf-8'
const SCRIPT = 'text/javascript; charset=utf-8'
const ASSETS = [
  ['shop.css', CSS, STYLE],
  ['event.js', SCRIPT, EVENT_SCRIPT],
  ['order.js', SCRIPT, ORDER_SCRIPT],
  ['admin.js', SCRIPT, ADMIN_SCRIPT],
] as const

export function assetRoutes(app: ShopApp): void {
  for (const [name, type, text] of ASSETS) {
    app.get(`/assets/${name}`, async (_request, reply) => {
      reply.type(type)
      return text
    })
  }
}
