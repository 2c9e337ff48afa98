/** The page of the payment provider: three buttons instead of a bank. */
import { html } from '../../../harness/report/page/html.ts'
import type { Payment } from '../../mockpay/provider.ts'
import { euros, linesText, page } from './layout.ts'

export function mockpayPage(payment: Payment): string {
  const { psid, amount, metadata, outcome, returnPath, refunded } = payment
  const isPaid = outcome === 'succeeded'
  return page({
    title: 'MockPay',
    body: html`<div class="bank">
<p class="bank-name">MockPay</p>
<h1>Pay ${euros(amount)}</h1>
<p>For ${linesText(metadata.lines)}, ${metadata.email}</p>
${
  isPaid
    ? html`<p class="notice good">This is paid.${refunded > 0 ? ` ${euros(refunded)} went back.` : ''}</p>
<p><a class="button strong" href="${returnPath}">Back to the shop</a></p>`
    : html`${outcome === undefined ? undefined : html`<p class="notice">The last attempt: ${outcome}.</p>`}
<form method="post" action="/mockpay/${psid}/emit" class="actions">
<button class="strong" name="t" value="succeeded">Pay</button>
<button name="t" value="failed">Let it fail</button>
<button name="t" value="canceled">Cancel</button>
</form>`
}
</div>`,
  })
}
