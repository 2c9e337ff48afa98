/** The summary that a k6 script writes at its end. It is validated, because another program wrote it. */
import { readFile } from 'node:fs/promises'

/** Metrics by name, sub-metrics as `name{tag:value}`. */
export interface LoadSummary {
  readonly strategy: string
  readonly profile: string
  /** The failed thresholds. */
  readonly breached: readonly string[]
  /** A metric's value; 0 if it has no sample. */
  value(metric: string, key?: string): number
}

/** Throws if there is no summary or it is not from our scripts. */
export async function readSummary(file: string): Promise<LoadSummary> {
  const parsed: unknown = JSON.parse(await readFile(file, 'utf8'))
  if (!isSummary(parsed)) throw new Error('k6 left a summary that is not from our scripts')
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
