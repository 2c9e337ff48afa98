/** Several servers of PostgreSQL, given by POSTGRES_URLS: each keeps whole events. */
import type { EngineError } from '../../engine-error.ts'
import { failure } from '../failures.ts'

const EXAMPLE =
  'export POSTGRES_URLS=postgres://user:password@one:5432/db,postgres://user:password@two:5432/db'
/** More would only be wrong by mistake: each has a pool of its own, from this one machine. */
const SERVERS_MAX = 16

/** Undefined if it is not set. Throws an `EngineError` if it names no servers to divide events among. */
export function shardsIn(env: NodeJS.ProcessEnv): readonly string[] | undefined {
  const said = env.POSTGRES_URLS?.trim() ?? ''
  if (said === '') return undefined
  // A comma may also stand in the list of hosts of one URL: a URL begins with its scheme.
  const urls = said
    .split(/[,\s]+(?=[a-z]+:\/\/)/i)
    .map((url) => url.replace(/[,\s]+$/, ''))
    .filter(Boolean)
  if (env.POSTGRES_URL?.trim()) {
    throw misconfigured('POSTGRES_URL names one server and POSTGRES_URLS several.', 'unset one of the two')
  }
  if (urls.length < 2) {
    throw misconfigured(
      'POSTGRES_URLS names one server, and events are divided among several.',
      `name it in POSTGRES_URL, or several: ${EXAMPLE}`,
    )
  }
  if (urls.length > SERVERS_MAX) {
    throw misconfigured(
      `POSTGRES_URLS names ${urls.length} servers; at most ${SERVERS_MAX} are used.`,
      EXAMPLE,
    )
  }
  const twice = urls.findIndex((url, at) => urls.indexOf(url) !== at)
  if (twice >= 0) throw sameServer(urls.indexOf(urls[twice] ?? ''), twice)
  return urls
}

/** Counted from 0. */
export function sameServer(one: number, other: number): EngineError {
  return misconfigured(
    `Addresses ${one + 1} and ${other + 1} of POSTGRES_URLS are the same server.`,
    'name a different server in every address of POSTGRES_URLS',
  )
}

function misconfigured(message: string, remedy: string): EngineError {
  return failure('misconfigured', message, remedy)
}

/**
 * Which of so many servers an event lives on. The same in every process; with another number of servers most
 * events would live elsewhere, so the number must not change while anything is sold.
 */
export function serverOf(event: string, count: number): number {
  // FNV-1a, and the upper bits folded in: its lowest alone are poor for short names.
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(event)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0
  return ((hash ^ (hash >>> 12)) >>> 0) % count
}
