/** The section on faults; absent if none was inflicted. Each cell opens what it rests on. */
import type { FaultCell } from '../../results/faults.ts'
import type { Results } from '../../results/results.ts'
import { boundOf, type Survival } from '../../results/survives.ts'
import { type FaultFrame, type FaultGrid, foundIn, type GridCell, gridOf } from '../fault-grid.ts'
import {
  FAULT_OUTCOMES,
  lookOf,
  NOT_APPLICABLE,
  NOT_AS_PREDICTED,
  NOT_RUN,
  OUTCOME_LOOKS,
} from '../fault-outcomes.ts'
import { counted, formatFigure, formatSpan, quoted } from '../format.ts'
import { missedWords, shownRun } from '../missed.ts'
import { type Html, html, idOf } from './html.ts'
import { raceFigure } from './races.ts'
import { command, scrolling, section } from './section.ts'

/** `frame`: everything that could have been run; without it, what is not there is not told apart. */
export function faultsSection({ faults: cells = [] }: Results, frame?: FaultFrame): Html | undefined {
  if (cells.length === 0) return undefined
  const grid = gridOf(cells, frame)
  const all = foundIn(grid)
  const missed = all.filter(({ asPredicted }) => !asPredicted)
  return section(
    'faults',
    'What each survives',
    html`<p class="lead">Faults on real engines while buyers buy, each predicted first. ${missed.length === 0 ? 'All came out as predicted' : `${missed.length} of ${all.length} did not come out as predicted, and are marked ${NOT_AS_PREDICTED}`}. ${counted(cells.length, 'run')}; each cell opens its evidence, and the command that repeats it. Safe in n of n runs leaves room for another outcome, which is said there.</p>`,
    legend(frame !== undefined),
    scrolling('What each strategy survives', table(grid), 'grid'),
    missed.length === 0
      ? undefined
      : html`<h3>Not as predicted</h3><ul>${missed.map((each) => html`<li><a href="#${idFor(each)}"><code>${each.strategy}</code>, ${each.title}</a>: ${missedWords(runsOf(cells, each))}. ${explained(frame, each)}</li>`)}</ul>`,
    html`<h3>The evidence, fault by fault</h3>`,
    grid.rows.map((row) => {
      const own = row.cells.flatMap((cell) => (cell.kind === 'found' ? [cell.found] : []))
      if (own.length === 0) return undefined
      return html`<details class="all" id="${idOf('fault', row.fault)}"><summary>${row.title}</summary>${row.does === undefined ? undefined : html`<p class="lead">${row.does}</p>`}${own.map((each) => evidence(runsOf(cells, each), each, frame))}</details>`
    }),
  )
}

function legend(isWhole: boolean): Html {
  const marks = [
    ...OUTCOME_LOOKS.map(({ symbol, words, className }) => ({ symbol, words, className })),
    ...(isWhole ? [{ symbol: NOT_APPLICABLE, words: 'cannot happen to it', className: 'none' }] : []),
    { symbol: NOT_RUN, words: isWhole ? 'not run yet' : 'not run here, or cannot happen', className: 'none' },
    { symbol: NOT_AS_PREDICTED, words: 'not as predicted', className: 'none' },
  ]
  return html`<ul class="legend">${marks.map(({ symbol, words, className }) => html`<li><span class="${className}">${symbol}</span> ${words}</li>`)}</ul>`
}

function table({ strategies, rows }: FaultGrid): Html {
  return html`<table><thead><tr><th scope="col">fault</th>${strategies.map((name) => html`<th scope="col"><span>${name}</span></th>`)}</tr></thead><tbody>${rows.map(
    ({ title, cells }) =>
      html`<tr><th scope="row">${title}</th>${cells.map((cell, at) => cellOf(cell, strategies[at] ?? '', title))}</tr>`,
  )}</tbody></table>`
}

function cellOf(cell: GridCell, strategy: string, title: string): Html {
  if (cell.kind === 'not-run')
    return html`<td class="none" title="${strategy}, ${title}: not run"><span role="img" aria-label="not run">${NOT_RUN}</span></td>`
  if (cell.kind === 'not-applicable')
    return html`<td class="none" title="${strategy}, ${title}: ${cell.why}"><span role="img" aria-label="does not apply: ${cell.why}">${NOT_APPLICABLE}</span></td>`
  const { found } = cell
  const { symbol, words, className } = lookOf(found)
  const missed = found.asPredicted ? '' : NOT_AS_PREDICTED
  const told = [words, found.service, missed === '' ? undefined : 'not as predicted', weightOf(found)]
    .filter(Boolean)
    .join(', ')
  return html`<td class="${className}"><a href="#${idFor(found)}" title="${strategy}, ${title}: ${told}" aria-label="${strategy}, ${title}: ${told}">${symbol}${missed === '' ? undefined : html`<sup>${missed}</sup>`}</a></td>`
}

function idFor({ strategy, fault }: Survival): string {
  return idOf('fault', strategy, fault)
}

/** How many runs came out so, and what that leaves open. */
function weightOf(found: Survival): string {
  const { agreeing, runs } = found
  const bound = boundOf(found)
  return bound === '' ? `${agreeing} of ${runs}` : bound
}

function explained(frame: FaultFrame | undefined, { fault, strategy }: Survival): string {
  return frame?.whyMissed?.(fault, strategy) ?? 'Not explained yet.'
}

const LEFT_BEHIND_MAX = 3

function runsOf(cells: readonly FaultCell[], { fault, strategy }: Survival): readonly FaultCell[] {
  return cells.filter((each) => each.fault === fault && each.strategy === strategy)
}

/** What a cell rests on: one of its runs. */
function evidence(
  runs: readonly FaultCell[],
  found: Survival,
  frame: FaultFrame | undefined,
): Html | undefined {
  const shown = shownRun(runs)
  if (shown === undefined) return undefined
  const { text, className } = lookOf(found)
  const { predicted, seed, struck, goodputPerSecond: rate, leftBehind, historyFile, commit } = shown
  const expected = [FAULT_OUTCOMES[predicted.outcome].text, predicted.service].filter(Boolean).join(', ')
  const reasons = found.asPredicted
    ? ''
    : ` ${NOT_AS_PREDICTED} Not as predicted: ${missedWords(runs)}. ${explained(frame, found)}`
  const again = `npm run faults -- ${quoted(found.fault)} --strategy ${quoted(found.strategy)} --seed ${seed} --again`
  return html`<details class="race" id="${idFor(found)}"><summary><code>${found.strategy}</code> <span class="${className}">${text}</span></summary>
<p>Predicted: ${expected}${predicted.reason === undefined ? '' : ` (${predicted.reason})`}. Found: ${text}, ${weightOf(found)}${found.service === undefined ? '' : `; it ${found.service} while the fault lasts`}; ${backTold(found.recoveredMsMax)}.${reasons}</p>
<p class="quiet">Seed ${seed}: ${struck ?? 'not struck'}; ${formatFigure(rate.before)} holds per second before, ${formatFigure(rate.during)} during, ${formatFigure(rate.after)} after${leftBehind.length === 0 ? '' : `; left behind: ${leftBehind.slice(0, LEFT_BEHIND_MAX).join('; ')}`}.</p>
${raceOf(shown, idFor(found))}<p class="quiet">Run it again: ${command(again)}${commit === undefined ? undefined : html` (it is of commit ${commit})`}</p>${historyOf(historyFile)}</details>`
}

function backTold(recovered: Survival['recoveredMsMax']): string {
  if (recovered === 'not-asked') return 'whether goodput came back was not asked'
  return recovered === 'never'
    ? 'not back as before within its limit'
    : `back as before in ${formatSpan(recovered)} at most`
}

function historyOf(file: string | undefined): Html | undefined {
  return file === undefined
    ? undefined
    : html`<p class="quiet">Judge its history again: ${command(`npm run holdfast -- check ${quoted(file)}`)}</p>`
}

function raceOf({ race, conviction }: FaultCell, id: string): Html | undefined {
  if (race !== undefined)
    return html`<p>${race.message}</p>${scrolling('The race', raceFigure(race, idOf('race', id)))}`
  return conviction === undefined
    ? undefined
    : scrolling('The conviction as text', html`<pre>${firstPart(conviction)}</pre>`)
}

/** A conviction may name hundreds of seats: the first is enough. */
const LINES_MAX = 24

function firstPart(text: string): string {
  const lines = text.split('\n')
  return lines.length > LINES_MAX ? `${lines.slice(0, LINES_MAX).join('\n')}\n…` : text
}
