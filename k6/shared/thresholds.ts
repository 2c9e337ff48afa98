/**
 * The conditions at the end of a run. If one fails, k6's exit code is not 0; `summary.ts` has a sentence for
 * each.
 */
import type { Threshold } from 'k6/options'
import { isPart, isTallied } from './tally.ts'

/** A buyer does not wait longer for a hold. */
const HOLD_P99_MS_MAX = 5_000
/** Above it, the figures show a problem of the engine or the network. */
const UNKNOWN_RATE_MAX = 0.01
/** Above it, the figures show the service's limits and not the strategy. */
const TURNED_AWAY_RATE_MAX = 0.01
/** Seats with concurrent requests of which one was granted: with fewer, nothing was tested. */
export const DECIDED_MIN = 20
/** Not measured: the rivals, and the time between two rates. */
const UNMEASURED = /^(rivals|to_\d+)$/

/** `scenarios`: the names of the scenarios that run. */
export function thresholds(profile: string, scenarios: readonly string[]): Record<string, Threshold[]> {
  const all: Record<string, Threshold[]> = {
    prepared: ['count>0'],
    held: ['count>0'],
    decided: [`count>=${DECIDED_MIN}`],
    held_twice: ['count==0'],
    false_sold_out: ['count==0'],
    gone: ['count==0'],
    failed_releases: ['count==0'],
    missing_bookings: ['count==0'],
    unexpected: ['count==0'],
    unfinished: ['count==0'],
    cut_short: ['count==0'],
    unknown_rate: [`rate<${UNKNOWN_RATE_MAX}`],
    ...(!isTallied && !isPart && ofStore()),
  }
  const isSmoke = profile === 'smoke'
  // With rivals alone, nothing is measured.
  const mayDrop = isSmoke || profile === 'ramp'
  // A ramp exceeds the service's capacity on purpose. If `--vus` has replaced the scenarios, they have no
  // names.
  if (profile !== 'ramp') all.turned_away_rate = [`rate<${TURNED_AWAY_RATE_MAX}`]
  else all['turned_away_rate{scenario:rivals}'] = [`rate<${TURNED_AWAY_RATE_MAX}`]
  for (const scenario of scenarios) {
    if (UNMEASURED.test(scenario)) continue
    if (scenario !== 'viewers') all[`held{scenario:${scenario}}`] = [isSmoke ? 'count>=0' : 'count>0']
    // In a spike the last one waits for all others: how long is the figure.
    if (profile !== 'ramp' && profile !== 'spike')
      all[`hold_ms{scenario:${scenario}}`] = [`p(99)<${HOLD_P99_MS_MAX}`]
    all[`dropped_iterations{scenario:${scenario}}`] = [mayDrop ? 'count>=0' : 'count==0']
    for (const [metric, rule] of SHOWN) all[`${metric}{scenario:${scenario}}`] ??= [rule]
  }
  return all
}

/** Compares the store with the buyers' sums: if a tally is saved, or there are others, somebody else does. */
function ofStore(): Record<string, Threshold[]> {
  return {
    // One before the first buyer and one after the last: a missing audit also finds nothing.
    audits_completed: ['count>=2'],
    oversold_units: ['count==0'],
    store_complaints: ['count==0'],
    lost_sales: ['count<=0'],
    phantom_sales: ['count>=0'],
    misplaced_sales: ['count==0'],
    unsettled: ['count==0'],
  }
}

/** A scenario's metric is in the summary only if a threshold names it; these cannot fail. */
const SHOWN = [
  ['hold_ms', 'max>=0'],
  ['confirm_ms', 'max>=0'],
  ['sold_out', 'count>=0'],
  ['contended', 'count>=0'],
  ['confirmed', 'count>=0'],
  ['released', 'count>=0'],
  ['unknown', 'count>=0'],
] as const
