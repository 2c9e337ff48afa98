/** What a k6 script hands over at its end, checked, since another program wrote it. */
import { readFile } from 'node:fs/promises'

/** Metrics by name, sub-metrics as `name{tag:value}`. */
export interface LoadSummary {
  readonly strategy: string
  readonly profile: string
  /** Thresholds that did not hold. */
  readonly breached: readonly string[]
  /** A metric's figure; 0 where the metric had no sample. */
  value(metric: string, key?: string): number
}

/** Throws where there is no summary or it is none of ours. */
export async function readSummary(file: string): Promise<LoadSummary> {
  const parsed: unknown = JSON.parse(await readFile(file, 'utf8'))
  if (!isSummary(parsed)) throw new Error('k6 left a summary that is none of our scripts’')
  const { metrics } = parsed
  return {
    ...parsed,
    value: (metric, key = 'count') => Number(metrics[metric]?.values?.[key] ?? 0),
  }
}

interface Written {
  readonly strategy: string
  readonly profile: string
  readonly breached: readonly string[]
  readonly metrics: Readonly<Record<string, { readonly values?: Readonly<Record<string, unknown>> }>>
}

function isSummary(value: unknown): value is Written {
  return (
    typeof value === 'object' &&
    value !== null &&
    'strategy' in value &&
    typeof value.strategy === 'string' &&
    'profile' in value &&
    typeof value.profile === 'string' &&
    'breached' in value &&
    Array.isArray(value.breached) &&
    'metrics' in value &&
    typeof value.metrics === 'object' &&
    value.metrics !== null
  )
}
