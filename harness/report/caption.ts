/** Captions of charts: the settings that every figure depends on, and which strategies are missing. */
import type { Results } from '../results/results.ts'
import { counted, formatSpan } from './format.ts'
import { networkLine } from './network.ts'
import { RANKED_MIN } from './ranking.ts'
import { standingOf, strategiesOf } from './standing.ts'

export function settingsLines(results: Results): readonly string[] {
  const { machine, settings } = results
  const engines = results.engines.map(
    (engine) => `${engine.version} (${engine.source}, ${engine.durability})`,
  )
  const work =
    settings.criticalSectionMs > 0 ? `, ${settings.criticalSectionMs} ms in the critical section` : ''
  const network = networkLine(results)
  return [
    `${engines.length === 0 ? 'no engine' : engines.join(', ')} · pool of ${settings.poolSize}${work} · ${settings.repeats === 1 ? 'once' : `up to ${settings.repeats} repeats`}, up to ${formatSpan(settings.durationMs)} each after ${settings.warmupMs} ms of warm-up · seed ${results.seed}${network === undefined ? '' : ` · ${network}`}${settings.fault === undefined ? '' : ` · each trial struck by ${settings.fault.name}`}`,
    `${machine.cpu}, ${counted(machine.cores, 'core')}, ${machine.memoryGib} GiB · ${machine.os} · Node ${machine.node} · ${results.commit === undefined ? 'no commit' : `commit ${results.commit}`} · ${results.startedAt}${results.interrupted ? ' · ended early' : ''}`,
  ]
}

/** The strategies missing in the chart, and why; empty if there are none. */
export function notCharted(results: Results): readonly string[] {
  const excluded = strategiesOf(results).filter((name) => standingOf(results, name).kind !== 'valid')
  if (excluded.length === 0) return []
  return [`Not charted: ${excluded.map((name) => `${name} (${reasonOf(results, name)})`).join(', ')}`]
}

function reasonOf(results: Results, strategy: string): string {
  const standing = standingOf(results, strategy)
  switch (standing.kind) {
    case 'convicted':
      return 'convicted'
    case 'not-triggered':
      return 'declared unsafe'
    case 'not-proven':
      return 'not proven'
    case 'valid':
      return 'valid'
    default:
      return standing satisfies never
  }
}

const RATES = `For rates: holdfast compare --workload sell-out --duration 2s --repeats ${RANKED_MIN.repeats}, or holdfast study.`

/** What must be said of the order of strategies in a chart whose repeats carry none. */
export function unrankedLine(why: string): string {
  return `Not ranked (${why}): strategies are in the order of their names, and the next run may put them in another order`
}

/** Why nothing is charted. */
export function emptyReason(results: Results): string {
  if (results.trials.length === 0) return 'No trial was finished.'
  if (!results.control.caught) return 'The control was not caught, so this run proves nothing.'
  return strategiesOf(results).some((name) => standingOf(results, name).kind === 'valid')
    ? `Each workload was run once by one number of callers, or for less than ${formatSpan(RANKED_MIN.durationMs)}: enough to find who oversells, too little for a rate. ${RATES}`
    : 'No strategy of this run was found valid.'
}
