/** The charts of the page, each with a table of its figures. */
import type { Results } from '../../results/results.ts'
import { emptyReason } from '../caption.ts'
import type { Chart, Panel } from '../charts/chart.ts'
import type { Charts } from '../charts/charts.ts'
import { themed } from '../charts/theme.ts'
import { type Html, html, trusted } from './html.ts'
import { command, figureTable, section } from './section.ts'

export function chartsSection(results: Results, { charts }: Charts): Html {
  const [unranked] = charts.flatMap((chart) => chart.unranked ?? [])
  return section(
    'charts',
    'What safety costs',
    html`<p class="lead">Only strategies that were found valid in this run are drawn. Colours show families of engines; shape and hatching distinguish their members.</p>`,
    charts.length === 0
      ? html`<p class="absent">Nothing to compare. ${emptyReason(results)}</p>`
      : [unranked === undefined ? undefined : html`<p class="quiet">${unranked}.</p>`, ...charts.map(figure)],
  )
}

function figure(chart: Chart): Html {
  const { id, title, lead, panels, size, table, note, absent } = chart
  if (panels.length === 0 && table.rows.length === 0) {
    const [why = '', how] = (absent ?? '').split(': holdfast ')
    return html`<figure class="chart" id="chart-${id}"><h3>${title}</h3><p class="lead">${lead}</p><p class="absent">Not in this run. ${why}${how === undefined ? undefined : html`: ${command(`npm run holdfast -- ${how}`)}`}</p></figure>`
  }
  return html`<figure class="chart" id="chart-${id}"><h3>${title}</h3><p class="lead">${lead}</p>
<div class="panels ${size}" role="region" aria-label="${title}" tabindex="0">${panels.map((panel, at) => drawing(panel, `${title}, panel ${at + 1} of ${panels.length}; its figures are in the table below`))}</div>
${note === undefined || note === '' ? undefined : html`<p class="quiet">${note}</p>`}<details class="behind"><summary>The figures as a table</summary>${figureTable(table, title)}</details></figure>`
}

function drawing({ width, height, body }: Panel, label: string): Html {
  return html`<svg role="img" aria-label="${label}" viewBox="0 0 ${width} ${height}" style="--w:${width}px">${trusted(themed(body))}</svg>`
}
