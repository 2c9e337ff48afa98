/**
 * A master by its name, asked of Sentinels: `REDIS_URL=redis+sentinel://:password@one:26379,two:26379/name`.
 * It is asked for when the engine is opened, and kept: a run does not follow a failover.
 */
import { misplacedSign, remedyForSigns } from '../address.ts'
import { reasonOf } from '../engine-error.ts'
import {
  ADMIN_COMMAND_DEADLINE_MS,
  closeClient,
  connectionString,
  openClient,
  printableUrl,
  type RedisTarget,
} from './connection.ts'
import { connectFailure, failure } from './failures.ts'
import { parseRedisUrl, proveRedisSpeaks } from './url.ts'

const EXAMPLE = 'export REDIS_URL=redis+sentinel://:password@host:26379,host:26379/name'
const DEFAULT_PORT = 26_379
const URL_OF_SENTINELS = /^((?:redis|valkey)s?)\+sentinel:\/\/((?:[^/]*@)?)([^/@]*)\/?([^/?#]*)$/i

interface Sentinels {
  readonly scheme: string
  /** Of the master: Sentinels are asked without one. */
  readonly account: string
  readonly hosts: readonly string[]
  readonly name: string
}

/** Undefined if REDIS_URL names none. Throws an `EngineError` if it cannot be used. */
export function sentinelsIn(env: NodeJS.ProcessEnv): Sentinels | undefined {
  const url = env.REDIS_URL?.trim() ?? ''
  if (!/^(redis|valkey)s?\+sentinel:/i.test(url)) return undefined
  const misplaced = misplacedSign(url.replace(/\+sentinel:/i, ':'))
  if (misplaced !== undefined) {
    const remedy = `${remedyForSigns('REDIS_URL')}   (${EXAMPLE})`
    throw failure('misconfigured', `REDIS_URL cannot be used: ${misplaced}.`, remedy)
  }
  const [, scheme = '', account = '', hosts = '', name = ''] = URL_OF_SENTINELS.exec(url) ?? []
  const named = hosts.split(',').filter(Boolean)
  if (scheme === '' || named.length === 0) {
    throw failure('misconfigured', 'REDIS_URL names no Sentinel, or not as a URL does.', EXAMPLE)
  }
  if (name === '') throw failure('misconfigured', 'REDIS_URL names Sentinels, and no master.', EXAMPLE)
  return { scheme, account, hosts: named, name }
}

/** The URL of the master now. Throws an `EngineError` that says why none of them names one. */
export async function masterOf(
  { scheme, account, hosts, name }: Sentinels,
  { log, signal }: { readonly log: (line: string) => void; readonly signal: AbortSignal | undefined },
): Promise<string> {
  let reason: unknown
  for (const host of hosts) {
    const address = /:\d+$/.test(host) ? host : `${host}:${DEFAULT_PORT}`
    const sentinel = parseRedisUrl(`${scheme}://${address}`, 'REDIS_URL')
    try {
      await proveRedisSpeaks(sentinel, signal)
      const master = await askedOf(sentinel, name)
      const target = { ...parseRedisUrl(`${scheme}://${account}${address}`, 'REDIS_URL'), ...master }
      log(`redis: the Sentinel at ${address} names ${printableUrl(target)} as the master of ${name}`)
      return connectionString(target)
    } catch (error) {
      reason = error
    }
  }
  throw reason
}

async function askedOf(sentinel: RedisTarget, name: string): Promise<Pick<RedisTarget, 'host' | 'port'>> {
  const shown = `${sentinel.host}:${sentinel.port}`
  const session = { name: 'holdfast-sentinels', commandDeadlineMs: ADMIN_COMMAND_DEADLINE_MS }
  const client = await openClient(sentinel, session).catch((error: unknown) => {
    throw connectFailure(sentinel, error)
  })
  try {
    const answer: unknown = await client
      .call('SENTINEL', 'get-master-addr-by-name', name)
      .catch((error: unknown) => {
        if (!/unknown command/i.test(reasonOf(error))) throw connectFailure(sentinel, error)
        throw failure('wrong-server', `The server at ${shown} is not a Sentinel.`, EXAMPLE)
      })
    if (!Array.isArray(answer)) {
      throw failure(
        'misconfigured',
        `The Sentinel at ${shown} knows no master called "${name}".`,
        'write the name that "sentinel monitor" gives it into REDIS_URL',
      )
    }
    return { host: String(answer[0]), port: Number(answer[1]) }
  } finally {
    await closeClient(client)
  }
}
