/** The run in a few sentences, drawn from its figures and nothing else. */

import type { Results } from '../results/results.ts'
import { counted, formatFigure, inBrackets, listed } from './format.ts'
import { type Cell, type Group, groupsOf, standingOf, strategiesOf } from './standing.ts'

/** Head, sentence, drawing. */
const OFFENCE_PARAGRAPHS = 3

/** One line per strategy: how it stands. */
export function verdictLines(
  results: Results,
): readonly { readonly strategy: string; readonly text: string }[] {
  return strategiesOf(results).map((strategy) => ({ strategy, text: verdictText(results, strategy) }))
}

/** What belongs beside every verdict: how the engines were not as an experiment would have them. */
export function caveatLines({ engines }: Results): readonly string[] {
  return engines.flatMap(({ name, caveats = [] }) => caveats.map((caveat) => `${name}: ${caveat}`))
}

function verdictText(results: Results, strategy: string): string {
  const standing = standingOf(results, strategy)
  switch (standing.kind) {
    case 'valid':
      return `valid in all of its ${counted(standing.trials, 'trial')}`
    case 'convicted': {
      const where = `CONVICTED on ${listed(standing.workloads)}`
      const promise = standing.asPromised
        ? 'as expected: it is declared unsafe'
        : 'although it promised to be safe'
      return `${where}: ${damage(standing)}; ${promise}`
    }
    case 'not-triggered':
      return 'declared unsafe, and not triggered in this run; not charted'
    case 'not-proven':
      return `NOT PROVEN: ${standing.why}${inBrackets(standing.code)}`
    default:
      return standing satisfies never
  }
}

/** What the oversell came to: hard, soft, or neither where another rule was broken. */
function damage(of: { readonly oversoldUnits: number; readonly overReservedUnits: number }): string {
  if (of.oversoldUnits > 0) return `${counted(of.oversoldUnits, 'unit')} sold beyond capacity`
  if (of.overReservedUnits > 0) return `${counted(of.overReservedUnits, 'unit')} held by two buyers at once`
  return 'it broke another rule than the unit count'
}

/**
 * The beginning of a conviction: its head, the first violation and its drawing. A run convicts the control
 * dozens of times over; who wants to see all of it judges the saved history again.
 */
export function firstOffence(conviction: string): string {
  return conviction.trimEnd().split('\n\n').slice(0, OFFENCE_PARAGRAPHS).join('\n\n')
}

export function answer(results: Results): string {
  const sentences: string[] = []
  const { control } = results
  if (!control.caught) {
    sentences.push(`This run proves nothing: ${control.conviction}.`)
  } else {
    const valid = strategiesOf(results).filter((name) => standingOf(results, name).kind === 'valid')
    const winners = ['hot-seat', 'sell-out']
      .map((workload) => winnerSentence(results, workload, valid))
      .filter((sentence) => sentence !== undefined)
    if (winners.length === 0 && valid.length > 0)
      sentences.push(`${listed(valid)} kept every promise in this run.`)
    sentences.push(...winners)
    if (valid.length === 0) sentences.push('No strategy of this run was found valid, so none is compared.')
    sentences.push(`The control, ${control.strategy}, was caught on ${control.workload}: ${damage(control)}.`)
  }
  const broken = strategiesOf(results).filter((name) => {
    const standing = standingOf(results, name)
    return standing.kind === 'convicted' && !standing.asPromised
  })
  if (broken.length > 0)
    sentences.unshift(`${listed(broken)} broke ${broken.length === 1 ? 'its' : 'their'} promise.`)
  if (results.interrupted)
    sentences.unshift('This run was stopped early; the figures cover only finished trials.')
  return sentences.join(' ')
}

/** Where most of these strategies met; of several such numbers of callers, the highest. */
export function mostContested(levels: readonly Group[], strategies: readonly string[]): Group | undefined {
  const met = ({ cells }: Group): number => cells.filter((cell) => strategies.includes(cell.strategy)).length
  const most = Math.max(0, ...levels.map(met))
  return most === 0 ? undefined : levels.findLast((level) => met(level) === most)
}

/** Who was fastest on a workload at its most contended; those whose ranges overlap are not told apart. */
function winnerSentence(results: Results, workload: string, valid: readonly string[]): string | undefined {
  const levels: readonly Group[] = groupsOf(results).filter(
    (group) => group.workload === workload && group.criticalSectionMs === results.settings.criticalSectionMs,
  )
  const group = mostContested(levels, valid)
  if (group === undefined) return undefined
  const ranked = group.cells
    .filter((cell) => valid.includes(cell.strategy))
    .sort((a, b) => b.goodputPerSecond.median - a.goodputPerSecond.median)
  const [first, ...others] = ranked
  if (first === undefined) return undefined
  const where = `On ${workload} with ${counted(group.concurrency, 'caller')}`
  const figures = `${rate(first)}, p95 ${formatFigure(first.holdMs.p95)} ms`
  const level = others.filter(
    (cell) => cell.repeats > 1 && cell.goodputPerSecond.max >= first.goodputPerSecond.min,
  )
  if (others.length === 0) return `${where}, ${first.strategy} granted ${figures}.`
  if (level.length === others.length) {
    return `${where}, the ${ranked.length} valid strategies had overlapping ranges; ${first.strategy} granted ${figures}.`
  }
  const tie = level.length === 0 ? '' : `, within the range of ${listed(level.map((cell) => cell.strategy))}`
  const last = others.at(-1)
  const compared = last === undefined ? '' : `; the slowest, ${last.strategy}, ${rate(last)}`
  const fastest = level.length === 0 ? 'was the fastest valid strategy' : 'had the highest median'
  return `${where}, ${first.strategy} ${fastest}${tie}: ${figures}${compared}.`
}

function rate(cell: Cell): string {
  return `${formatFigure(cell.goodputPerSecond.median)} holds/s`
}
