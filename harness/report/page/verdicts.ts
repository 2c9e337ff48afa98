/** The verdicts by strategy and workload, each with a link to its evidence. */
import { callsIn } from '../../results/calls.ts'
import type { Results } from '../../results/results.ts'
import type { Trial } from '../../results/trial.ts'
import { caveatLines, isNothingFinished, NOTHING_FINISHED, verdictLines } from '../answer.ts'
import { exposureOf, exposureWords, isExposed } from '../exposure.ts'
import { counted, formatCount, formatFigure, inBrackets, quoted } from '../format.ts'
import { percentileOf } from '../samples.ts'
import { standingOf, strategiesOf } from '../standing.ts'
import { toldFault } from '../trial-faults.ts'
import { replayOf } from './again.ts'
import { type Html, html, idOf } from './html.ts'
import { CONTROL_RACE, raceIdOf } from './races.ts'
import { command, scrolling, section } from './section.ts'

export function verdictSection(results: Results): Html {
  const parts = [caveats(results), notProven(results)]
  if (isNothingFinished(results))
    return section('verdicts', 'Verdicts', html`<p class="absent">${NOTHING_FINISHED}.</p>`, parts)
  return section(
    'verdicts',
    'Verdicts',
    html`<p class="lead">Every history was checked, and every store was read at rest. <em>Oversold</em>: units sold beyond the capacity; in brackets, held or sold at the same time. <em>Undersold</em>: refusals while units were certainly free. Unknown is never a pass. Each verdict links to its evidence.</p>`,
    controlLine(results),
    results.trials.length === 0 ? undefined : matrix(results),
    parts,
    results.trials.length === 0 ? undefined : evidence(results),
  )
}

function controlLine({ control }: Results): Html {
  return html`<p class="control ${control.caught ? 'good' : 'bad'}">${
    control.caught
      ? html`The control <code>${control.strategy}</code>, which checks and then acts, <a href="#${CONTROL_RACE}">was caught</a> on ${control.workload} in round ${control.rounds}: so the checker and this load can detect an oversell.`
      : html`<strong>The control was not caught</strong>, so nothing in this run is proven: ${control.conviction}.`
  }</p>`
}

function matrix(results: Results): Html {
  const workloads = [...new Set(results.trials.map(({ workload }) => workload))]
  return scrolling(
    'Verdicts by strategy and workload',
    html`<table class="matrix"><thead><tr><th scope="col">Strategy</th>${workloads.map((name) => html`<th scope="col">${name}</th>`)}<th scope="col">Over all</th></tr></thead><tbody>${strategiesOf(
      results,
    ).map(
      (strategy) =>
        html`<tr><th scope="row"><code>${strategy}</code></th>${workloads.map((workload) => cellOf(results, strategy, workload))}${overall(results, strategy)}</tr>`,
    )}</tbody></table>`,
  )
}

function evidence(results: Results): Html {
  return html`<details class="all" id="evidence"><summary>The evidence, trial by trial</summary><p class="lead">The records of each trial, and the command that repeats it. The same seed gives the same requests; their timing depends on the machine.</p>${strategiesOf(results).map((strategy) => evidenceOf(results, strategy))}</details>`
}

function cellOf(results: Results, strategy: string, workload: string): Html {
  const trials = results.trials.filter((trial) => trial.strategy === strategy && trial.workload === workload)
  const [first] = trials
  if (first === undefined) {
    return html`<td class="none"><span aria-label="not run">–</span></td>`
  }
  const sum = (of: (trial: Trial) => number): number => trials.reduce((total, trial) => total + of(trial), 0)
  const invalid = trials.find(({ verdict }) => verdict === 'invalid')
  const spurious = sum(({ spuriousRefusals }) => spuriousRefusals)
  const undersold = spurious > 0 ? html`<small>undersold ${formatCount(spurious)}</small>` : undefined
  const href = invalid?.race === undefined ? idOf('trials', strategy, workload) : raceIdOf(invalid)
  if (invalid !== undefined) {
    const sold = sum(({ oversoldUnits }) => oversoldUnits)
    const held = sum(({ overReservedUnits }) => overReservedUnits)
    return html`<td class="bad"><a href="#${href}"><b>✗ convicted</b></a><small>oversold ${formatCount(sold)} (${formatCount(held)})</small>${undersold}</td>`
  }
  const unknown = trials.some(({ verdict }) => verdict === 'unknown')
  if (unknown || !results.control.caught) {
    return html`<td class="doubtful"><a href="#${href}"><b>? not proven</b></a>${undersold}</td>`
  }
  const { held, replayed } = {
    held: sum(({ counts }) => counts.held),
    replayed: sum(({ counts }) => counts.replayed),
  }
  const { fault } = results.settings
  const judged = html`<small>${counted(held + replayed, 'hold')} judged${fault === undefined ? '' : `, struck by ${fault.name}`}</small>`
  return isExposed(results, strategy)
    ? html`<td class="doubtful"><a href="#${href}"><b>${exposedMark(results)}</b></a>${judged}${undersold}</td>`
    : html`<td class="good"><a href="#${href}"><b>✓ valid</b></a>${judged}${undersold}</td>`
}

function overall(results: Results, strategy: string): Html {
  const standing = standingOf(results, strategy)
  switch (standing.kind) {
    case 'valid': {
      const words = html`${weightOf(results, strategy)}<small>${exposureWords(exposureOf(results, strategy))}</small>`
      return isExposed(results, strategy)
        ? html`<td class="doubtful"><b>${exposedMark(results)}</b>${words}</td>`
        : html`<td class="good"><b>✓ valid</b>${words}</td>`
    }
    case 'convicted':
      return html`<td class="bad"><b>✗ convicted</b><small>${standing.asPromised ? (results.settings.fault === undefined ? 'as declared' : 'as predicted') : 'against its promise'}</small>${weightOf(results, strategy)}</td>`
    case 'not-triggered':
      return html`<td class="doubtful"><b>not triggered</b><small>declared unsafe</small></td>`
    case 'not-proven':
      return html`<td class="doubtful"><b>? not proven</b></td>`
    default:
      return standing satisfies never
  }
}

/** Of a strategy that is not safe under every fault; one of them may have struck here, and harmed nobody. */
function exposedMark({ settings: { fault } }: Results): string {
  return fault === undefined ? '✓ without faults' : '✓ in this run'
}

/** What the verdict rests on: trials, holds that were judged, and interleavings. */
function weightOf(results: Results, strategy: string): Html {
  const own = results.trials.filter((trial) => trial.strategy === strategy)
  const holds = own.reduce((sum, { counts }) => sum + counts.held + counts.replayed, 0)
  const { length } = own
  return html`<small>${counted(length, 'trial')}, ${counted(holds, 'hold')} judged${schedulesOf(results, strategy)}</small>`
}

/** How many interleavings of it were explored, as the rest of a clause; empty if none. */
function schedulesOf({ explorations = [] }: Results, strategy: string): string {
  const own = explorations.filter((each) => each.strategy === strategy)
  const schedules = own.reduce((sum, each) => sum + each.schedules, 0)
  return schedules === 0 ? '' : `, ${counted(schedules, 'schedule')} explored`
}

/** Settings of engines that the run did not start itself, which limit what a verdict means. */
function caveats(results: Results): Html | undefined {
  const lines = caveatLines(results)
  if (lines.length === 0) return undefined
  return html`<div class="callout"><h3>Limits of every verdict</h3>${lines.map((line) => html`<p>${line}.</p>`)}</div>`
}

/** Prominent, with the command that fixes it: a missing engine must not be overlooked. */
function notProven({ notProven: absent }: Results): Html | undefined {
  if (absent.length === 0) return undefined
  const byWhy = [...Map.groupBy(absent, ({ why }) => why).entries()]
  return html`<div class="callout"><h3>Not proven</h3>${byWhy.map(
    ([why, all]) =>
      html`<p>${all.map(({ strategy }, at) => html`${at === 0 ? '' : ', '}<code>${strategy}</code>`)}: ${why}${inBrackets(all[0]?.code)}.${
        all[0] === undefined || all[0].remedy === '' ? undefined : html` To fix it: ${command(all[0].remedy)}`
      }</p>`,
  )}</div>`
}

function evidenceOf(results: Results, strategy: string): Html {
  const text = verdictLines(results).find((line) => line.strategy === strategy)?.text ?? ''
  const trials = results.trials.filter((trial) => trial.strategy === strategy)
  if (trials.length === 0)
    return html`<details class="evidence"><summary><code>${strategy}</code> <span>${text}</span></summary><p class="absent">No trial was finished.</p></details>`
  const byWorkload = [...Map.groupBy(trials, ({ workload }) => workload).entries()]
  const facts = results.strategies?.find(({ name }) => name === strategy)
  const promises = trials[0]?.promises
  return html`<details class="evidence"><summary><code>${strategy}</code> <span>${text}</span></summary>
<p class="quiet">${facts === undefined ? undefined : html`${facts.summary}. `}Promises: safe ${promises?.safe}${promises?.unsafeUnder.length === 0 ? '' : ` (not under ${promises?.unsafeUnder.join(', ')})`}; refusals ${promises?.refusals}; contention: ${promises?.contention}; expiry: ${promises?.expiry}; fairness: ${promises?.fairness}.</p>
${scrolling(
  `Trials of ${strategy}`,
  html`<table class="figures"><thead><tr>${['workload', 'callers', 'repeat', 'verdict', 'calls', 'held', 'sold out', 'contended', 'unknown', 'holds/s', 'p95 ms', 'seed'].map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>${byWorkload.map(
    ([workload, all]) =>
      html`<tbody id="${idOf('trials', strategy, workload)}">${all.map((trial) => trialRow(trial))}</tbody>`,
  )}</table>`,
)}${commandsOf(results, trials)}</details>`
}

function trialRow(trial: Trial): Html {
  const { counts } = trial
  const { criticalSectionMs: work } = trial
  const verdict =
    trial.verdict === 'invalid'
      ? 'convicted'
      : trial.verdict === 'unknown'
        ? `unknown: ${trial.verdictReasons[0] ?? ''}`
        : 'valid'
  return html`<tr><th scope="row">${trial.workload}${work > 0 ? `, ${work} ms in the critical section` : ''}</th>${[
    formatCount(trial.concurrency),
    formatCount(trial.repeat),
    [verdict, trial.storeNotRead, toldFault(trial)].filter(Boolean).join('; '),
    formatCount(callsIn(trial)),
    formatCount(counts.held),
    formatCount(counts.soldOut),
    formatCount(counts.contended),
    formatCount(counts.unknown),
    trial.verdict === 'valid' ? formatFigure(trial.goodputPerSecond) : '–',
    trial.verdict === 'valid' ? formatFigure(percentileOf(trial.latencyMs.hold, 'p95')) : '–',
    String(trial.seed),
  ].map((text) => html`<td>${text}</td>`)}</tr>`
}

function commandsOf(results: Results, trials: readonly Trial[]): Html | undefined {
  const [first] = trials
  if (first === undefined || first.load !== undefined) return undefined
  const files = trials.flatMap(({ historyFile }) => historyFile ?? [])
  return html`<p class="quiet">Again: ${command(replayOf(results, first.strategy))}</p>${files.length === 0 ? undefined : html`<p class="quiet">Kept histories: ${files.map((file) => html`${command(`npm run holdfast -- check ${quoted(file)}`)} `)}</p>`}`
}
