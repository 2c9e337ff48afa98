/** How many servers HOLDFAST_POSTGRES=shards:N asks this run to start, to divide events among. */
import { failure } from '../failures.ts'

/** Each is a server with memory of its own. */
const SERVERS = { min: 2, max: 8 } as const

/** Undefined if it asks for none. Throws an `EngineError` for a number that is none, and beside addresses. */
export function ownShardsIn(env: NodeJS.ProcessEnv): number | undefined {
  const said = env.HOLDFAST_POSTGRES?.trim() ?? ''
  if (!/^shards\b/.test(said)) return undefined
  const count = Number(/^shards:(\d+)$/.exec(said)?.[1])
  if (!(count >= SERVERS.min && count <= SERVERS.max)) {
    throw failure(
      'misconfigured',
      `HOLDFAST_POSTGRES is "${said}"; it can be shards:N, with ${SERVERS.min} to ${SERVERS.max} servers.`,
      'export HOLDFAST_POSTGRES=shards:3',
    )
  }
  if (env.POSTGRES_URL?.trim() || env.POSTGRES_URLS?.trim()) {
    throw failure(
      'misconfigured',
      'HOLDFAST_POSTGRES asks for servers to be started, and POSTGRES_URL or POSTGRES_URLS names some.',
      'unset POSTGRES_URL and POSTGRES_URLS, or unset HOLDFAST_POSTGRES',
    )
  }
  return count
}
