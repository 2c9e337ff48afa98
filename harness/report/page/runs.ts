/** The section that compares several runs; absent for a single one. */
import type { Merged, NamedResults } from '../../results/merge.ts'
import { type Cell, groupsOf, withoutLoads } from '../cells.ts'
import { formatFigure } from '../format.ts'
import { standingOf } from '../standing.ts'
import { type Html, html } from './html.ts'
import { scrolling, section } from './section.ts'

export function runsSection({ together, beside }: Merged): Html | undefined {
  const all = [...together, ...beside.map(({ run }) => run)].sort((one, other) =>
    one.results.startedAt < other.results.startedAt ? -1 : 1,
  )
  if (all.length < 2) return undefined
  const newest = all.at(-1)
  return section(
    'runs',
    'The runs, compared',
    html`<p class="lead">Below are the figures of the newest run${together.length > 1 ? html`, merged with ${String(together.length - 1)} more with the same machine, versions and settings` : undefined}. Other runs are only listed here.</p>`,
    scrolling(
      'Runs',
      html`<table class="figures plain"><thead><tr>${['run', 'began', 'machine', 'commit', 'trials', 'control', 'in the charts'].map((name) => html`<th scope="col">${name}</th>`)}</tr></thead><tbody>${all.map(
        (run) =>
          html`<tr><th scope="row">${run.name}</th><td>${run.results.startedAt}</td><td>${run.results.machine.cpu}, ${String(run.results.machine.cores)} cores</td><td>${run.results.commit ?? '–'}</td><td>${String(run.results.trials.length)}</td><td>${run.results.control.caught ? 'caught' : 'not caught'}</td><td>${
            together.includes(run)
              ? run === newest
                ? 'yes, the newest'
                : 'yes'
              : `no: ${beside.find((each) => each.run === run)?.why ?? ''}`
          }</td></tr>`,
      )}</tbody></table>`,
    ),
    comparison(all),
  )
}

/** Goodput of everything that at least two runs measured, compared with the first of them. */
function comparison(runs: readonly NamedResults[]): Html | undefined {
  const kinds = new Map<string, (Cell | undefined)[]>()
  runs.forEach((run, at) => {
    for (const { cells } of groupsOf(withoutLoads(run.results))) {
      for (const cell of cells) {
        if (standingOf(run.results, cell.strategy).kind !== 'valid') continue
        const key = `${cell.workload}\n${cell.criticalSectionMs}\n${run.results.settings.networkLatencyMs ?? 0}\n${cell.concurrency}\n${cell.strategy}`
        const row = kinds.get(key) ?? new Array<Cell | undefined>(runs.length).fill(undefined)
        row[at] = cell
        kinds.set(key, row)
      }
    }
  })
  const rows = [...kinds.values()].filter((cells) => cells.filter((cell) => cell !== undefined).length > 1)
  if (rows.length === 0) return html`<p class="absent">No two of these runs measured the same thing.</p>`
  return html`<details class="behind"><summary>Holds per second, run by run (${String(rows.length)} rows)</summary>${scrolling(
    'Holds per second, run by run',
    html`<table class="figures"><thead><tr><th scope="col">strategy</th><th scope="col">workload × callers</th>${runs.map(({ name }) => html`<th scope="col">${name}</th>`)}</tr></thead><tbody>${rows.map(
      (cells) => {
        const first = cells.find((cell) => cell !== undefined)
        const work =
          first === undefined || first.criticalSectionMs === 0
            ? ''
            : `, ${first.criticalSectionMs} ms in the critical section`
        return html`<tr><th scope="row">${first?.strategy}</th><td>${first?.workload} × ${first?.concurrency}${work}</td>${cells.map((cell) => html`<td>${cell === undefined ? '–' : compared(cell, first)}</td>`)}</tr>`
      },
    )}</tbody></table>`,
  )}</details>`
}

function compared(cell: Cell, first: Cell | undefined): string {
  const { median, min, max } = cell.goodputPerSecond
  if (first === undefined || cell === first || first.goodputPerSecond.median === 0)
    return formatFigure(median)
  const isWithin = min <= first.goodputPerSecond.max && max >= first.goodputPerSecond.min
  const change = Math.round((100 * (median - first.goodputPerSecond.median)) / first.goodputPerSecond.median)
  return `${formatFigure(median)} (${isWithin ? 'within range' : `${change > 0 ? '+' : ''}${change} %`})`
}
