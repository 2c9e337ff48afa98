/** The number of servers of each engine: one option for every engine with a choice. */
import { Option } from 'commander'
import type { EngineKind, ServerChoice } from '../harness/engines/engine.ts'
import type { OpenEnginesOptions } from '../harness/engines/open.ts'
import { UsageError } from '../harness/entries/usage-error.ts'
import type { StrategyEntry } from '../strategies/registry.ts'
import { parseWhole } from './arguments.ts'

type Servers = NonNullable<OpenEnginesOptions['servers']>

/** For `addOption`. */
export function serverOptions(kinds: readonly EngineKind[]): readonly Option[] {
  return kinds.flatMap(({ servers }) => {
    if (servers === undefined) return []
    const { option, about, allowed } = servers
    const choice = isRange(allowed) ? '' : `${allowed.join(' or ')}: `
    return [new Option(`--${option} <number>`, `${choice}${about} (default: ${servers.default})`)]
  })
}

/** The given numbers, by engine. Throws a `UsageError` for numbers that are not possible. */
export function serversOf(typed: object, kinds: readonly EngineKind[]): Servers {
  const counts: Record<string, number> = {}
  for (const { name, servers } of kinds) {
    if (servers === undefined) continue
    const text: unknown = Reflect.get(typed, camelCased(servers.option))
    if (typeof text === 'string') counts[name] = countOf(text, servers)
  }
  return counts
}

function countOf(text: string, { option, allowed }: ServerChoice): number {
  if (isRange(allowed)) return parseWhole(text, `--${option}`, allowed)
  const count = allowed.find((each) => String(each) === text)
  if (count === undefined) throw new UsageError(`--${option} must be ${allowed.join(' or ')}, not "${text}"`)
  return count
}

function isRange(
  allowed: ServerChoice['allowed'],
): allowed is { readonly min: number; readonly max: number } {
  return 'min' in allowed
}

/** As commander names options. */
function camelCased(option: string): string {
  return option.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
}

/** Throws a `UsageError` if a strategy given by name needs more servers than are to be started. */
export function refuseTooFewServers(
  entries: readonly StrategyEntry[],
  given: Servers,
  kinds: readonly EngineKind[],
): void {
  for (const { name, serversMin } of entries) {
    for (const { name: engine, servers } of kinds) {
      const [count, least] = [given[engine], serversMin?.[engine]]
      if (count === undefined || least === undefined || count >= least) continue
      throw new UsageError(`--${servers?.option} is ${count}, and ${name} needs at least ${least}`)
    }
  }
}
