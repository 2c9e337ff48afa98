/** What a run comes to: a few lines for people, and JSON at the path that SUMMARY names. */
import { profile } from './profiles.ts'
import { isTallied } from './tally.ts'

interface Metric {
  readonly values: Readonly<Record<string, number>>
  readonly thresholds?: Readonly<Record<string, { readonly ok: boolean }>>
}

interface Data {
  readonly metrics: Readonly<Record<string, Metric>>
}

type Value = (metric: string, key?: string) => number

/**
 * What a breached threshold says, the gravest first: what was certainly wrong, then what keeps a run from
 * proving anything, then what is slow. What is not in this list ends a run as red as the others.
 */
const SENTENCES: readonly (readonly [metric: string, sentence: (value: Value) => string])[] = [
  ['oversold_units', (v) => `CONVICTED: ${v('oversold_units')} units sold beyond capacity`],
  [
    'held_twice',
    (v) => `CONVICTED: ${v('held_twice')} buyers were told that a seat is theirs while it was another's`,
  ],
  [
    'lost_sales',
    (v) => `CONVICTED: buyers were told of ${v('lost_sales')} sales that the store does not have`,
  ],
  [
    'missing_bookings',
    (v) => `CONVICTED: ${v('missing_bookings')} bookings are not there, though buyers were told so`,
  ],
  // A buyer that did not finish has reported nothing, and may have bought: sums prove nothing then.
  ['cut_short', () => 'NOT PROVEN: the run was ended before its time'],
  ['unfinished', (v) => `NOT PROVEN: ${v('unfinished')} buyers were not through when the run ended`],
  ['phantom_sales', (v) => `CONVICTED: the store has ${-v('phantom_sales')} sales that no buyer was told of`],
  ['unsettled', (v) => `NOT PROVEN: nobody knows of ${v('unsettled')} sales whether they were made`],
  ['misplaced_sales', () => 'CONVICTED: the store has sold other seats than buyers were told'],
  ['store_complaints', (v) => `CONVICTED: the store contradicts itself in ${v('store_complaints')} places`],
  ['false_sold_out', (v) => `CONVICTED: ${v('false_sold_out')} free seats were told sold out`],
  ['gone', (v) => `CONVICTED: ${v('gone')} holds were gone before their deadline`],
  ['failed_releases', (v) => `CONVICTED: ${v('failed_releases')} live holds could not be released`],
  ['unexpected', (v) => `CONVICTED: ${v('unexpected')} answers that no buyer should get`],
  ['prepared', () => 'NOT RUN: there is nothing here that this script can show anything of; k6 says why'],
  ['audits_completed', () => 'NOT AUDITED: this run proves nothing'],
  ['held', () => 'NOT PROVEN: nobody was granted a hold, so nothing could be sold twice'],
  [
    'decided',
    (v) => `NOT PROVEN: ${v('decided')} seats were wanted by several at once and had by one, too few`,
  ],
  ['turned_away_rate', (v) => `TURNED AWAY: ${v('turned_away')} requests were answered 503`],
  ['unknown_rate', (v) => `UNKNOWN: the outcome of ${v('unknown')} requests`],
  ['dropped_iterations', () => 'TOO SLOW: not all buyers came who should have'],
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
    `  wanted by several at once and had by one: ${value('decided')} seats`,
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

/** Follows from what k6 makes its exit code of: good only where every threshold was judged, and held. */
function headline(data: Data, breached: readonly { readonly name: string }[], value: Value): string {
  if (!Object.values(data.metrics).some(({ thresholds }) => thresholds !== undefined))
    return 'NOT JUDGED: the thresholds were left out'
  for (const [metric, sentence] of SENTENCES) {
    const found = breached.some(({ name }) => name === metric || name.startsWith(`${metric}{`))
    if (found) return sentence(value)
  }
  if (breached.length > 0) return 'a threshold did not hold'
  if (isTallied) return 'every threshold held; the buyers’ tally is judged by its reader'
  return 'valid: nothing was sold twice or told wrong, as far as buyers and store can tell'
}
