/** The section on explorations; absent if nothing was explored. */
import type { Exploration } from '../../results/explorations.ts'
import type { Results } from '../../results/results.ts'
import { counted, formatCount, quoted } from '../format.ts'
import { type Html, html, idOf } from './html.ts'
import { command, scrolling, section } from './section.ts'

const OUTCOMES: Readonly<
  Record<Exploration['outcome'], { readonly text: string; readonly className: string }>
> = {
  proved: { text: '✓ proved', className: 'good' },
  violated: { text: '✗ violated', className: 'bad' },
  unknown: { text: '? not proven', className: 'doubtful' },
}

export function explorationsSection({ explorations = [] }: Results): Html | undefined {
  if (explorations.length === 0) return undefined
  return section(
    'proofs',
    'Every interleaving',
    html`<p class="lead">A few clients, and every interleaving of their statements on the real engine. A result holds for these clients and this scenario, not for others.</p>`,
    scrolling(
      'Every interleaving',
      html`<table class="figures plain"><thead><tr>${['strategy', 'scenario', 'clients', 'outcome', 'interleavings', 'violating'].map((name) => html`<th scope="col">${name}</th>`)}</tr></thead><tbody>${explorations.map(
        (each) =>
          html`<tr><th scope="row">${each.strategy}</th><td>${each.scenario}</td><td>${each.clients}</td><td class="${OUTCOMES[each.outcome].className}"><b>${OUTCOMES[each.outcome].text}</b></td><td>${formatCount(each.schedules)}</td><td>${formatCount(each.violating)}</td></tr>`,
      )}</tbody></table>`,
    ),
    explorations.flatMap((each) => (each.outcome === 'violated' ? [violation(each)] : [])),
  )
}

function violation({ strategy, scenario, clients, schedule, diagramSvg }: Exploration): Html {
  return html`<details class="race" id="${idOf('schedule', strategy, scenario, clients)}"><summary><code>${strategy}</code> on ${scenario} with ${counted(clients, 'client')}</summary>
${diagramSvg === undefined ? undefined : scrolling('The shortest violating schedule', html`<img class="diagram" alt="The shortest violating schedule of ${strategy} on ${scenario}, statement by statement" src="data:image/svg+xml;base64,${Buffer.from(diagramSvg).toString('base64')}">`)}
${schedule === undefined ? undefined : html`<p class="quiet">Run exactly this again: ${command(`npm run holdfast -- replay ${quoted(schedule)}`)}</p>`}</details>`
}
