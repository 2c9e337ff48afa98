/** An order: held with a countdown, paid with a QR code, or ended. */
import encodeQR from 'qr'
import { html, trusted } from '../../../harness/report/page/html.ts'
import type { PaymentSession, Refund, ShopOrder } from '../../orders/order.ts'
import { euros, type Html, linesText, page } from './layout.ts'

const HELD = {
  title: 'Your tickets are held',
  sentence: 'Pay before the time is up. After that, others may buy them.',
}
const UP = {
  title: 'The time is up',
  sentence:
    'Your tickets are free for others. A payment now gets them only if nobody took them, and your money back otherwise.',
}

/** `leftMs`: until the hold expires. The page's script says by itself when the time is up. */
export function heldPage(session: PaymentSession, leftMs: number): string {
  const { orderId, psid, lines, amount, email } = session
  const { title, sentence } = leftMs > 0 ? HELD : UP
  return page({
    title,
    scripts: ['order.js'],
    body: html`<h1 id="heading" data-up="${UP.title}">${title}</h1>
<div data-order="${orderId}" data-left-ms="${Math.max(0, Math.round(leftMs))}" class="hold">
<p class="clock" role="timer"><span id="left">${clock(leftMs)}</span></p>
<p id="ending" role="status" data-up="${UP.sentence}">${sentence}</p>
</div>
${facts([
  ['Tickets', linesText(lines)],
  ['Price', euros(amount)],
  ['For', email],
])}
<div class="actions">
<a class="button strong" href="/mockpay/${psid}">Pay ${euros(amount)}</a>
<form method="post" action="/orders/${orderId}/cancel"><button type="submit">Cancel</button></form>
</div>`,
  })
}

export function orderPage(order: ShopOrder, refund: Refund | undefined): string {
  switch (order.status) {
    case 'PAID':
      return paidPage(order)
    case 'PAID_UNFULFILLED':
      return unfulfilledPage(order, refund)
    case 'FAILED':
    case 'CANCELED':
      return endedPage(order)
  }
}

function paidPage(order: ShopOrder): string {
  const { ticketCode, lines, amount, email, goodie, orderId, atMs } = order
  // The library's markup contains nothing but the squares.
  const code = trusted(encodeQR(ticketCode, 'svg', { ecc: 'medium', border: 2 }))
  return page({
    title: 'Your tickets',
    scripts: goodie === 'due' ? ['order.js'] : [],
    body: html`<h1>Paid. See you there!</h1>
<div class="ticket">
<div class="qr" role="img" aria-label="QR code of ticket ${ticketCode}">${code}</div>
<div>
<p class="code">${ticketCode}</p>
${facts([
  ['Tickets', linesText(lines)],
  ['Paid', euros(amount)],
  ['At', `${new Date(atMs).toISOString().replace('T', ' ').slice(0, 19)} UTC`],
  ['For', email],
])}
${goodie === 'given' ? html`<p class="notice good">You are among the first: a goodie waits for you at the door.</p>` : undefined}
${goodie === 'due' ? html`<p class="notice" data-order="${orderId}" data-due>You are among the first: your goodie is being put aside.</p>` : undefined}
</div>
</div>
<p class="quiet">Keep the address of this page: who knows it can read this order.</p>`,
  })
}

const WHY: Readonly<Record<Refund['reason'], string>> = {
  'sold-out': 'Your payment came after your hold had expired, and your tickets were sold meanwhile.',
  'over-limit':
    'Your payment came after your hold had expired, and you have the most tickets that a customer may have.',
  'wrong-amount': 'The amount that was paid is not the price of this order.',
  'unknown-basket': 'The shop no longer knows what this payment was for.',
}

function unfulfilledPage(order: ShopOrder, refund: Refund | undefined): string {
  return page({
    title: 'Your money goes back',
    body: html`<h1>Your money goes back</h1>
<p class="notice bad">${WHY[refund?.reason ?? 'sold-out']} There are no tickets, and the whole amount is refunded.</p>
${facts([
  ['Asked for', linesText(order.lines)],
  ['Refund', euros(refund?.amount ?? order.amount)],
  ['Refund number', refund?.refundId ?? ''],
  ['State', refund?.isSent === true ? 'sent to the payment provider' : 'recorded, and about to be sent'],
])}
<p><a class="button" href="/">Back to the events</a></p>`,
  })
}

function endedPage({ status, eventId, lines }: ShopOrder): string {
  const [title, sentence] =
    status === 'CANCELED'
      ? ['Canceled', 'The payment was canceled. Nothing was paid, and the tickets are free for others.']
      : ['The payment failed', 'Nothing was paid, and the tickets are free for others.']
  return page({
    title,
    body: html`<h1>${title}</h1>
<p class="notice">${sentence}</p>
${facts([['Asked for', linesText(lines)]])}
<p><a class="button" href="/events/${eventId}">Choose again</a></p>`,
  })
}

function facts(pairs: readonly (readonly [string, string])[]): Html {
  return html`<dl class="facts">
${pairs.map(([term, text]) => html`<div><dt>${term}</dt><dd>${text}</dd></div>\n`)}</dl>`
}

/** `4:59` */
function clock(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1_000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
