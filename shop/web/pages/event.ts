/** An event: its GA tiers, its seats as a live map, and the form that buys them. */
import { html } from '../../../harness/report/page/html.ts'
import type { ShopEvent } from '../../catalogue.ts'
import { euros, type Html, page } from './layout.ts'

export interface EventPage {
  readonly event: ShopEvent
  readonly tiers: Readonly<Record<string, number>>
  readonly ticketsMax: number
  /** Tickets of one customer; 0 for no limit. */
  readonly customerMax: number
  readonly holdMs: number
}

export function eventPage({ event, tiers, ticketsMax, customerMax, holdMs }: EventPage): string {
  const hasSeats = event.seats.length > 0
  return page({
    title: event.name,
    scripts: ['event.js'],
    body: html`<h1>${event.name}</h1>
${event.date + event.city === '' ? undefined : html`<p class="when">${[event.date, event.city].filter((text) => text !== '').join(', ')}</p>`}
<p class="lead">Choose, and your tickets are held for ${holdTime(holdMs)} while you pay. At most ${ticketsMax} tickets per order${
      customerMax > 0 ? `, and ${customerMax} per customer` : ''
    }.${event.goodies > 0 ? html` The first ${event.goodies} who pay get a goodie.` : undefined}</p>
<div id="twice" class="twice" role="status"></div>
<form method="post" action="/checkout" class="buy" data-event="${event.id}">
<input type="hidden" name="event" value="${event.id}">
${event.tiers.length > 0 ? tierFields(event, tiers, ticketsMax) : undefined}
${hasSeats ? seatFields(event, ticketsMax) : undefined}
<div class="pay">
<label for="email">Email</label>
<input id="email" name="email" type="email" required autocomplete="email" maxlength="320" placeholder="you@example.org">
<button type="submit" id="hold">Hold my tickets</button>
</div>
<p id="none-left" class="notice" role="status"></p>
</form>`,
  })
}

function holdTime(ms: number): string {
  const minutes = ms / 60_000
  if (ms < 60_000 || !Number.isInteger(minutes)) return `${Math.round(ms / 1_000)} seconds`
  return minutes === 1 ? 'one minute' : `${minutes} minutes`
}

function tierFields(event: ShopEvent, tiers: Readonly<Record<string, number>>, ticketsMax: number): Html {
  return html`<fieldset>
<legend>Tickets without a seat</legend>
<div class="tiers">
${event.tiers.map(({ id, price, capacity }) => {
  const left = tiers[id] ?? 0
  return html`<div class="tier">
<label for="tier-${id}"><b>${id}</b> <span>${euros(price)}</span></label>
<input id="tier-${id}" name="tier.${id}" type="number" inputmode="numeric" min="0" max="${ticketsMax}" value="0" aria-describedby="left-${id}">
<small id="left-${id}" data-tier="${id}" data-capacity="${capacity}">${left === 0 ? 'sold out' : `${left} left`}</small>
</div>
`
})}</div>
</fieldset>
`
}

function seatFields(event: ShopEvent, ticketsMax: number): Html {
  const sections = event.sections.map(({ id, rows, seats_per_row }) => [id, rows, seats_per_row])
  return html`<fieldset class="seating">
<legend>Seats, ${euros(event.seatPrice)} each</legend>
<p class="together"><label for="together">Best available, together</label>
<select id="together" name="together">
<option value="0">I choose on the map</option>
${Array.from({ length: ticketsMax }, (_, at) => html`<option value="${at + 1}">${at + 1}</option>`)}
</select></p>
<div class="map" data-sections="${JSON.stringify(sections)}">
<canvas id="map" tabindex="0" role="application" aria-label="Seat map: arrow keys move, space chooses or drops a seat" aria-describedby="seat"></canvas>
</div>
<p class="legend"><span class="key available">available</span> <span class="key held">held</span> <span class="key booked">booked</span> <span class="key sold-twice" id="twice-key" hidden>sold twice</span> <span class="key mine">yours</span> <output id="counts"></output></p>
<p id="seat" class="seat" aria-live="polite">Nothing chosen yet.</p>
<label for="seats">Your seats, by name</label>
<input id="seats" name="seats" autocomplete="off" spellcheck="false" maxlength="2000" placeholder="${event.seats[0] ?? ''}">
</fieldset>
`
}
