/** All events, or those of a city and a day: a form that works without a script. */
import { html } from '../../../harness/report/page/html.ts'
import type { ShopEvent } from '../../catalogue.ts'
import type { WantedEvents } from '../browsing.ts'
import { type Html, page } from './layout.ts'

export interface EventsPage {
  readonly all: readonly ShopEvent[]
  /** Those that were looked for. */
  readonly events: readonly ShopEvent[]
  readonly wanted: WantedEvents
}

export function eventsPage({ all, events, wanted }: EventsPage): string {
  const byDay = events.toSorted((a, b) => (a.date < b.date ? -1 : a.date > b.date ? 1 : 0))
  return page({
    title: 'Events',
    body: html`<h1>On sale</h1>
<form method="get" action="/events" class="browse" role="search">
<p><label for="city">City</label>
<select id="city" name="city">
${choice('', 'Any city', wanted.city)}
${distinct(all.map(({ city }) => city)).map((city) => choice(city, city, wanted.city))}
</select></p>
<p><label for="date">Day</label>
<input id="date" name="date" type="date" value="${wanted.date}"></p>
<p><button type="submit">Show</button></p>
</form>
<p class="quiet" role="status">${events.length === 1 ? 'One event' : `${events.length} events`}</p>
<ul class="events">
${byDay.map(
  ({ id, name, city, date, seats, tiers }) => html`<li><a href="/events/${id}">${name}</a>
<small>${[date, city].filter((text) => text !== '').join(', ')}</small>
<small>${stockOf(seats.length, tiers)}</small></li>
`,
)}</ul>`,
  })
}

function choice(value: string, text: string, chosen: string): Html {
  return value.toLowerCase() === chosen.toLowerCase()
    ? html`<option value="${value}" selected>${text}</option>\n`
    : html`<option value="${value}">${text}</option>\n`
}

function distinct(texts: readonly string[]): readonly string[] {
  return [...new Set(texts.filter((text) => text !== ''))].toSorted()
}

function stockOf(seats: number, tiers: ShopEvent['tiers']): string {
  return [
    ...(seats > 0 ? [`${seats.toLocaleString('en')} seats`] : []),
    ...tiers.map(({ id, capacity }) => `${capacity.toLocaleString('en')} ${id}`),
  ].join(', ')
}
