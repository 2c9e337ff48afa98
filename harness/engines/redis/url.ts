/** Existing Redis servers, given by REDIS_URL or REDIS_URLS. Every failure is reported in one sentence. */
import { connect, isIP } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Redis } from 'ioredis'
import { misplacedSign, remedyForSigns } from '../address.ts'
import type { EngineError } from '../engine-error.ts'
import {
  atLeastOne,
  CONNECT_DEADLINE_MS,
  type PerNode,
  printableUrl,
  type RedisTarget,
} from './connection.ts'
import { type AddressVariable, connectFailure, EXAMPLES, failure } from './failures.ts'
import { parseInfo, productOf, type ServerFacts } from './settings.ts'

const DEFAULT_PORT = 6379
const OLDEST_VERSION = [6, 2] as const
const OLDEST_VERSION_TEXT = OLDEST_VERSION.join('.')
/** Only the first line of another kind of server matters. */
const ANSWER_CHARACTERS_MAX = 4_096

/** How many servers the environment names; 0 if it names none and the run starts its own. */
export function addressCount(env: NodeJS.ProcessEnv): number {
  const several = (env.REDIS_URLS ?? '').split(/[,\s]+/).filter(Boolean)
  return several.length > 0 ? several.length : Number(Boolean(env.REDIS_URL?.trim()))
}

/** The given addresses, as many as are needed. Undefined if none is given. */
export function addressesIn(
  env: NodeJS.ProcessEnv,
  nodes: number,
): { readonly variable: AddressVariable; readonly targets: PerNode<RedisTarget> } | undefined {
  const single = env.REDIS_URL?.trim()
  const several = (env.REDIS_URLS ?? '').split(/[,\s]+/).filter(Boolean)
  if (several.length === 0 && (env.REDIS_URLS ?? '').includes(',')) {
    throw misconfigured('REDIS_URLS', 'REDIS_URLS has commas and no address.')
  }
  // Each has its purpose: if both are set, the single address is for strategies that need one server.
  const isSingle = several.length === 0 || (nodes === 1 && Boolean(single))
  const variable = isSingle ? 'REDIS_URL' : 'REDIS_URLS'
  const texts = isSingle ? (single ? [single] : []) : several
  if (texts.length === 0) return undefined
  if (texts.length < nodes) {
    throw failure(
      'too-small',
      `${variable} names ${texts.length} server${texts.length === 1 ? '' : 's'}, but ${nodes} independent ones are needed.`,
      `unset ${variable}, to have ${nodes} servers started here   (or: ${EXAMPLES.REDIS_URLS})`,
    )
  }
  return {
    variable,
    // All of them are parsed: a comma in a password leaves one piece that looks valid, and others that do
    // not.
    targets: atLeastOne(texts.map((text) => parseRedisUrl(text, variable)).slice(0, nodes)),
  }
}

/** One address, whichever way it was given. */
export function parseRedisUrl(text: string, variable: AddressVariable): RedisTarget {
  const scheme = /^(redis|valkey)(s?):\/\//i.exec(text)
  if (/^(redis|valkey)s?\+cluster:/i.test(text)) {
    throw misconfigured(
      variable,
      `${variable} names a cluster among servers, and takes one alone in REDIS_URL.`,
    )
  }
  if (!scheme) throw misconfigured(variable, `${variable} does not begin with redis:// or rediss://.`)
  const misplaced = misplacedSign(text)
  if (misplaced !== undefined) throw unreadable(variable, misplaced)
  let url: URL
  let username: string
  let password: string
  try {
    url = new URL(text)
    username = decodeURIComponent(url.username)
    password = decodeURIComponent(url.password)
  } catch {
    // The message would repeat the text including the password.
    const why = 'it is not a complete, well-formed URL'
    if (text.includes('@')) throw unreadable(variable, why)
    throw misconfigured(variable, `${variable} cannot be used: ${why}.`)
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  if (host === '') throw misconfigured(variable, `${variable} names no host.`)
  const db = /^\/?(\d{0,4})$/.exec(url.pathname)?.[1]
  if (db === undefined) {
    throw misconfigured(variable, `${variable} ends in something else than the number of a database.`)
  }
  return {
    host,
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    username: username === '' ? undefined : username,
    password: password === '' ? undefined : password,
    db: Number(db),
    tls: scheme[2] !== '',
  }
}

/**
 * Says PING, which a Redis server answers in its own protocol with or without a password, before the client
 * library is used: the library has no understandable message for another kind of server.
 */
export async function proveRedisSpeaks(target: RedisTarget, signal: AbortSignal | undefined): Promise<void> {
  const shown = printableUrl(target)
  const answer = await firstLineTo('*1\r\n$4\r\nPING\r\n', target, signal)
  switch (answer.kind) {
    case 'aborted':
      throw failure('aborted', 'Opening Redis was given up on request.', 'start it again', signal?.reason)
    case 'no-connection':
      throw failure(
        'unreachable',
        `${shown} does not answer within ${CONNECT_DEADLINE_MS} ms.`,
        EXAMPLES.REDIS_URL,
      )
    case 'silence':
      throw failure(
        'wrong-server',
        `${shown} accepts connections, but does not answer as a Redis server does.`,
        target.tls ? EXAMPLES.REDIS_URL : `${EXAMPLES.REDIS_URL}   (rediss:// for a server behind TLS)`,
      )
    case 'failed':
      throw connectFailure(target, answer.error)
    case 'closed':
      throw failure(
        'wrong-server',
        `${shown} closes the connection without an answer.`,
        target.tls ? EXAMPLES.REDIS_URL : `${EXAMPLES.REDIS_URL}   (rediss:// for a server behind TLS)`,
      )
    case 'line':
      if (answer.text.startsWith('-DENIED')) throw connectFailure(target, new Error(answer.text.slice(1)))
      if (!/^(\+PONG|-[A-Z]+ )/.test(answer.text)) {
        throw failure('wrong-server', `What answers at ${shown} is not a Redis server.`, EXAMPLES.REDIS_URL)
      }
  }
}

type Answer =
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'failed'; readonly error: Error }
  | { readonly kind: 'aborted' | 'no-connection' | 'silence' | 'closed' }

/** The first line of the answer to a few bytes, on a separate connection. */
function firstLineTo(said: string, target: RedisTarget, signal: AbortSignal | undefined): Promise<Answer> {
  if (signal?.aborted) return Promise.resolve({ kind: 'aborted' })
  return new Promise((resolve) => {
    const { host, port } = target
    const socket = target.tls
      ? connectTls({ host, port, ...(isIP(host) ? {} : { servername: host }) })
      : connect(port, host)
    const settle = (answer: Answer): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      socket.destroy()
      resolve(answer)
    }
    const onAbort = (): void => settle({ kind: 'aborted' })
    signal?.addEventListener('abort', onAbort, { once: true })
    let isConnected = false
    const timer = setTimeout(
      () => settle({ kind: isConnected ? 'silence' : 'no-connection' }),
      CONNECT_DEADLINE_MS,
    )
    socket.once(target.tls ? 'secureConnect' : 'connect', () => {
      isConnected = true
      socket.write(said)
    })
    let heard = ''
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString('latin1')
      if (heard.includes('\n') || heard.length > ANSWER_CHARACTERS_MAX) {
        settle({ kind: 'line', text: (heard.split('\n')[0] ?? '').trim() })
      }
    })
    socket.on('error', (error) => settle({ kind: 'failed', error }))
    socket.once('close', () => settle(heard === '' ? { kind: 'closed' } : { kind: 'line', text: heard }))
  })
}

/** What a server is used as: an independent master, or one of a cluster. */
export type ServerRole = 'alone' | 'of-cluster'

/** What the server says about itself, or why it cannot be used. */
export async function readUsable(admin: Redis, target: RedisTarget, as: ServerRole): Promise<ServerFacts> {
  const info = parseInfo(
    await admin.info().catch((error: unknown) => {
      throw connectFailure(target, error)
    }),
  )
  const shown = printableUrl(target)
  const refuse = (message: string): never => {
    throw failure('wrong-server', message, 'unset REDIS_URL to have a server started here')
  }
  const [major = 0, minor = 0] = (info.redis_version ?? '').split('.').map(Number)
  const [oldestMajor, oldestMinor] = OLDEST_VERSION
  if (!(major > oldestMajor || (major === oldestMajor && minor >= oldestMinor))) {
    refuse(`The server at ${shown} is ${productOf(info)}; Redis ${OLDEST_VERSION_TEXT} or newer is needed.`)
  }
  const mode = info.server_mode ?? info.redis_mode
  if (mode === 'sentinel') {
    throw failure(
      'wrong-server',
      `The server at ${shown} is a Sentinel, which keeps no data.`,
      `export REDIS_URL=${target.tls ? 'rediss' : 'redis'}+sentinel://:password@${target.host}:${target.port}/<name of the master>`,
    )
  }
  const isOfCluster = mode === 'cluster' || info.cluster_enabled === '1'
  if (isOfCluster && as === 'alone') {
    throw failure(
      'wrong-server',
      `The server at ${shown} is a node of a cluster; independent masters are needed.`,
      `write ${target.tls ? 'rediss' : 'redis'}+cluster:// into REDIS_URL, to use the whole cluster`,
    )
  }
  if (!isOfCluster && as === 'of-cluster') {
    throw failure(
      'wrong-server',
      `The server at ${shown} is not a node of a cluster, and the address asks for one.`,
      `write ${target.tls ? 'rediss' : 'redis'}:// into REDIS_URL, for one server`,
    )
  }
  if (info.role !== undefined && info.role !== 'master') {
    refuse(`The server at ${shown} is a replica; its master is needed.`)
  }
  return info
}

/** No part of it is printed: it is unknown which part is the password. */
function unreadable(variable: AddressVariable, why: string): EngineError {
  return failure(
    'misconfigured',
    `${variable} cannot be used: ${why}.`,
    `${remedyForSigns(variable)}   (${EXAMPLES[variable]})`,
  )
}

function misconfigured(variable: AddressVariable, message: string): EngineError {
  return failure('misconfigured', message, EXAMPLES[variable])
}
