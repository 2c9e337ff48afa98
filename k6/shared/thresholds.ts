/**
 * What must hold at the end of a run. Each of these makes k6 end with another exit code than 0, and
 * `summary.ts` has a sentence for each.
 */
import type { Threshold } from 'k6/options'
import { isTallied } from './tally.ts'

/** A hold that takes longer than this has lost its buyer. */
const HOLD_P99_MS_MAX = 5_000
/** Above it, the engine or the network is in trouble, and the figures are of that. */
const UNKNOWN_RATE_MAX = 0.01
/** Above it, the figures are of the door and not of the strategy. */
const TURNED_AWAY_RATE_MAX = 0.01
/** Seats for which several asked at once and one got it: with fewer, nothing was put to the test. */
export const DECIDED_MIN = 20
/** What is nobody's measurement: the rivals before it, and the climb from one rate to the next. */
const UNMEASURED = /^(rivals|to_\d+)$/

/** `scenarios`: the names of those that run. */
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
    ...(!isTallied && ofStore()),
  }
  const isSmoke = profile === 'smoke'
  // Nor is anything measured where only rivals come.
  const mayDrop = isSmoke || profile === 'ramp'
  // A ramp goes past the knee on purpose. Where `--vus` has replaced the scenarios, no scenario has a name.
  if (profile !== 'ramp') all.turned_away_rate = [`rate<${TURNED_AWAY_RATE_MAX}`]
  else all['turned_away_rate{scenario:rivals}'] = [`rate<${TURNED_AWAY_RATE_MAX}`]
  for (const scenario of scenarios) {
    if (UNMEASURED.test(scenario)) continue
    if (scenario !== 'viewers') all[`held{scenario:${scenario}}`] = [isSmoke ? 'count>=0' : 'count>0']
    if (profile !== 'ramp') all[`hold_ms{scenario:${scenario}}`] = [`p(99)<${HOLD_P99_MS_MAX}`]
    all[`dropped_iterations{scenario:${scenario}}`] = [mayDrop ? 'count>=0' : 'count==0']
    for (const [metric, rule] of SHOWN) all[`${metric}{scenario:${scenario}}`] ??= [rule]
  }
  return all
}

/** The store against the buyers' own tally. If the tally is saved, its reader judges. */
function ofStore(): Record<string, Threshold[]> {
  return {
    // One before anybody buys, one after: an audit that was not made has found nothing, too.
    audits_completed: ['count>=2'],
    oversold_units: ['count==0'],
    store_complaints: ['count==0'],
    lost_sales: ['count<=0'],
    phantom_sales: ['count>=0'],
    misplaced_sales: ['count==0'],
    unsettled: ['count==0'],
  }
}

/** A figure of one scenario reaches the summary only if a threshold names it; these cannot be missed. */
const SHOWN = [
  ['hold_ms', 'max>=0'],
  ['confirm_ms', 'max>=0'],
  ['sold_out', 'count>=0'],
  ['contended', 'count>=0'],
  ['confirmed', 'count>=0'],
  ['released', 'count>=0'],
  ['unknown', 'count>=0'],
] as const
