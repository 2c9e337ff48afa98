/** The section on races: for each conviction, the calls over time and the moment of the violation. */
import type { Race } from '../../checker/race.ts'
import type { Results } from '../../results/results.ts'
import type { Trial } from '../../results/trial.ts'
import { firstOffence } from '../answer.ts'
import { racePanel } from '../charts/race.ts'
import { themed } from '../charts/theme.ts'
import { counted, quoted } from '../format.ts'
import { convictionsOf } from '../standing.ts'
import { replayOf } from './again.ts'
import { type Html, html, idOf, trusted } from './html.ts'
import { command, scrolling, section } from './section.ts'

export const CONTROL_RACE = 'race-control'

export function raceIdOf({
  strategy,
  workload,
  concurrency,
}: Pick<Trial, 'strategy' | 'workload' | 'concurrency'>): string {
  return idOf('race', strategy, workload, concurrency)
}

export function racesSection(results: Results): Html {
  const { control } = results
  const convictions = convictionsOf(results)
  const shown = firstOfEach(convictions)
  const ofControl = results.trials.filter(
    (trial) => trial.verdict === 'invalid' && !convictions.includes(trial),
  )
  const article = (trial: Trial, open: boolean) =>
    raceArticle({
      id: raceIdOf(trial),
      title: html`<code>${trial.strategy}</code> on ${trial.workload} with ${counted(trial.concurrency, 'caller')}${trial.asPromised ? '' : ', against its promise'}`,
      race: trial.race,
      text: trial.conviction ?? '',
      historyFile: trial.historyFile,
      again: replayOf(results, trial.strategy, trial),
      open,
    })
  return section(
    'races',
    'The races',
    html`<p class="lead">How each conviction came about. A bar is a call, from request to answer; a solid bar is the time during which the answers prove that a hold had its units. Where solid bars overlap beyond the capacity, units were promised or sold twice.</p>`,
    shown.map((trial, at) => article(trial, at < OPEN_MAX)),
    control.caught
      ? raceArticle({
          id: CONTROL_RACE,
          title: html`The control, <code>${control.strategy}</code>, on ${control.workload}`,
          race: control.race,
          text: control.conviction,
          historyFile: control.historyFile,
          open: true,
        })
      : undefined,
    firstOfEach(ofControl).map((trial) => article(trial, false)),
    !control.caught && shown.length === 0 && ofControl.length === 0
      ? html`<p class="absent">No strategy was convicted in this run.</p>`
      : undefined,
  )
}

/** At most this many of the convictions that come before the control's are expanded. */
const OPEN_MAX = 5

/** One per strategy, workload and number of callers. */
function firstOfEach(trials: readonly Trial[]): readonly Trial[] {
  return [...Map.groupBy(trials, raceIdOf).values()].flatMap((all) => all.slice(0, 1))
}

function raceArticle(of: {
  readonly id: string
  readonly title: Html
  readonly race: Race | undefined
  readonly text: string
  readonly historyFile: string | undefined
  readonly again?: string
  readonly open: boolean
}): Html {
  const { race } = of
  const check =
    of.historyFile === undefined ? undefined : `npm run holdfast -- check ${quoted(of.historyFile)}`
  return html`<details class="race" id="${of.id}"${of.open ? trusted(' open') : undefined}><summary>${of.title}</summary>
${race === undefined ? scrolling('The conviction as text', html`<pre>${firstOffence(of.text)}</pre>`) : html`<p>${race.message}</p>${scrolling('The race', raceFigure(race, of.id))}`}
${check === undefined ? undefined : html`<p class="quiet">Check the whole history again: ${command(check)}</p>`}${of.again === undefined ? undefined : html`<p class="quiet">Run the same requests again: ${command(of.again)}</p>`}</details>`
}

export function raceFigure(race: Race, id: string): Html {
  const { width, height, body } = racePanel(race)
  return html`<svg class="timeline" role="img" aria-labelledby="${id}-title" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"><title id="${id}-title">${race.message}</title>${trusted(themed(body))}</svg>`
}
