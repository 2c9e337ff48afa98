/** How this program connects to a Redis server. Every wait ends: the limits are here, in one place. */
import { isIP } from 'node:net'
import { checkServerIdentity } from 'node:tls'
import type { Redis, RedisOptions } from 'ioredis'
import type { ProxyAddress } from '../../network/conditions.ts'
import { WritingTogether } from './written-together.ts'

/** A server's address and the account to use. `password` is never printed. */
export interface RedisTarget {
  readonly host: string
  readonly port: number
  readonly username: string | undefined
  readonly password: string | undefined
  readonly db: number
  readonly tls: boolean
}

/** Another way to a server. Its certificate is still checked for the server's own name. */
export type RedisProxy = ProxyAddress

export interface RedisSession {
  /** The name in the server's list of clients. */
  readonly name: string
  readonly commandDeadlineMs: number
  /** Put before every key of a command and every KEYS of a script, but not before patterns. */
  readonly keyPrefix?: string
}

/** In the order of the engine's nodes; at least one. */
export type PerNode<T> = readonly [T, ...T[]]

export function atLeastOne<T>(items: readonly T[]): PerNode<T> {
  if (!isPerNode(items)) throw new RangeError('there is no node')
  return items
}

function isPerNode<T>(items: readonly T[]): items is PerNode<T> {
  return items.length > 0
}

/** Waits for all of them, so that none is still being opened after one has failed. */
export async function onEach<T, R>(
  nodes: PerNode<T>,
  step: (item: T, node: number) => Promise<R>,
): Promise<PerNode<R>> {
  const settled = await Promise.allSettled(nodes.map(step))
  return atLeastOne(
    settled.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason
      return outcome.value
    }),
  )
}

/**
 * From sending a command to its answer. A script of ours takes well under a millisecond; a
 * flush to a busy disk longer.
 */
export const COMMAND_DEADLINE_MS = 5_000
/** For creating, clearing and inspecting. */
export const ADMIN_COMMAND_DEADLINE_MS = 10_000
/** Time limit for the connection alone: commands on it have their own deadline. */
export const CONNECT_DEADLINE_MS = 5_000
/**
 * Short, so that a server that comes back is used again at once; long enough that a dead one costs nothing.
 */
const RECONNECT_AFTER_MS = 50
const RECONNECT_AFTER_MS_MAX = 250
/** How many reconnections are frequent. After that the server may be gone for hours. */
const RECONNECTIONS_SOON = 240
const RECONNECT_AFTER_MS_LATER = 2_000
/** How long a connection outlives a command without an answer. */
const SILENCE_GRACE_MS = 1_000
/** Time limit for the server to close a connection that we have ended; a stuck server never would. */
const DISCONNECT_GRACE_MS = 500
/** A connection that was silent for this long is probed by TCP. */
const KEEPALIVE_AFTER_MS = 10_000

/** Without a limit: a server that returns after a night is used again. */
export function reconnectAfterMs(attempts: number): number {
  if (attempts > RECONNECTIONS_SOON) return RECONNECT_AFTER_MS_LATER
  return Math.min(attempts * RECONNECT_AFTER_MS, RECONNECT_AFTER_MS_MAX)
}

function clientOptions(
  target: RedisTarget,
  session: RedisSession,
  proxy: RedisProxy | undefined,
): RedisOptions & { replyMapping: 'legacy' } {
  return {
    host: proxy?.host ?? target.host,
    port: proxy?.port ?? target.port,
    db: target.db,
    ...(target.username === undefined ? {} : { username: target.username }),
    ...(target.password === undefined ? {} : { password: target.password }),
    ...(target.tls ? { tls: proxy === undefined ? {} : named(target.host) } : {}),
    connectionName: session.name,
    keyPrefix: session.keyPrefix ?? '',
    // It would send two more commands per connection, which access rules may forbid.
    disableClientInfo: true,
    // Supported by every server from 6.2 on and by compatible ones; the newer protocol has nothing that is
    // used here.
    protocol: 2,
    replyMapping: 'legacy',
    // Opened by `openClient`, which waits for it.
    lazyConnect: true,

    connectTimeout: CONNECT_DEADLINE_MS,
    disconnectTimeout: DISCONNECT_GRACE_MS,
    keepAlive: KEEPALIVE_AFTER_MS,
    // The command fails at this moment, whatever happens to it on the server: its outcome is unknown.
    commandTimeout: session.commandDeadlineMs,
    // Such a command keeps its place in the client's queue, as its answer may still arrive. With a server
    // that never answers, the queue would grow without limit; cutting the connection empties it.
    socketTimeout: session.commandDeadlineMs + SILENCE_GRACE_MS,

    // Without a connection a command fails at once. If it were queued, it would reach the server when that
    // returns, long after its caller had given up: a hold without an owner.
    enableOfflineQueue: false,
    // A command whose connection broke before the answer is never resent automatically. It may have had its
    // effect, and the second answer ("taken", by ourselves) would hide that.
    autoResendUnfulfilledCommands: false,
    // With the option above alone, the client drops such a command and its promise never settles. A limit
    // of zero reconnections makes it fail as soon as the connection is gone.
    maxRetriesPerRequest: 0,
    retryStrategy: reconnectAfterMs,
    // A restarted server refuses commands while it reads its file: not ready before it has.
    enableReadyCheck: true,
    maxLoadingRetryTime: RECONNECT_AFTER_MS_MAX,
  }
}

function named(host: string): NonNullable<RedisOptions['tls']> {
  if (isIP(host) === 0) return { servername: host }
  return { checkServerIdentity: (_, certificate) => checkServerIdentity(host, certificate) }
}

/** Connected, or the reason thrown. Later connection errors reach the commands that are affected. */
export async function openClient(
  target: RedisTarget,
  session: RedisSession,
  proxy?: RedisProxy,
): Promise<Redis> {
  const client = new WritingTogether(clientOptions(target, session, proxy))
  let reason: unknown
  // For the whole life of the client: without a listener every broken connection would be printed.
  client.on('error', (error) => {
    reason = error
  })
  try {
    await client.connect()
    // A missing database is only reported: the client would continue in another one.
    if (reason !== undefined) throw reason
    return client
  } catch (thrown) {
    await closeClient(client)
    // What connecting throws says only that the connection was closed.
    throw reason ?? thrown
  }
}

export async function closeClient(client: Redis): Promise<void> {
  const { status } = client
  if (status === 'end') return
  const isConnected = status === 'connecting' || status === 'connect' || status === 'ready'
  const ended = isConnected ? endOf(client) : undefined
  client.disconnect()
  await ended
}

function endOf(client: Redis): Promise<void> {
  return new Promise((resolve) => {
    // The client itself cuts the connection after its grace period; twice that is only a safeguard.
    const timer = setTimeout(resolve, 2 * DISCONNECT_GRACE_MS)
    client.once('end', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/** An address for a reader: without the password. */
export function printableUrl(target: RedisTarget): string {
  return urlOf(target, undefined)
}

/** With the password: for a program that connects by itself. Not for printing. */
export function connectionString(target: RedisTarget): string {
  return urlOf(target, target.password)
}

function urlOf(target: RedisTarget, password: string | undefined): string {
  const user = encodeURIComponent(target.username ?? '')
  const secret = password === undefined ? '' : `:${encodeURIComponent(password)}`
  const host = target.host.includes(':') ? `[${target.host}]` : target.host
  const account = user === '' && secret === '' ? '' : `${user}${secret}@`
  const db = target.db === 0 ? '' : `/${target.db}`
  return `${target.tls ? 'rediss' : 'redis'}://${account}${host}:${target.port}${db}`
}
