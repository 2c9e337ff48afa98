/** The live page of a run. It receives everything over one stream of events. */
import { documentOf } from '../report/page/document.ts'
import { html } from '../report/page/html.ts'
import { styleSheet } from '../report/page/style.ts'

/** Names are inserted as text, never as markup. */
const SCRIPT = `(() => {
  const byId = (id) => document.getElementById(id)
  const make = (tag, text, className) => {
    const element = document.createElement(tag)
    if (text !== undefined) element.textContent = text
    if (className) element.className = className
    return element
  }
  const figure = (value) => value >= 100 ? Math.round(value).toLocaleString('en-US') : value === 0 ? '0' : value.toPrecision(value < 1 ? 2 : 3)
  const span = (ms) => { const s = Math.round(ms / 1000); return s < 120 ? s + ' s' : Math.floor(s / 60) + ' min ' + (s % 60) + ' s' }
  const WORDS = { valid: ['✓ no violation yet', 'good'], invalid: ['✗ convicted', 'bad'], unknown: ['? not proven', 'doubtful'] }
  let samples = []
  const line = (id, values, max) => {
    const step = 600 / 119
    byId(id).setAttribute('points', values.map((value, at) => (at * step).toFixed(1) + ',' + (118 - 110 * value / max).toFixed(1)).join(' '))
  }
  const draw = () => {
    const rate = Math.max(1, ...samples.map((s) => s.heldPerSecond))
    const wait = Math.max(1, ...samples.map((s) => s.p95Ms))
    line('held', samples.map((s) => s.heldPerSecond), rate)
    line('p95', samples.map((s) => s.p95Ms), wait)
    line('p50', samples.map((s) => s.p50Ms), wait)
    const last = samples.at(-1)
    byId('held-now').textContent = last ? figure(last.heldPerSecond) + ' holds/s, ' + figure(last.refusedPerSecond) + ' refused/s' : 'not yet'
    byId('wait-now').textContent = last ? 'p50 ' + figure(last.p50Ms) + ' ms, p95 ' + figure(last.p95Ms) + ' ms' : 'not yet'
    byId('held-most').textContent = 'up to ' + figure(rate) + '/s'
    byId('wait-most').textContent = 'up to ' + figure(wait) + ' ms'
  }
  const show = (state) => {
    byId('bar').max = Math.max(1, state.total)
    byId('bar').value = state.done
    byId('count').textContent = state.done + ' of ' + state.total + ' trials' + (state.remainingMs > 0 ? ', about ' + span(state.remainingMs) + ' left' : '')
    byId('now').textContent = state.now ? state.now.strategy + ' on ' + state.now.workload + ' with ' + state.now.concurrency + (state.now.concurrency === 1 ? ' caller' : ' callers') : 'The control, which must be caught'
    byId('control').textContent = state.control ? state.control.text : 'running'
    byId('control').className = state.control ? (state.control.caught ? 'good' : 'bad') : 'quiet'
    byId('notes').replaceChildren(...state.notes.map((note) => make('li', note)))
    const head = make('tr')
    head.append(...['Strategy', ...state.workloads].map((name) => { const cell = make('th', name); cell.scope = 'col'; return cell }))
    byId('head').replaceChildren(head)
    byId('rows').replaceChildren(...state.strategies.map((strategy) => {
      const row = make('tr')
      const name = make('th'); name.scope = 'row'; name.append(make('code', strategy)); row.append(name)
      for (const workload of state.workloads) {
        const found = state.cells.find((cell) => cell.strategy === strategy && cell.workload === workload)
        if (!found || found.played === 0) { row.append(make('td', found ? '·' : '–', 'none')); continue }
        const [word, className] = WORDS[found.verdict]
        const done = found.played === found.planned
        const cell = make('td', undefined, className)
        cell.append(make('b', found.verdict === 'valid' && done ? '✓ valid' : word))
        cell.append(make('small', (found.verdict === 'valid' ? figure(found.goodputPerSecond) + '/s' : '') + (done ? '' : ' ' + found.played + ' of ' + found.planned)))
        row.append(cell)
      }
      return row
    }))
  }
  const events = new EventSource('events')
  events.addEventListener('state', (event) => { const state = JSON.parse(event.data); samples = state.samples; show(state); draw() })
  events.addEventListener('sample', (event) => { samples.push(JSON.parse(event.data)); if (samples.length > 120) samples.shift(); draw() })
  events.addEventListener('report', () => { events.close(); location.replace('report') })
  events.addEventListener('over', (event) => { events.close(); byId('now').textContent = JSON.parse(event.data) })
  events.addEventListener('error', () => { if (events.readyState === EventSource.CLOSED) byId('now').textContent = 'The run can no longer be reached.' })
})()`

const STYLE = `.live{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,22rem),1fr));gap:1.5rem;margin:1.5rem 0}
.live svg{display:block;width:100%;height:8rem;border-bottom:1px solid var(--quiet)}
.live polyline{fill:none;stroke:var(--accent);stroke-width:2;vector-effect:non-scaling-stroke;stroke-linejoin:round}
.live #p50{stroke:var(--quiet);stroke-dasharray:5 4}
.live p{margin:.2rem 0}
progress{width:100%;height:.5rem;accent-color:var(--accent)}`

export function livePage(): string {
  return documentOf({
    title: 'a run, live',
    style: styleSheet([]) + STYLE,
    script: SCRIPT,
    connects: true,
    body: html`<header>
<div class="brand"><span><b>Holdfast</b> · a run, live</span></div>
<h1 id="now" aria-live="polite">Waiting for the run</h1>
<progress id="bar" aria-label="Trials played" value="0" max="1"></progress>
<p class="meta" id="count"></p>
<p class="meta">Control: <b id="control" class="quiet">running</b></p>
</header>
<main>
<div class="live">
<div><h2>Throughput</h2><p id="held-now">not yet</p><svg role="img" aria-label="Holds granted per second over the last samples" viewBox="0 0 600 120" preserveAspectRatio="none"><polyline id="held" points=""/></svg><p class="quiet" id="held-most"></p></div>
<div><h2>A buyer’s wait</h2><p id="wait-now">not yet</p><svg role="img" aria-label="The 50th and 95th percentile over the last samples" viewBox="0 0 600 120" preserveAspectRatio="none"><polyline id="p95" points=""/><polyline id="p50" points=""/></svg><p class="quiet" id="wait-most"></p></div>
</div>
<h2>Verdicts so far</h2>
<p class="lead">A strategy is compared in the report only if every one of its trials was found valid.</p>
<div class="scroll" role="region" aria-label="Verdicts so far" tabindex="0"><table class="matrix"><thead id="head"></thead><tbody id="rows"></tbody></table></div>
<ul id="notes" class="limits"></ul>
</main>`,
  })
}
