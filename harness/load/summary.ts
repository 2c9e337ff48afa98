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

/**
 * Of several generators of one load. Counts add up; percentiles cannot be merged, so each one is the largest
 * of any generator. A threshold failed if it did in one of them, unless it asks for enough of something: that
 * is asked of the sum.
 */
export function mergedSummary(all: readonly [LoadSummary, ...LoadSummary[]]): LoadSummary {
  const [first, ...others] = all
  if (others.length === 0) return first
  const value = (metric: string, key = 'count'): number => {
    const values = all.map((each) => each.value(metric, key))
    return key === 'count' ? values.reduce((sum, each) => sum + each, 0) : Math.max(...values)
  }
  const breached = [...new Set(all.flatMap((each) => each.breached))]
  return { ...first, value, breached: breached.filter((rule) => !isEnough(rule, value)) }
}

/** Whether a rule such as `decided count>=20` holds of a sum. */
function isEnough(rule: string, value: LoadSummary['value']): boolean {
  const [, metric = '', sign, least] = /^(\S+) count(>=?)(\d+)$/.exec(rule) ?? []
  if (least === undefined) return false
  return sign === '>' ? value(metric) > Number(least) : value(metric) >= Number(least)
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
