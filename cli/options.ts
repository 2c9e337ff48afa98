/** Options that several commands share. */
import { stat } from 'node:fs/promises'
import path from 'node:path'
import type { Command } from 'commander'
import type { Durability } from '../harness/engines/engine.ts'
import { UsageError } from '../harness/entries/usage-error.ts'
import { proveWritable, SaveError } from '../harness/save.ts'
import {
  type Bounds,
  CRITICAL_SECTION_MS,
  MAP_AGE_MS,
  NETWORK_LATENCY_MS,
  POOL,
  parseChoice,
  parseDurationMs,
  parseWhole,
} from './arguments.ts'
import { quoted } from './context.ts'
import { rethrowAsUsage } from './usage.ts'

export const POOL_DEFAULT = 16
const MAP_AGE_MS_DEFAULT = 500
const DURABILITIES: readonly Durability[] = ['durable', 'relaxed']

/** Flag and help, for `.option(...)`. */
export const CRITICAL_SECTION_OPTION = [
  '--critical-section <time>',
  'time the application spends between read and write (default: none)',
] as const
export const NETWORK_LATENCY_OPTION = [
  '--network-latency <time>',
  'round-trip time added between each strategy and its engines (default: none)',
] as const
export const ADAPTER_OPTION = [
  '--adapter <file>',
  'maps the API of the service at --strategy, if it is not that of serve',
] as const
export const DURABILITY_OPTION = [
  '--durability <kind>',
  `${DURABILITIES.join(' or ')} (default: ${DURABILITIES[0]})`,
] as const
export const MAP_CACHE_OPTION = [
  '--map-cache <time>',
  `maximum age of a cached seat map; 0 disables the cache (default: ${MAP_AGE_MS_DEFAULT}ms)`,
] as const

export function poolSizeOf(text: string | undefined): number {
  return wholeOr(POOL_DEFAULT, text, '--pool', POOL)
}

export function criticalSectionMsOf(text: string | undefined): number {
  return durationMsOr(0, text, '--critical-section', CRITICAL_SECTION_MS)
}

/** Undefined for none, so that nothing stands between strategy and engine. */
export function networkLatencyMsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const ms = parseDurationMs(text, '--network-latency', NETWORK_LATENCY_MS)
  // A fraction would be rounded, and a figure must not carry a setting that nobody asked for.
  if (/^\d*\.\d+ms$/.test(text.trim()))
    throw new UsageError(`--network-latency must be in whole milliseconds, not ${text.trim()}`)
  return ms === 0 ? undefined : ms
}

export function mapAgeMsOf(text: string | undefined): number {
  return durationMsOr(MAP_AGE_MS_DEFAULT, text, '--map-cache', MAP_AGE_MS)
}

export function durabilityOf(text: string | undefined): Durability {
  return parseChoice(text ?? 'durable', '--durability', DURABILITIES)
}

/** `otherwise`: the value if the option was not given. */
export function wholeOr(otherwise: number, text: string | undefined, what: string, bounds: Bounds): number {
  return text === undefined ? otherwise : parseWhole(text, what, bounds)
}

/** `otherwise`: the value if the option was not given. */
export function durationMsOr(
  otherwise: number,
  text: string | undefined,
  what: string,
  bounds: Bounds,
): number {
  return text === undefined ? otherwise : parseDurationMs(text, what, bounds)
}

/** For an option that can be repeated. */
export function collected(value: string, before: readonly string[]): readonly string[] {
  return [...before, value]
}

/** Refuses a folder that cannot be written to, before anything is run. */
export async function refuseUnwritable(folder: string): Promise<void> {
  await proveWritable(folder).catch(rethrowAsUsage(SaveError, '--out: '))
}

/** Refuses a file that cannot be written, before anything is run. `option`: as it is typed. */
export async function refuseUnwritableFile(file: string, option: string): Promise<void> {
  const there = await stat(file).catch(() => undefined)
  if (there?.isDirectory() === true)
    throw new UsageError(`${option}: cannot write to ${file}: it is a folder`)
  await proveWritable(path.dirname(file)).catch(rethrowAsUsage(SaveError, `${option}: `))
}

/** The arguments of a command, quoted for a shell. */
export function typed(command: Command): readonly string[] {
  return command.parent === null ? [] : command.parent.args.slice(1).map(quoted)
}
