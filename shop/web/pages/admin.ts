/** The admin's live view: everything on it is filled in by its script, once a second. */
import { html } from '../../../harness/report/page/html.ts'
import type { ShopFacts } from '../shop-web.ts'
import { type Html, page } from './layout.ts'

export function adminPage({ strategy, level }: ShopFacts): string {
  return page({
    title: 'Admin',
    scripts: ['admin.js'],
    body: html`<h1>Live</h1>
<p class="lead"><code>${strategy}</code> at level ${level} <span id="alive" class="quiet" role="status">connecting</span></p>
<div class="tiles" id="tiles"></div>
${table('Accounts', 'accounts', ['Tier', 'Operator', 'Budget', 'Spent: pending', 'Spent: sold', 'Balanced'])}
${table('Where the time goes', 'times', ['Part', 'Times', 'Mean, ms', 'Share of all parts'])}
${table('Pending holds', 'pending', ['Tickets', 'Price', 'Expires in'])}
${table('Last orders', 'orders', ['Order', 'Status', 'Tickets', 'Price', 'Goodie'])}
${table('What MockPay reported', 'deliveries', ['Payment', 'Outcome', 'Attempts', 'State', 'Last answer'])}`,
  })
}

function table(title: string, id: string, heads: readonly string[]): Html {
  return html`<section>
<h2>${title}</h2>
<div class="scroll" role="region" tabindex="0" aria-label="${title}"><table>
<thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody id="${id}"></tbody>
</table></div>
</section>
`
}
