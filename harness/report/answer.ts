/** The result of a run in a few sentences. */
import type { Results } from '../results/results.ts'
import { survivals } from '../results/survives.ts'
import { exposureOf, exposureWords, isExposed } from './exposure.ts'
import { counted, inBrackets, listed } from './format.ts'
import { standingOf, strategiesOf, validStrategiesOf } from './standing.ts'

/** The heading, the first violation, and its timeline. */
const FIRST_PARAGRAPHS = 3

/** One line per strategy with its result. */
export function verdictLines(
  results: Results,
): readonly { readonly strategy: string; readonly text: string }[] {
  return strategiesOf(results).map((strategy) => ({ strategy, text: verdictText(results, strategy) }))
}

/** Settings of the engines that limit what a verdict means; printed with the verdicts. */
export function caveatLines({ engines }: Results): readonly string[] {
  return engines.flatMap(({ name, caveats = [] }) => caveats.map((caveat) => `${name}: ${caveat}`))
}

function verdictText(results: Results, strategy: string): string {
  const standing = standingOf(results, strategy)
  switch (standing.kind) {
    case 'valid': {
      const { fault } = results.settings
      const isOne = standing.trials === 1
      const struck =
        fault === undefined ? '' : isOne ? `, struck by ${fault.name}` : `, each struck by ${fault.name}`
      const safe = isExposed(results, strategy) ? 'valid, not safe under faults,' : 'valid'
      const where = isOne ? 'in its only trial' : `in all of its ${counted(standing.trials, 'trial')}`
      return `${safe} ${where}${struck}; ${exposureWords(exposureOf(results, strategy))}`
    }
    case 'convicted': {
      const where = `CONVICTED on ${listed(standing.workloads)}`
      const { fault } = results.settings
      const promise = !standing.asPromised
        ? 'although it promised to be safe'
        : fault === undefined
          ? 'as expected: it is declared unsafe'
          : `as predicted of ${fault.name}`
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

/** The extent of an oversell: hard, soft, or neither if another rule was broken. */
function damage(of: { readonly oversoldUnits: number; readonly overReservedUnits: number }): string {
  if (of.oversoldUnits > 0) return `${counted(of.oversoldUnits, 'unit')} sold beyond capacity`
  if (of.overReservedUnits > 0) return `${counted(of.overReservedUnits, 'unit')} held by two buyers at once`
  return 'it broke another rule than the unit count'
}

/**
 * The beginning of a conviction: its heading, the first violation and its timeline. A run of the control
 * contains dozens of violations; `holdfast check` on the saved history prints all of them.
 */
export function firstOffence(conviction: string): string {
  return conviction.trimEnd().split('\n\n').slice(0, FIRST_PARAGRAPHS).join('\n\n')
}

/** What a run of explorations alone has shown; undefined for a run with trials, or without either. */
function exploredWords({ trials, explorations = [] }: Results): string | undefined {
  if (trials.length > 0 || explorations.length === 0) return undefined
  const proved = explorations.filter(({ outcome }) => outcome === 'proved').length
  const violated = new Set(
    explorations.flatMap(({ strategy, outcome }) => (outcome === 'violated' ? [strategy] : [])),
  )
  const found = violated.size === 0 ? '' : `, and found races of ${listed([...violated])}`
  return `${proved} of ${counted(explorations.length, 'exploration')} proved within scope${found}`
}

/** All that is said of a run of which no trial, exploration or cell of faults was finished. */
export const NOTHING_FINISHED = 'Nothing was finished, and nothing is known'

export function isNothingFinished({ trials, explorations = [], faults = [] }: Results): boolean {
  return trials.length === 0 && explorations.length === 0 && faults.length === 0
}

/** What a run of faults alone has shown; undefined for a run with trials, or without faults. */
function faultWords({ trials, faults = [] }: Results): string | undefined {
  if (trials.length > 0 || faults.length === 0) return undefined
  const cells = survivals(faults)
  const missed = cells.filter(({ asPredicted }) => !asPredicted).length
  const all = `${counted(cells.length, 'cell')} of faults`
  return missed === 0 ? `${all}, all as predicted` : `${missed} of ${all} not as predicted`
}

/** What a run without trials has shown; undefined for a run with trials. */
export function wordsWithoutTrials(results: Results): string | undefined {
  return isNothingFinished(results) ? NOTHING_FINISHED : (exploredWords(results) ?? faultWords(results))
}

export function answer(results: Results): string {
  if (isNothingFinished(results)) return `${NOTHING_FINISHED}.`
  const words = wordsWithoutTrials(results)
  if (words !== undefined && results.control.caught) return `${words}.`
  const sentences: string[] = []
  const { control } = results
  if (!control.caught) {
    sentences.push(`This run proves nothing: ${control.conviction}.`)
  } else {
    const valid = validStrategiesOf(results)
    const { fault } = results.settings
    if (valid.length > 0)
      sentences.push(
        fault === undefined
          ? `${listed(valid)} sold nothing twice in this run.`
          : `${listed(valid)} sold nothing twice although ${fault.name} struck in every trial.`,
      )
    const exposed = valid.filter((name) => isExposed(results, name))
    if (exposed.length > 0)
      sentences.push(
        `${fault === undefined ? 'Nothing failed in it' : 'Nothing else failed in it'}: ${listed(exposed)} may still sell twice under ${fault === undefined ? 'faults' : 'other faults'}.`,
      )
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
