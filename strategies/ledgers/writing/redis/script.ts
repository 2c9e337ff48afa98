/**
 * What the strategies on Redis share: how they receive their clients, and how a script is run.
 *
 * The clients may have a key prefix; ioredis puts it before every key of a command and every KEYS of a
 * script, so a script must make all its keys from KEYS and never from ARGV alone.
 */
import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'
import type { HoldRequest } from '../../../strategy.ts'
import { inIdOrder } from '../lines.ts'

/**
 * Independent masters, at least one. Strategies that need one server use the first; Redlock uses all. Every
 * client must give each command a deadline, and must not resend a command by itself after a cut connection.
 */
export interface RedisConnections {
  readonly redis: readonly [Redis, ...Redis[]]
}

/** A Lua script, run atomically by the server. The result depends on the script. */
export interface Script {
  run(client: Redis, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>
}

/** How a reader is told of a script, whose text is too long for a line. */
export interface ScriptTold {
  /** What it does, in a few words. */
  readonly name: string
  /** What the number that it answers is; absent if it answers something else. */
  readonly number?: string
}

/** By the hash under which the server runs them. */
const told = new Map<string, ScriptTold & { readonly lua: string }>()

/** Undefined if nobody has named the script with this hash. */
export function scriptTold(sha: string): ScriptTold | undefined {
  return told.get(sha)
}

/** The texts of the scripts that have names. */
export function toldScripts(): readonly string[] {
  return [...told.values()].map(({ lua }) => lua)
}

/** For a script that something else sends, such as a library. */
export function tellScript(lua: string, as: ScriptTold): void {
  told.set(shaOf(lua), { ...as, lua })
}

function shaOf(lua: string): string {
  return createHash('sha1').update(lua).digest('hex')
}

/**
 * Makes a script whose full text is sent only to a server that does not know it yet (NOSCRIPT: the call
 * certainly did nothing). `as`: how the explorer tells of it.
 */
export function script(lua: string, as?: ScriptTold): Script {
  const sha = shaOf(lua)
  if (as !== undefined) tellScript(lua, as)
  return {
    async run(client, keys, args) {
      try {
        return await client.evalsha(sha, keys.length, ...keys, ...args)
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
        return client.eval(lua, keys.length, ...keys, ...args)
      }
    },
  }
}

/**
 * The lines of a hold as JSON, `[[resource, quantity], …]` in id order: a script reads it, and two requests
 * are equal if it is equal.
 */
export function payloadOf(request: HoldRequest): string {
  return JSON.stringify(inIdOrder(request.lines).map(({ resourceId, quantity }) => [resourceId, quantity]))
}

/** The script's answer, if it is a list of strings, numbers and nulls; anything else is unexpected. */
export function answerOf(reply: unknown): readonly (string | number | null)[] {
  if (Array.isArray(reply)) return reply
  throw new Error(`the script answered ${JSON.stringify(reply)}`)
}
