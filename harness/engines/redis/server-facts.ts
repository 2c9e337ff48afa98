/** What Redis servers report about themselves. */
import type { Redis } from 'ioredis'
import { EngineError, reasonOf } from '../engine-error.ts'
import { printableUrl, type RedisTarget } from './connection.ts'
import { evictionPolicyOf } from './eviction.ts'
import {
  DURABILITY_NAMES,
  durabilityLabel,
  REPORTED_NAMES,
  type RedisDurabilityLabel,
  type ServerFacts,
} from './settings.ts'
import { readUsable, type ServerRole } from './url.ts'

/** A connection of the engine itself to one server. */
export interface RedisAdmin {
  readonly target: RedisTarget
  readonly admin: Redis
}

export interface RedisServer extends RedisAdmin {
  readonly facts: ServerFacts
  /** Which of the commands that not every server knows this one does. */
  readonly known: readonly string[]
}

/** INFO, overridden by the settings that the server reports. */
export async function readFacts(
  { admin, target }: RedisAdmin,
  as: ServerRole = 'alone',
): Promise<RedisServer> {
  const info = await readUsable(admin, target, as)
  const settings: Record<string, string> = {}
  for (const name of [...DURABILITY_NAMES, ...REPORTED_NAMES]) {
    // One by one: a server may not know all of them, and a hosted one may forbid the command. Then it is "as
    // configured".
    const answer: unknown = await admin.config('GET', name).catch((error: unknown) => reasonOf(error))
    if (Array.isArray(answer) && typeof answer[1] === 'string') settings[name] = answer[1]
  }
  return { admin, target, facts: { ...info, ...settings }, known: await knownCommands(admin) }
}

/** Commands of newer servers alone that a strategy may need: any other is known to all that are accepted. */
const OPTIONAL_COMMANDS = ['HSETEX', 'DELIFEQ'] as const

/** Asked of the server: versions of different products say little. One that does not tell knows none. */
async function knownCommands(admin: Redis): Promise<readonly string[]> {
  const told: unknown = await admin.call('COMMAND', 'INFO', ...OPTIONAL_COMMANDS).catch(() => [])
  return OPTIONAL_COMMANDS.filter((_, at) => Array.isArray(told) && Array.isArray(told[at]))
}

/** Two addresses of one server would count one vote twice. */
export function refuseSameServer(servers: readonly RedisServer[]): void {
  const seen = new Map<string, RedisTarget>()
  for (const { target, facts } of servers) {
    if (facts.run_id === undefined) continue
    const other = seen.get(facts.run_id)
    if (other !== undefined) {
      throw new EngineError({
        engine: 'redis',
        problem: 'misconfigured',
        message: `${printableUrl(other)} and ${printableUrl(target)} are the same server; independent ones are needed.`,
        remedy: 'name a different server in every address of REDIS_URLS',
      })
    }
    seen.set(facts.run_id, target)
  }
}

/** Settings that no session can change and a verdict depends on. */
export function caveatsOf(servers: readonly RedisServer[]): readonly string[] {
  const facts = servers.map((server) => server.facts)
  const policies = new Set(facts.flatMap((each) => evictionPolicyOf(each) ?? []))
  const replicas = Math.max(0, ...facts.map((each) => Number(each.connected_slaves ?? 0)))
  const isSilent = facts.some((each) => each.appendonly === undefined)
  return [
    ...[...policies].map((policy) => `it evicts keys when it is full (${policy})`),
    ...(replicas === 0
      ? []
      : ['it has replicas, and one that takes over may lack what was acknowledged last']),
    ...(isSilent ? ['it does not report its settings, so its durability is unknown'] : []),
  ]
}

/** Of all servers together, as they report it. */
export function commonDurability(servers: readonly RedisServer[]): RedisDurabilityLabel {
  const [label = 'as configured', ...others] = new Set(servers.map(({ facts }) => durabilityLabel(facts)))
  return others.length === 0 ? label : 'as configured'
}

/** The servers' values of these settings; if they differ, each server's value. */
export function commonSettings(
  servers: readonly RedisServer[],
  names: readonly string[],
): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const values = new Set(servers.flatMap(({ facts }) => facts[name] ?? []))
      return values.size === 0 ? [] : [[name, [...values].join(' | ')]]
    }),
  )
}
