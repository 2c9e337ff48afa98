/** The generated part of the README about the tour, a table of verdicts; a test keeps it up to date. */
import type { Results } from '../results/results.ts'
import type { Trial } from '../results/trial.ts'
import { sellOut } from '../workloads/sell-out.ts'
import { firstOffence } from './answer.ts'
import { settingsLines } from './caption.ts'
import { total } from './cells.ts'
import { engineTitle } from './engine-title.ts'
import { exposureOf, exposureWords, isExposed } from './exposure.ts'
import { counted, formatCount, listed } from './format.ts'
import { standingOf, strategiesOf } from './standing.ts'

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
  return rounded(slim)
}

/** The same results with fewer digits. */
export function rounded(results: Results): Results {
  return JSON.parse(JSON.stringify(results), (_key, value: unknown) =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(DIGITS)) : value,
  ) as Results
}

/** Markdown: the verdict of each strategy with its weight, by name. A tour is too short to rank anything. */
export function readmeSection(results: Results): string {
  const { explorations = [] } = results
  const rows = strategiesOf(results).map((name) => {
    const own = results.trials.filter(({ strategy }) => strategy === name)
    const holds = total(own, ({ counts }) => counts.held + counts.replayed)
    const schedules = total(
      explorations.filter(({ strategy }) => strategy === name),
      (each) => each.schedules,
    )
    return `| ${name} | ${verdict(results, name)} | ${faultsOf(results, name, own[0])} | ${durabilityOf(results, name)} | ${systemsOf(results, name)} | ${formatCount(holds)} | ${formatCount(schedules)} |`
  })
  return [
    BEGIN,
    '| strategy | verdict of the tour | under faults | durability | systems | holds judged | schedules explored |',
    '| --- | --- | --- | --- | --- | ---: | ---: |',
    ...rows,
    '',
    ...settingsLines(results).map((line) => `<sub>${line.replaceAll('<', '&lt;')}</sub><br>`),
    END,
  ].join('\n')
}

/** How the engines of a strategy acknowledged in this run. */
function durabilityOf(results: Results, name: string): string {
  const used = results.strategies?.find((each) => each.name === name)?.engines ?? []
  const found = results.engines.flatMap((each) => (used.includes(each.name) ? [each.durability] : []))
  return found.length === 0 ? '–' : [...new Set(found)].join(', ')
}

function systemsOf(results: Results, name: string): string {
  const used = results.strategies?.find((each) => each.name === name)?.engines ?? []
  return used.length === 0 ? '–' : listed(used.map((engine) => engineTitle(results, engine)))
}

/** As measured where it was, and else as promised; a strategy that oversells without any was not tried. */
function faultsOf(results: Results, name: string, trial: Trial | undefined): string {
  if (trial === undefined) return '–'
  return trial.promises.safe === 'never' ? 'unsafe' : exposureWords(exposureOf(results, name))
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
      return isExposed(results, name) ? 'valid, see faults' : 'valid'
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
