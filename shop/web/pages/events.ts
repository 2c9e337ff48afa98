/** All events, and what is left of them. */
import { html } from '../../../harness/report/page/html.ts'
import type { ShopEvent } from '../../catalogue.ts'
import { page } from './layout.ts'

export function eventsPage(events: readonly ShopEvent[]): string {
  return page({
    title: 'Events',
    body: html`<h1>On sale</h1>
<ul class="events">
${events.map(
  ({ id, name, seats, tiers }) => html`<li><a href="/events/${id}">${name}</a>
<small>${seats.length > 0 ? `${seats.length.toLocaleString('en')} seats` : ''}${
    seats.length > 0 && tiers.length > 0 ? ', ' : ''
  }${tiers.map(({ id: tier, capacity }) => `${capacity.toLocaleString('en')} ${tier}`).join(', ')}</small></li>
`,
)}</ul>`,
  })
}
