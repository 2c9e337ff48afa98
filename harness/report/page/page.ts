/** The report: one self-contained page, as a function of results. The same results give the same bytes. */
import { type Merged, merged, type NamedResults } from '../../results/merge.ts'
import { answer, isNothingFinished, NOTHING_FINISHED, wordsWithoutTrials } from '../answer.ts'
import { settingsLines } from '../caption.ts'
import { type Charts, chartsOf } from '../charts/charts.ts'
import { RACE_COLOURS } from '../charts/race.ts'
import { counted } from '../format.ts'
import { standingOf, strategiesOf } from '../standing.ts'
import { chartsSection } from './charts.ts'
import { documentOf } from './document.ts'
import { explorationsSection } from './explorations.ts'
import { faultsSection } from './faults.ts'
import { type Html, html } from './html.ts'
import { racesSection } from './races.ts'
import { runsSection } from './runs.ts'
import { SCRIPT } from './script.ts'
import { settingsSection } from './settings.ts'
import { styleSheet } from './style.ts'
import { verdictSection } from './verdicts.ts'

export interface RenderedReport {
  /** A whole HTML document. */
  readonly html: string
  readonly merged: Merged
  /** The same charts as in the page. */
  readonly charts: Charts
}

export function renderReport(runs: readonly [NamedResults, ...NamedResults[]]): RenderedReport {
  const all = merged(runs)
  const charts = chartsOf(all.results)
  return { html: page(all, charts), merged: all, charts }
}

function page(all: Merged, charts: Charts): string {
  const { results } = all
  const style = styleSheet([...charts.data.styles.map(({ colour }) => colour), ...RACE_COLOURS])
  const sections: readonly (readonly [id: string, title: string, content: Html | undefined])[] = [
    ['runs', 'Runs', runsSection(all)],
    ['verdicts', 'Verdicts', verdictSection(results)],
    ['charts', 'What it costs', results.trials.length === 0 ? undefined : chartsSection(results, charts)],
    ['races', 'Races', isNothingFinished(results) ? undefined : racesSection(results)],
    ['proofs', 'Every interleaving', explorationsSection(results)],
    ['faults', 'What each survives', faultsSection(results)],
    ['settings', 'Settings', settingsSection(results)],
  ]
  const shown = sections.filter(([, , content]) => content !== undefined)
  return documentOf({
    title: titleOf(all),
    style,
    script: SCRIPT,
    body: html`<header>
<div class="brand"><span><b>Holdfast</b> · how to sell a seat once</span><button id="theme" type="button" hidden>Dark theme</button></div>
<h1>${titleOf(all)}</h1>
<p class="answer">${answer(results)}</p>
${settingsLines(results).map((line) => html`<p class="meta">${line}</p>`)}
</header>
<nav aria-label="Sections"><ul>${shown.map(([id, title]) => html`<li><a href="#${id}">${title}</a></li>`)}</ul></nav>
<main>
${shown.map(([, , content]) => content)}
</main>
<footer><p>Written by Holdfast from results of ${results.finishedAt}. The page needs no network and no other file.</p></footer>`,
  })
}

function titleOf({ results }: Merged): string {
  const all = strategiesOf(results)
  const standings = all.map((name) => standingOf(results, name))
  const broken = standings.filter((each) => each.kind === 'convicted' && !each.asPromised).length
  const unproven = standings.filter(({ kind }) => kind === 'not-proven').length
  if (isNothingFinished(results)) return NOTHING_FINISHED
  if (!results.control.caught) return 'This run proves nothing'
  const words = wordsWithoutTrials(results)
  if (words !== undefined) return words
  const valid = standings.filter(({ kind }) => kind === 'valid').length
  const of = all.length === 1 ? '1 strategy' : `${all.length} strategies`
  const parts = [
    `${valid === all.length ? 'All of' : valid} ${valid === all.length ? of : `of ${of}`} sold nothing twice`,
  ]
  if (broken > 0) parts.push(`${counted(broken, 'promise')} broken`)
  if (unproven > 0) parts.push(`${unproven} not proven`)
  return parts.join(', ').replace(/^All of 1 strategy/, 'The one strategy')
}
