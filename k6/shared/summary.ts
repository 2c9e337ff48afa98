/** What a run comes to: a few lines for people, and JSON at the path that SUMMARY names. */
import { profile } from './profiles.ts'

interface Metric {
  readonly values: Readonly<Record<string, number>>
  readonly thresholds?: Readonly<Record<string, { readonly ok: boolean }>>
}

interface Data {
  readonly metrics: Readonly<Record<string, Metric>>
}

export function summaryOf(strategy: string, data: Data): Record<string, string> {
  const value = (metric: string, key = 'count') => data.metrics[metric]?.values[key] ?? 0
  const breached = Object.entries(data.metrics).flatMap(([name, { thresholds = {} }]) =>
    Object.entries(thresholds).flatMap(([rule, { ok }]) => (ok ? [] : [`${name} ${rule}`])),
  )
  const verdict =
    value('audits_completed') === 0
      ? 'NOT AUDITED: this run proves nothing'
      : value('oversold_units') > 0
        ? `CONVICTED: ${value('oversold_units')} units sold that were not there`
        : 'no oversell: the store has sold what there is, and no more'
  const lines = [
    `${strategy} · ${profile}${profile === 'maximum' ? ' (closed loop)' : ''}: ${verdict}`,
    `  held ${value('held')}  sold out ${value('sold_out')}  contended ${value('contended')}  turned away ${value('turned_away')}  unknown ${value('unknown')}`,
    `  confirmed ${value('confirmed')}, and the store has sold ${value('store_sold_units')}`,
    `  hold p50 ${value('hold_ms', 'med').toFixed(1)} ms  p95 ${value('hold_ms', 'p(95)').toFixed(1)} ms  p99 ${value('hold_ms', 'p(99)').toFixed(1)} ms  dropped ${value('dropped_iterations')}`,
    ...breached.map((rule) => `  breached: ${rule}`),
    '',
  ]
  return {
    stdout: lines.join('\n'),
    ...(__ENV.SUMMARY && {
      [__ENV.SUMMARY]: JSON.stringify({ strategy, profile, breached, metrics: data.metrics }),
    }),
  }
}
