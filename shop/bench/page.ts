/**
 * The page of a bench: bars on one axis with what others have published, and where the time of each side
 * goes.
 */
import { html } from '../../harness/report/page/html.ts'
import { page } from '../web/pages/layout.ts'

export function benchPage(): string {
  return page({
    title: 'TigerBench',
    scripts: ['bench.js'],
    body: html`<h1>TigerBench</h1>
<p class="lead" id="how">Levels and strategies of the shop, side by side.</p>
<p class="quiet" id="alive" role="status">connecting</p>
<h2>Tickets per second, from checkout to PAID</h2>
<div class="bars" id="rates" role="list"></div>
<p class="quiet">The grey bars were published by others, for machines of their own.</p>
<h2>Tickets per second of processor time, of shop and engines</h2>
<div class="bars" id="costs" role="list"></div>
<h2>Where the time of one order goes</h2>
<div class="scroll" role="region" tabindex="0" aria-label="Mean times"><table>
<thead><tr id="heads"></tr></thead><tbody id="parts"></tbody></table></div>
<p class="quiet">Milliseconds, on average; checkout and webhook are whole requests.</p>
<h2>Amdahl’s law</h2>
<div class="scroll" role="region" tabindex="0" aria-label="Amdahl’s law"><table>
<thead><tr><th scope="col">From level 1 to level 3 with</th><th scope="col">The hold’s share</th><th scope="col">The hold, times as fast</th><th scope="col">Predicted</th><th scope="col">Measured</th></tr></thead>
<tbody id="amdahl"></tbody></table></div>`,
  })
}

export const BENCH_STYLE = `
.bars{display:grid;gap:.4rem}
.bar{display:grid;grid-template-columns:minmax(8rem,20rem) 1fr 7rem;gap:.75rem;align-items:center}
.bar i{display:block;height:1.1rem;border-radius:.2rem;background:var(--strong);min-width:2px}
.bar.theirs i{background:var(--booked)}
.bar b{font-variant-numeric:tabular-nums;font-weight:600}
.bar small{display:block;color:var(--quiet)}
@media (max-width:34rem){.bars{gap:.9rem}.bar{grid-template-columns:1fr 5rem;gap:.1rem .75rem}.bar>span:first-child{grid-column:1/3}}
`

export const BENCH_SCRIPT = `(() => {
  const byId = (id) => document.getElementById(id)
  const number = (value, digits = 0) => value.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits })
  const element = (name, text, look) => Object.assign(document.createElement(name), { textContent: text ?? '', className: look ?? '' })
  const bars = (id, all) => {
    const most = Math.max(1, ...all.map(({ value }) => value))
    byId(id).replaceChildren(...all.map(({ name, note, value, theirs }) => {
      const bar = element('div', '', theirs ? 'bar theirs' : 'bar')
      bar.setAttribute('role', 'listitem')
      const label = element('span', name)
      if (note) label.append(element('small', note))
      const track = element('span')
      const drawn = element('i')
      drawn.style.setProperty('width', (100 * value / most) + '%')
      if (value) track.append(drawn)
      bar.append(label, track, element('b', value ? number(value) : '–'))
      return bar
    }))
  }
  const row = (cells, head) => { const tr = element('tr'); tr.append(...cells.map((cell) => element(head ? 'th' : 'td', cell))); return tr }
  const nameOf = ({ level, strategy, workers }) => 'Level ' + level + ', ' + strategy + (workers > 1 ? ', ' + workers + ' processes' : '')
  const show = ({ seconds, buyers, generator, pay, sides, yardsticks, amdahl, isOver }) => {
    byId('how').textContent = buyers + ' buyers for ' + seconds + ' s by ' + generator + ', ' + (pay === 'routes' ? 'paying through the shop’s routes' : 'paid by MockPay at once') + ', all durable.'
    byId('alive').textContent = isOver ? 'all sides are measured' : '● live'
    const noteOf = ({ state, why, measured, paid }) => state === 'running' ? 'running: ' + number(paid) + ' tickets so far' : state === 'failed' ? why : measured ? 'limited by ' + measured.limit + (measured.failures ? '; ' + measured.failures + ' failures' : '') : 'waits for its turn'
    bars('rates', [
      ...sides.map((side) => ({ name: nameOf(side), note: noteOf(side), value: side.measured?.ticketsPerSecond ?? 0 })),
      ...yardsticks.filter(({ perSecond }) => perSecond).map(({ name, perSecond }) => ({ name, value: perSecond, theirs: true })),
    ])
    const done = sides.filter(({ measured }) => measured)
    bars('costs', [
      ...done.map((side) => ({ name: nameOf(side), value: side.measured.ticketsPerCpuSecond })),
      ...yardsticks.filter(({ perCpuSecond }) => perCpuSecond).map(({ name, perCpuSecond }) => ({ name, value: perCpuSecond, theirs: true })),
    ])
    const parts = [...new Set(done.flatMap(({ measured }) => measured.parts.map(({ part }) => part)))]
    byId('heads').replaceChildren(...['Side', ...parts].map((name) => element('th', name)))
    byId('parts').replaceChildren(...done.map((side) => row([nameOf(side), ...parts.map((name) => side.measured.parts.find(({ part }) => part === name)?.meanMs.toFixed(2) ?? '')])))
    byId('amdahl').replaceChildren(...amdahl.map(({ of, share, speedup, predicted, measured }) => row([of, number(100 * share) + ' %', number(speedup, 2) + '×', number(predicted, 2) + '×', number(measured, 2) + '×'])))
  }
  const source = new EventSource('/live')
  source.addEventListener('message', ({ data }) => show(JSON.parse(data)))
  source.addEventListener('error', () => { if (!byId('alive').textContent.startsWith('all')) byId('alive').textContent = '○ not connected' })
})()
`
