/** The section on faults; absent if none was inflicted. */
import type { FaultCell } from '../../results/faults.ts'
import type { Results } from '../../results/results.ts'
import { type Survival, survivals } from '../../results/survives.ts'
import { FAULT_OUTCOMES } from '../fault-outcomes.ts'
import { counted } from '../format.ts'
import { type Html, html, idOf } from './html.ts'
import { command, scrolling, section } from './section.ts'

export function faultsSection({ faults: cells = [] }: Results): Html | undefined {
  if (cells.length === 0) return undefined
  const all = survivals(cells)
  const faults = [...new Map(all.map(({ fault, title }) => [fault, title])).entries()]
  const strategies = [...new Set(all.map(({ strategy }) => strategy))]
  const missed = all.filter(({ asPredicted }) => !asPredicted)
  const runs = Math.min(...all.map((each) => each.runs))
  return section(
    'faults',
    'What each survives',
    html`<p class="lead">Faults on real engines while buyers buy, each predicted first. ${missed.length === 0 ? 'All came out as predicted' : `${missed.length} of ${all.length} did not come out as predicted, marked ≠`}; ${counted(runs, 'run')} or more of each. What did not strike is unknown.</p>`,
    scrolling(
      'What each strategy survives',
      html`<table class="figures plain"><thead><tr><th scope="col">strategy</th>${faults.map(([, title]) => html`<th scope="col">${title}</th>`)}</tr></thead><tbody>${strategies.map(
        (strategy) =>
          html`<tr><th scope="row">${strategy}</th>${faults.map(([fault]) => cellOf(all.find((each) => each.strategy === strategy && each.fault === fault)))}</tr>`,
      )}</tbody></table>`,
    ),
    missed.length === 0
      ? undefined
      : html`<h3>Not as predicted</h3><ul>${missed.map((each) => html`<li><code>${each.strategy}</code>, ${each.title}: ${reasonsOf(cells, each)}</li>`)}</ul>`,
    all.flatMap((each) => conviction(cells, each) ?? []),
  )
}

function cellOf(found: Survival | undefined): Html {
  if (found === undefined) return html`<td class="quiet">– does not apply</td>`
  const { text, className } = FAULT_OUTCOMES[found.outcome]
  const service = found.service === undefined ? '' : `, ${found.service}`
  const only = found.isOnlyPromised ? ' in promises, no sale twice' : ''
  const mark = found.asPredicted ? '' : ' ≠ not as predicted'
  return html`<td class="${className}"><b>${text}</b>${only}${service}${mark}</td>`
}

function reasonsOf(cells: readonly FaultCell[], { fault, strategy }: Survival): string {
  const own = cells.filter((each) => each.fault === fault && each.strategy === strategy)
  return [...new Set(own.flatMap(({ reasons }) => reasons))].join('; ')
}

/** The first that was convicted, and how to run it again. */
function conviction(cells: readonly FaultCell[], { fault, strategy, title }: Survival): Html | undefined {
  const found = cells.find(
    (each) => each.fault === fault && each.strategy === strategy && each.conviction !== undefined,
  )
  if (found === undefined) return undefined
  return html`<details class="race" id="${idOf('fault', strategy, fault, found.seed)}"><summary><code>${strategy}</code>: ${title}</summary>
<p>${found.struck}</p><pre>${firstPart(found.conviction ?? '')}</pre><p class="quiet">Run it again: ${command(`npm run holdfast -- faults ${fault} --strategy ${strategy} --seeds ${found.seed} --again`)}</p></details>`
}

/** A conviction may name hundreds of seats: the first is enough. */
const LINES_MAX = 24

function firstPart(text: string): string {
  const lines = text.split('\n')
  return lines.length > LINES_MAX ? `${lines.slice(0, LINES_MAX).join('\n')}\n…` : text
}
