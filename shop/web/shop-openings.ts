/** What of the shop is before its waiting room's gate. Everything else is behind it. */
import type { Openings } from '../waiting-room/web/gate.ts'

export const SHOP_OPENINGS: Openings = {
  open: [
    'GET /healthz',
    'GET /assets/*',
    // With a password of their own: the gate would keep out an admin, who has no place.
    'GET /admin',
    'GET /admin/*',
    'POST /admin/*',
    'GET /api/pending',
    // Signed by the provider.
    'POST /payments/webhook',
    // For a buyer who has an order, whose id only the buyer knows: nobody loses it because time inside ran
    // out.
    'GET /orders/:id',
    'GET /orders/:id/state',
    'POST /orders/:id/cancel',
    'GET /api/orders/:id',
    'GET /mockpay/:psid',
    'POST /mockpay/:psid/emit',
  ],
  finishing: [],
}
