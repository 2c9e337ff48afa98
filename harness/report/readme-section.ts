/** The generated part of the README, a table and a chart of one run; a test keeps it up to date. */
import type { Results } from '../results/results.ts'
import type { Trial } from '../results/trial.ts'
import { hotSeat } from '../workloads/hot-seat.ts'
import { sellOut } from '../workloads/sell-out.ts'
import { firstOffence } from './answer.ts'
import { settingsLines } from './caption.ts'
import { type Cell, groupsOf, mostContested } from './cells.ts'
import { counted, formatFigure } from './format.ts'
import { standingOf, strategiesOf, validStrategiesOf } from './standing.ts'

export const CHART_ID = 'goodput'
const BEGIN = '<!-- results -->'
const END = '<!-- /results -->'
/** Beyond this, digits of a double are noise. */
const DIGITS = 6

/** Results small enough for a repository: no histories, shortened convictions, rounded figures. */
export function reference(results: Results): Results {
  const shortened = <T extends { readonly conviction?: string; readonly historyFile?: string }>({
    historyFile: _,
    ...rest
  }: T): Omit<T, 'historyFile'> & Pick<T, 'conviction'> =>
    rest.conviction === undefined ? rest : { ...rest, conviction: firstOffence(rest.conviction) }
  const trial = ({ timeline, ...rest }: Trial): Trial => ({
    ...shortened(rest),
    violations: rest.violations.slice(0, 1),
    ...(timeline !== undefined && rest.workload === sellOut.name && { timeline }),
  })
  const slim: Results = {
    ...results,
    // Output folders of the machine that ran it.
    command: results.command.replace(/ --(?:out|report)[ =](?:'[^']*'|\S+)/g, ''),
    control: shortened(results.control),
    trials: results.trials.map(trial),
  }
  return JSON.parse(JSON.stringify(slim), (_key, value: unknown) =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(DIGITS)) : value,
  ) as Results
}

/** Markdown: the verdict of each strategy, and its goodput and waits on one hot seat and through sell-out. */
export function readmeSection(results: Results): string {
  const names = strategiesOf(results)
  const valid = validStrategiesOf(results)
  const groups = groupsOf(results).filter(
    ({ criticalSectionMs }) => criticalSectionMs === results.settings.criticalSectionMs,
  )
  const level = (workload: string) =>
    mostContested(
      groups.filter((group) => group.workload === workload),
      valid,
    )
  const seat = level(hotSeat.name)
  const pool = level(sellOut.name)
  const of = (group: typeof seat, name: string): Cell | undefined =>
    valid.includes(name) ? group?.cells.find(({ strategy }) => strategy === name) : undefined
  const goodput = (cell: Cell | undefined): string =>
    cell === undefined ? '–' : formatFigure(cell.goodputPerSecond.median)
  const wait = (cell: Cell | undefined): string => formatFigure(cell?.holdMs.p95)
  const rank = (name: string): number => of(pool, name)?.goodputPerSecond.median ?? -1
  const rows = names
    .toSorted((one, other) => rank(other) - rank(one))
    .map((name) => {
      const [onSeat, inPool] = [of(seat, name), of(pool, name)]
      return `| ${name} | ${verdict(results, name)} | ${goodput(onSeat)} | ${wait(onSeat)} | ${goodput(inPool)} | ${wait(inPool)} |`
    })
  const where = (group: typeof seat, workload: string): string =>
    group === undefined ? workload : `${workload}, ${counted(group.concurrency, 'caller')}`
  return [
    BEGIN,
    `| strategy | verdict | ${where(seat, hotSeat.name)}: holds/s | p95 ms | ${where(pool, sellOut.name)}: holds/s | p95 ms |`,
    '| --- | --- | ---: | ---: | ---: | ---: |',
    ...rows,
    '',
    `![Goodput against callers, by family of strategies](docs/results/${CHART_ID}.svg)`,
    '',
    ...settingsLines(results).map((line) => `<sub>${line.replaceAll('<', '&lt;')}</sub><br>`),
    END,
  ].join('\n')
}

/** The README with its section replaced. Throws if the markers are missing. */
export function withSection(readme: string, section: string): string {
  const from = readme.indexOf(BEGIN)
  const until = readme.indexOf(END)
  if (from === -1 || until < from) throw new Error(`the README has no place between ${BEGIN} and ${END}`)
  return readme.slice(0, from) + section + readme.slice(until + END.length)
}

function verdict(results: Results, name: string): string {
  const standing = standingOf(results, name)
  switch (standing.kind) {
    case 'valid':
      return 'valid'
    case 'convicted':
      return `**convicted**, ${standing.oversoldUnits > 0 ? `${counted(standing.oversoldUnits, 'unit')} oversold` : `${counted(standing.overReservedUnits, 'unit')} promised twice`}`
    case 'not-triggered':
      return 'not triggered'
    case 'not-proven':
      return 'not proven'
    default:
      return standing satisfies never
  }
}
