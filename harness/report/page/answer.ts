/** The table of recommendations. */
import type { Results } from '../../results/results.ts'
import { type Advice, type Pick, questionsOf } from '../decision.ts'
import { counted, formatFigure, listed } from '../format.ts'
import { type Html, html } from './html.ts'
import { scrolling, section } from './section.ts'

export function answerSection(results: Results): Html {
  return section(
    'answer',
    'Which strategy, when',
    html`<p class="lead">Based on this run’s figures for strategies that were found valid in it, and on their promises. The fastest is not always the best choice: strategies within each other’s range are tied, and a simpler one may be fast enough.</p>`,
    scrolling(
      'Which strategy, when',
      html`<table class="decision"><thead><tr><th scope="col">Situation</th><th scope="col">Measured on</th><th scope="col">Strategy</th><th scope="col">Holds/s</th><th scope="col">p95</th><th scope="col">Compared with</th></tr></thead>${questionsOf(
        results,
      ).map(
        ({ title, rows }) =>
          html`<tbody><tr class="group"><th colspan="6" scope="colgroup">${title}</th></tr>${rows.map(rowsOf)}</tbody>`,
      )}</table>`,
    ),
  )
}

function rowsOf({ situation, condition, picks, unanswered }: Advice): Html {
  const head = html`<th scope="row" rowspan="${Math.max(1, picks.length)}">${situation}${condition === undefined ? undefined : html` <small>${condition}</small>`}</th>`
  if (picks.length === 0) return html`<tr>${head}<td colspan="5" class="quiet">${unanswered}</td></tr>`
  return html`${picks.map((pick, at) => html`<tr>${at === 0 ? head : undefined}${pickCells(pick)}</tr>`)}`
}

function pickCells(pick: Pick): Html {
  const { group, best } = pick
  const work = group.criticalSectionMs > 0 ? `, ${group.criticalSectionMs} ms in the critical section` : ''
  const { min, max, median } = best.goodputPerSecond
  const spread =
    best.repeats > 1 && max > min ? html`<small>${formatFigure(min)}–${formatFigure(max)}</small>` : undefined
  return html`<td>${group.workload}<small>${counted(group.concurrency, 'caller')}${work}</small></td><td><code>${best.strategy}</code></td><td class="number">${formatFigure(median)}<span class="unit"> holds/s</span>${spread}</td><td class="number">${best.holdMs.p95 === undefined ? '–' : `${formatFigure(best.holdMs.p95)} ms`}</td><td class="quiet">${comparison(pick)}</td>`
}

function comparison({ best, tied, next, of }: Pick): string {
  if (next === undefined || of === 1) return 'the only one that qualifies'
  if (tied.length > 0) return `within its range: ${listed(tied)}`
  const once = best.repeats === 1 ? ', a single run' : ''
  return `next: ${next.strategy}, ${formatFigure(next.goodputPerSecond.median)}${once}`
}
