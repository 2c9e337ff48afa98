/**
 * Parses durations, whole numbers and lists. Values out of bounds are a `UsageError` that names the bounds.
 */
import { UsageError } from '../harness/entries/usage-error.ts'
import type { Shard } from '../harness/results/shard.ts'

export interface Bounds {
  readonly min: number
  readonly max: number
}

/** Batches grow with the callers; beyond these, one process would measure its own delays. */
export const CONCURRENCY: Bounds = { min: 1, max: 65_536 }
/** Shorter trials are dominated by start and end; the history of longer ones would not fit into memory. */
export const DURATION_MS: Bounds = { min: 100, max: 60 * 60 * 1000 }
/** A longer warm-up is a mistyped unit. */
export const WARMUP_MS: Bounds = { min: 0, max: 10 * 60 * 1000 }
/** More repeats improve neither median nor range. */
export const REPEATS: Bounds = { min: 1, max: 100 }
/** The generator takes unsigned 32-bit integers. */
export const SEED: Bounds = { min: 0, max: 2 ** 32 - 1 }
/** PostgreSQL starts a process per connection: one machine cannot serve larger pools. */
export const POOL: Bounds = { min: 1, max: 1000 }
/** One process cannot begin more sessions. */
export const RATE: Bounds = { min: 1, max: 100_000 }
/** With more processes, one machine measures its own scheduler. */
export const PROCESSES: Bounds = { min: 1, max: 16 }
/** No lock should be held for longer than a minute. */
export const CRITICAL_SECTION_MS: Bounds = { min: 0, max: 60_000 }
/** With more latency, the strategies' own deadlines would be measured. */
export const NETWORK_LATENCY_MS: Bounds = { min: 0, max: 1_000 }
/** An older seat map shows seats that are long sold. */
export const MAP_AGE_MS: Bounds = { min: 0, max: 60_000 }
export const WORKERS: Bounds = { min: 1, max: 16 }
/** Where engines come from: named or found on this machine, or containers started for the run. */
export const ENGINE_SOURCES = ['local', 'containers'] as const
export const PORT: Bounds = { min: 1, max: 65_535 }
/** Protects against scripts that plan a run of days by mistake. */
const LIST_LENGTH_MAX = 100

const MS_PER_UNIT = { ms: 1, s: 1000, m: 60_000 } as const

/** `500ms`, `5s`, `1.5s`, `2m`; a bare `0` needs no unit. Whole milliseconds. */
export function parseDurationMs(text: string, what: string, bounds: Bounds): number {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m)$/.exec(text.trim())
  if (match === null && text.trim() !== '0') {
    throw new UsageError(`${what} must be a duration such as 500ms, 5s or 2m, not "${text}"`)
  }
  const unit = match?.[2]
  const factor = unit === 'ms' || unit === 's' || unit === 'm' ? MS_PER_UNIT[unit] : 1
  const ms = Math.round(Number(match?.[1] ?? 0) * factor)
  if (ms < bounds.min || ms > bounds.max) {
    throw new UsageError(
      `${what} must be from ${formatDuration(bounds.min)} to ${formatDuration(bounds.max)}, not ${text.trim()}`,
    )
  }
  return ms
}

/** The inverse of `parseDurationMs`, in the largest unit that gives a whole number. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0ms'
  if (ms % MS_PER_UNIT.m === 0) return `${ms / MS_PER_UNIT.m}m`
  if (ms % MS_PER_UNIT.s === 0) return `${ms / MS_PER_UNIT.s}s`
  return `${ms}ms`
}

/** Digits only: no sign, no exponent, no fraction, no hexadecimal. */
export function parseWhole(text: string, what: string, bounds: Bounds): number {
  const trimmed = text.trim()
  const number = /^\d{1,15}$/.test(trimmed) ? Number(trimmed) : Number.NaN
  if (Number.isNaN(number) || number < bounds.min || number > bounds.max) {
    throw new UsageError(`${what} must be a whole number from ${bounds.min} to ${bounds.max}, not "${text}"`)
  }
  return number
}

/** Comma-separated names, in the order given, without repeats. */
export function parseList(text: string, what: string): readonly string[] {
  const items = text.split(',').map((item) => item.trim())
  if (items.some((item) => item === '')) {
    throw new UsageError(`${what} must be comma-separated names, not "${text}"`)
  }
  if (items.length > LIST_LENGTH_MAX)
    throw new UsageError(`${what} lists ${items.length} items, at most ${LIST_LENGTH_MAX}`)
  return [...new Set(items)]
}

/** Comma-separated whole numbers, ascending, without repeats. */
export function parseWholeList(text: string, what: string, bounds: Bounds): readonly number[] {
  const numbers = parseList(text, what).map((item) => parseWhole(item, what, bounds))
  return [...new Set(numbers)].sort((a, b) => a - b)
}

const SHARDS_MAX = 1_000

/** `2/8`; undefined if the option was not given. */
export function parseShard(text: string | undefined): Shard | undefined {
  if (text === undefined) return undefined
  const [, index = '', of = ''] = /^(\d{1,4})\/(\d{1,4})$/.exec(text.trim()) ?? []
  const shard = { index: Number(index), of: Number(of) }
  if (shard.index >= 1 && shard.index <= shard.of && shard.of <= SHARDS_MAX) return shard
  throw new UsageError(`--shard must be a part such as 1/8, not "${text}"`)
}

export function parseChoice<T extends string>(text: string, what: string, choices: readonly T[]): T {
  const choice = choices.find((each) => each === text)
  if (choice === undefined) throw new UsageError(`${what} must be ${choices.join(' or ')}, not "${text}"`)
  return choice
}
