/** The admin's live view: everything on it is filled in by its script, once a second. */
import { html } from '../../../harness/report/page/html.ts'
import type { ShopFacts } from '../shop-web.ts'
import { type Html, page } from './layout.ts'

export function adminPage({ strategy, level }: ShopFacts, strategies: readonly string[]): string {
  return page({
    title: 'Admin',
    scripts: ['admin.js'],
    body: html`<h1>Live</h1>
<p class="lead"><code id="strategy">${strategy}</code> at level ${level} <span id="alive" class="quiet" role="status">connecting</span></p>
${strategies.length > 1 ? switchForm(strategy, strategies) : undefined}
<div class="tiles" id="tiles"></div>
<div id="twice" class="twice" role="status"></div>
${table('Accounts', 'accounts', ['Tier', 'Operator', 'Budget', 'Spent: pending', 'Spent: posted', 'Balanced', 'Paid orders'])}
<p id="source" class="quiet"></p>
${table('Where the time goes', 'times', ['Part', 'Times', 'Mean, ms', 'Share of all parts'])}
${table('Pending holds', 'pending', ['Tickets', 'Price', 'Expires in'])}
${table('Last orders', 'orders', ['Order', 'Status', 'Tickets', 'Price', 'Goodie'])}
${table('What MockPay reported', 'deliveries', ['Payment', 'Outcome', 'On its way', 'Attempts', 'State', 'Last answer'])}`,
  })
}

/** Holds and sales stay: the others write the same ledger. */
function switchForm(strategy: string, strategies: readonly string[]): Html {
  return html`<form method="post" action="/admin/strategy" aria-label="Who sells">
<p class="switch">${strategies.map(
    (name) =>
      html`<button name="strategy" value="${name}" aria-pressed="${String(name === strategy)}">${name}</button>\n`,
  )}</p>
<p class="quiet">Another strategy sells from now on, on the same ledger: what is held and sold stays so.</p>
</form>
`
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
