/** A page for each strategy: its header, its drawings, and what was measured, explored and tried on it. */
import { figureKinds } from '../../experiments/figures.ts'
import { basisOf, told } from '../../experiments/say.ts'
import type { Studied } from '../../experiments/studied.ts'
import { exampleDiagrams } from '../../harness/explore/example-diagrams.ts'
import { parseSchedule } from '../../harness/explore/schedule.ts'
import type { FaultGrid, GridCell } from '../../harness/report/fault-grid.ts'
import { lookOf } from '../../harness/report/fault-outcomes.ts'
import { formatCount, formatFigure, listed } from '../../harness/report/format.ts'
import type { Results } from '../../harness/results/results.ts'
import { boundOf } from '../../harness/results/survives.ts'
import type { StrategyEntry } from '../../strategies/registry.ts'
import { headerOf } from './header.ts'
import { pageOf, type SitePage, tableOf } from './page.ts'

/** Everything that pages of strategies are made of. */
export interface Published {
  readonly studied: readonly Studied[]
  readonly grid: FaultGrid
  readonly reference: Results
}

/** Throws if something that every page has is missing. */
export function strategyPage(entry: StrategyEntry, source: string, published: Published): SitePage {
  const [technique, ...parts] = headerOf(entry.name, source)
  return pageOf(`strategies/${entry.name}.md`, entry.name, [
    `# ${entry.name}`,
    '',
    technique?.text ?? '',
    '',
    ...promisesOf(entry),
    '',
    ...parts.flatMap(({ title, text }) => [`## ${title}`, '', text, '']),
    ...drawingsOf(entry),
    '## Figures',
    '',
    ...figuresOf(entry, published.studied),
    '',
    '## Faults',
    '',
    ...faultsOf(entry, published.grid),
    '',
    '## Every interleaving',
    '',
    ...explorationsOf(entry, published.reference),
    '',
    '## The whole file',
    '',
    `::: details strategies/${entry.name}.ts`,
    '````ts',
    source.trimEnd(),
    '````',
    ':::',
  ])
}

function promisesOf({ engines, ledger, promises, summary }: StrategyEntry): readonly string[] {
  const { safe, unsafeUnder } = promises
  return tableOf(
    ['it promises', ''],
    [
      ['in a few words', summary],
      ['systems', engines.join(', ')],
      ['ledger', ledger === undefined ? 'none' : `${ledger.name}: ${ledger.summary}`],
      ['safe', safe === 'without-faults' ? `unless ${listed(unsafeUnder)}` : safe],
      ['refusals', promises.refusals],
      ['under contention', promises.contention],
      ['expiry', promises.expiry],
      ['deadlines by the clock of', promises.clock],
      ['fairness', promises.fairness],
    ],
  )
}

function drawingsOf({ name }: StrategyEntry): readonly string[] {
  const own = exampleDiagrams.filter(({ schedule }) => parseSchedule(schedule).strategy === name)
  if (own.length === 0) return []
  return [
    '## Drawn',
    '',
    'Recordings of the real engines, not sketches.',
    '',
    ...own.flatMap((each) => [`![${each.title}](../pictures/${each.name}.svg)`, '']),
  ]
}

function figuresOf({ name }: StrategyEntry, studied: readonly Studied[]): readonly string[] {
  const asked = studied.filter(({ data }) => data.conditions.some(({ strategy }) => strategy === name))
  const measured = asked.filter(({ data }) => conditionsOf(name, { data }) === 1)
  const rows = measured.flatMap(({ experiment, data }) =>
    experiment.figures.map((figure) => {
      const found = data.figure(figure, { strategy: name })
      const { title } = figureKinds[figure]
      const question = `[${experiment.question}](../study.md#${anchorOf(experiment.question)})`
      if (found === undefined) return [question, title, '–', '–', '–']
      const { low, high } = found.interval
      return [question, title, told(found), `${formatFigure(low)} to ${formatFigure(high)}`, basisOf(found)]
    }),
  )
  const others = asked.filter(({ data }) => conditionsOf(name, { data }) > 1)
  return [
    ...(rows.length === 0
      ? ['No question of the published study measures it under one condition alone.']
      : [
          'Of the [published study](../study.md), which says the conditions; a dash is what the samples do not carry, or what was not found valid in that run.',
          '',
          ...tableOf(['question', 'figure', 'median', '95 % interval', 'basis'], rows),
        ]),
    '',
    ...(others.length === 0
      ? []
      : [
          'It is also measured, under several conditions, in:',
          '',
          ...others.map(
            ({ experiment: { question } }) => `- [${question}](../study.md#${anchorOf(question)})`,
          ),
        ]),
  ]
}

function conditionsOf(name: string, { data }: Pick<Studied, 'data'>): number {
  return data.conditions.filter(({ strategy }) => strategy === name).length
}

/** As the site's renderer makes anchors of headings. */
export function anchorOf(heading: string): string {
  return heading
    .normalize('NFKD')
    .replaceAll(/[\u0300-\u036F]/g, '')
    .replaceAll(/[\s~`!@#$%^&*()\-_+=[\]{}|\\;:"'“”‘’<>,.?/]+/g, '-')
    .replaceAll(/-{2,}/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .replace(/^(\d)/, '_$1')
    .toLowerCase()
}

function faultsOf({ name, promises }: StrategyEntry, { strategies, rows }: FaultGrid): readonly string[] {
  const at = strategies.indexOf(name)
  if (promises.safe === 'never' || at === -1)
    return ['It oversells without any fault, so none is tried on it.']
  return [
    'What it does while something breaks, as [predicted and measured](../faults.md).',
    '',
    ...tableOf(
      ['fault', 'outcome', 'as predicted', 'buyers', 'runs'],
      // What was tried comes first.
      rows
        .toSorted((one, other) => rank(one.cells[at]) - rank(other.cells[at]))
        .map(({ title, cells }) => [title, ...faultCells(cells[at])]),
    ),
  ]
}

function rank(cell: GridCell | undefined): number {
  return ['found', 'not-run', 'not-applicable'].indexOf(cell?.kind ?? 'not-run')
}

function faultCells(cell: GridCell | undefined): readonly string[] {
  if (cell === undefined || cell.kind === 'not-run') return ['· not run', '–', '–', '–']
  if (cell.kind === 'not-applicable') return [`– cannot happen: ${cell.why}`, '–', '–', '–']
  const { found } = cell
  const bound = boundOf(found)
  const runs = `${found.agreeing} of ${found.runs}${bound === '' ? '' : ` (${bound})`}`
  return [lookOf(found).text, found.asPredicted ? 'yes' : 'no', found.service ?? '–', runs]
}

function explorationsOf({ name }: StrategyEntry, { explorations = [] }: Results): readonly string[] {
  const own = explorations.filter(({ strategy }) => strategy === name)
  if (own.length === 0) return ['Not explored in the published run.']
  return tableOf(
    ['scenario', 'clients', 'outcome', 'schedules', 'shortest that goes wrong'],
    own.map(({ scenario, clients, outcome, schedules, schedule }) => [
      scenario,
      String(clients),
      outcome,
      formatCount(schedules),
      schedule === undefined ? '–' : `\`holdfast replay ${schedule}\``,
    ]),
  )
}
