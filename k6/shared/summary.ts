/** The summary of a run: a few lines for people, and JSON at the path in SUMMARY. */
import { profile } from './profiles.ts'
import { isPart, isTallied } from './tally.ts'

interface Metric {
  readonly values: Readonly<Record<string, number>>
  readonly thresholds?: Readonly<Record<string, { readonly ok: boolean }>>
}

interface Data {
  readonly metrics: Readonly<Record<string, Metric>>
}

type Value = (metric: string, key?: string) => number

/**
 * The sentences for failed thresholds, the most serious first: violations, then reasons why nothing is
 * proven, then slowness. A failed threshold that is not listed also fails the run.
 */
const SENTENCES: readonly (readonly [metric: string, sentence: (value: Value) => string])[] = [
  ['oversold_units', (v) => `CONVICTED: ${v('oversold_units')} units sold beyond capacity`],
  ['held_twice', (v) => `CONVICTED: ${v('held_twice')} buyers were granted a seat that another buyer had`],
  [
    'lost_sales',
    (v) => `CONVICTED: ${v('lost_sales')} sales were confirmed to buyers, but are not in the store`,
  ],
  [
    'missing_bookings',
    (v) => `CONVICTED: ${v('missing_bookings')} confirmed bookings are missing from the store`,
  ],
  // A buyer that did not finish may have bought without reporting it: then sums prove nothing.
  ['cut_short', () => 'NOT PROVEN: the run was ended before its time'],
  ['unfinished', (v) => `NOT PROVEN: ${v('unfinished')} buyers had not finished when the run ended`],
  [
    'phantom_sales',
    (v) => `CONVICTED: the store has ${-v('phantom_sales')} sales that were not confirmed to any buyer`,
  ],
  ['unsettled', (v) => `NOT PROVEN: the outcome of ${v('unsettled')} sales is unknown`],
  ['misplaced_sales', () => 'CONVICTED: the store has sold other seats than were confirmed to buyers'],
  ['store_complaints', (v) => `CONVICTED: the store contradicts itself in ${v('store_complaints')} places`],
  ['false_sold_out', (v) => `CONVICTED: ${v('false_sold_out')} free seats were answered sold out`],
  ['gone', (v) => `CONVICTED: ${v('gone')} holds were gone before their deadline`],
  ['failed_releases', (v) => `CONVICTED: ${v('failed_releases')} live holds could not be released`],
  ['unexpected', (v) => `CONVICTED: ${v('unexpected')} answers that no buyer should get`],
  ['prepared', () => 'NOT RUN: the service lacks what this script needs; the output of k6 says why'],
  ['audits_completed', () => 'NOT AUDITED: this run proves nothing'],
  ['held', () => 'NOT PROVEN: no buyer was granted a hold, so nothing could be sold twice'],
  [
    'decided',
    (v) => `NOT PROVEN: ${v('decided')} seats were requested concurrently and granted once, too few`,
  ],
  ['turned_away_rate', (v) => `TURNED AWAY: ${v('turned_away')} requests were answered 503`],
  ['unknown_rate', (v) => `UNKNOWN: the outcome of ${v('unknown')} requests`],
  ['dropped_iterations', () => 'TOO SLOW: fewer buyers than planned were started'],
  ['hold_ms', () => 'TOO SLOW: a hold takes too long'],
]

export function summaryOf(strategy: string, data: Data): Record<string, string> {
  const value: Value = (metric, key = 'count') => data.metrics[metric]?.values[key] ?? 0
  const breached = Object.entries(data.metrics).flatMap(([name, { thresholds = {} }]) =>
    Object.entries(thresholds).flatMap(([rule, { ok }]) => (ok ? [] : [{ name, rule }])),
  )
  const lines = [
    `${strategy} · ${profile}${profile === 'maximum' ? ' (closed loop)' : ''}: ${headline(data, breached, value)}`,
    `  held ${value('held')}  sold out ${value('sold_out')}  contended ${value('contended')}  turned away ${value('turned_away')}  unknown ${value('unknown')}`,
    `  requested concurrently and granted once: ${value('decided')} seats`,
    `  confirmed ${value('confirmed')}, and the store has sold ${value('store_sold_units')}`,
    `  hold p50 ${value('hold_ms', 'med').toFixed(1)} ms  p95 ${value('hold_ms', 'p(95)').toFixed(1)} ms  p99 ${value('hold_ms', 'p(99)').toFixed(1)} ms  dropped ${value('dropped_iterations')}`,
    ...breached.map(({ name, rule }) => `  breached: ${name} ${rule}`),
    '',
  ]
  const summary = {
    strategy,
    profile,
    breached: breached.map(({ name, rule }) => `${name} ${rule}`),
    metrics: data.metrics,
  }
  return {
    stdout: lines.join('\n'),
    ...(__ENV.SUMMARY && { [__ENV.SUMMARY]: JSON.stringify(summary) }),
  }
}

/** Agrees with k6's exit code: good only if every threshold was judged and passed. */
function headline(data: Data, breached: readonly { readonly name: string }[], value: Value): string {
  if (!Object.values(data.metrics).some(({ thresholds }) => thresholds !== undefined))
    return 'NOT JUDGED: the thresholds were left out'
  for (const [metric, sentence] of SENTENCES) {
    const found = breached.some(({ name }) => name === metric || name.startsWith(`${metric}{`))
    if (found) return sentence(value)
  }
  if (breached.length > 0) return 'a threshold failed'
  if (isTallied) return 'every threshold passed; the buyers’ tally is judged by its reader'
  if (isPart) return 'no buyer was told wrong; the store is to be audited once, after all generators'
  return 'valid: nothing was sold twice or told wrong, as far as buyers and store can tell'
}
