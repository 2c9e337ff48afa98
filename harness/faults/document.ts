/** The published table as Markdown: predictions, what was found, and what was not as predicted. */
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { EngineKind } from '../engines/engine.ts'
import { FAULT_OUTCOMES } from '../report/fault-outcomes.ts'
import { counted, formatSpan } from '../report/format.ts'
import { missedWords } from '../report/missed.ts'
import type { FaultCell } from '../results/faults.ts'
import type { Results } from '../results/results.ts'
import { boundOf, type Survival, survivals } from '../results/survives.ts'
import { whyMissed } from './explanations.ts'
import type { FaultKind } from './fault.ts'
import { predicted } from './predictions.ts'

const BEGIN = '<!-- faults -->'
const END = '<!-- /faults -->'

/** The document with its tables replaced. Throws if it has no place for them. */
export function withTables(document: string, tables: string): string {
  const [before, rest] = document.split(BEGIN)
  const [, after] = (rest ?? '').split(END)
  if (after === undefined) throw new Error(`the document has no place between ${BEGIN} and ${END}`)
  return `${before}${BEGIN}\n${tables}\n${END}${after}`
}

export function faultTables(
  results: Results,
  faults: readonly FaultKind[],
  entries: readonly StrategyEntry[],
  kinds: readonly EngineKind[],
): string {
  const cells = results.faults ?? []
  const all = survivals(cells)
  const missed = all.filter(({ asPredicted }) => !asPredicted)
  return [
    settingsOf(results, cells),
    ...faults.map((fault) => faultPart(fault, entries, kinds, all)),
    '### Not as predicted',
    missed.length === 0
      ? 'None.'
      : [
          '| fault | strategy | what differed | why |',
          '| --- | --- | --- | --- |',
          ...missed.map((each) => missedRow(cells, each)),
        ].join('\n'),
    '### Not proven',
    notProvenIn(results),
  ].join('\n\n')
}

function notProvenIn({ notProven }: Results): string {
  if (notProven.length === 0) return 'None.'
  return [...new Set(notProven.map(({ strategy, why }) => `- ${strategy}: ${why}`))].join('\n')
}

function settingsOf({ engines, machine, control, ...results }: Results, cells: readonly FaultCell[]): string {
  const seconds = cells.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0) / 1_000
  const lines = [
    ...engines.map(({ version, source, durability }) => `${version} (${source}, ${durability})`),
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, ${commitsTold(results, cells)}`,
    `The control was ${control.caught ? 'caught' : 'NOT CAUGHT'}`,
  ]
  return [...new Set(lines), `${cells.length} runs, ${formatSpan(seconds * 1_000)}`].join('\\\n')
}

/** The commits of the runs, the one with the most first, with how many are of each if they are several. */
function commitsTold({ commit = 'unknown' }: Pick<Results, 'commit'>, cells: readonly FaultCell[]): string {
  const runs = Map.groupBy(cells, (cell) => cell.commit ?? commit)
  const all = [...runs].toSorted(([, one], [, other]) => other.length - one.length)
  if (all.length < 2) return `commit ${all[0]?.[0] ?? commit}`
  return all.map(([each, { length }]) => `${counted(length, 'run')} of commit ${each}`).join(', ')
}

function faultPart(
  fault: FaultKind,
  entries: readonly StrategyEntry[],
  kinds: readonly EngineKind[],
  all: readonly Survival[],
): string {
  const rows = entries.flatMap((entry) => {
    const expected = predicted(fault, entry, kinds)
    if (expected.kind === 'not-applicable') return []
    const { outcome, service, reason } = expected.prediction
    const found = all.find((each) => each.fault === fault.name && each.strategy === entry.name)
    const prediction = [FAULT_OUTCOMES[outcome].text, service].filter(Boolean).join(', ')
    return [`| ${entry.name} | ${prediction}${reason === undefined ? '' : ` (${reason})`} | ${told(found)} |`]
  })
  return [
    `### ${fault.name}: ${fault.title}`,
    `${fault.does} It has struck if this was seen: ${fault.strikesIf}.`,
    ['| strategy | predicted | found |', '| --- | --- | --- |', ...rows].join('\n'),
  ].join('\n\n')
}

function told(found: Survival | undefined): string {
  if (found === undefined) return 'not run'
  const { outcome, service, runs, agreeing, recoveredMsMax, asPredicted, isOnlyPromised } = found
  const bound = boundOf(found)
  const parts = [
    `${FAULT_OUTCOMES[outcome].text}${isOnlyPromised ? ' in promises, no sale twice' : ''}`,
    service,
    backTold(recoveredMsMax),
    `${agreeing} of ${runs}${bound === '' ? '' : ` (other outcomes ${bound})`}`,
    asPredicted ? undefined : '**≠ not as predicted**',
  ]
  return parts.filter(Boolean).join(', ')
}

function backTold(recovered: Survival['recoveredMsMax']): string | undefined {
  if (recovered === 'not-asked') return undefined
  return recovered === 'never' ? 'not back' : `back in ${formatSpan(recovered)}`
}

function missedRow(cells: readonly FaultCell[], { fault, strategy }: Survival): string {
  const own = cells.filter((each) => each.fault === fault && each.strategy === strategy)
  return `| ${fault} | ${strategy} | ${missedWords(own)} | ${whyMissed(fault, strategy) ?? 'not explained yet'} |`
}
