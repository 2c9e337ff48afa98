/**
 * A server of the run with a standby, as HOLDFAST_POSTGRES asks for: what an answer means is the standby's
 * part, too.
 */
import pg from 'pg'
import { monotonicMs } from '../../clock.ts'
import type { Follower, StrikableServer } from '../engine.ts'
import { adminConfig, type PostgresTarget } from './connection.ts'
import { failure } from './failures.ts'

/**
 * What has happened when a commit is answered. `asynchronous`: it is on the disk of the primary.
 * `synchronous`: on that of the standby, too. `remote-apply`: a reader of the standby sees it.
 */
export type StandbyKind = 'asynchronous' | 'synchronous' | 'remote-apply'

const KINDS: readonly StandbyKind[] = ['asynchronous', 'synchronous', 'remote-apply']

/** Undefined if none is asked for. Throws an `EngineError` for anything else than one of the three. */
export function standbyIn(env: NodeJS.ProcessEnv): StandbyKind | undefined {
  const said = env.HOLDFAST_POSTGRES?.trim() ?? ''
  if (said === '') return undefined
  const kind = said === 'standby' ? 'asynchronous' : KINDS.find((each) => said === `standby:${each}`)
  if (kind === undefined) {
    throw failure(
      'misconfigured',
      `HOLDFAST_POSTGRES is "${said}"; it can be standby, or one of ${KINDS.map((each) => `standby:${each}`).join(', ')}; or shards:N.`,
      'export HOLDFAST_POSTGRES=standby:synchronous',
    )
  }
  if (env.POSTGRES_URL?.trim() || env.POSTGRES_URLS?.trim()) {
    throw failure(
      'misconfigured',
      'HOLDFAST_POSTGRES asks for a standby to be started, and POSTGRES_URL or POSTGRES_URLS names servers.',
      'unset POSTGRES_URL and POSTGRES_URLS, or unset HOLDFAST_POSTGRES',
    )
  }
  return kind
}

/**
 * Before any other session exists: a session keeps what it was opened with. The role's setting, since the
 * server's own stands on its command line.
 */
export async function commitsAs(kind: StandbyKind, target: PostgresTarget): Promise<void> {
  if (kind !== 'remote-apply') return
  const client = new pg.Client(adminConfig(target))
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query(
      `alter role ${pg.escapeIdentifier(target.user)} set synchronous_commit = 'remote_apply'`,
    )
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** Settles when it has everything, and when answers mean what they are to mean. */
export async function withStandby(
  kind: StandbyKind,
  server: StrikableServer,
  { host, port }: Pick<PostgresTarget, 'host' | 'port'>,
  log: (line: string) => void,
): Promise<Follower> {
  if (server.followedBy === undefined) throw new Error('the server cannot be followed')
  const startedMs = monotonicMs()
  const standby = await server.followedBy({ host, port })
  try {
    if (kind !== 'asynchronous') await standby.confirms?.(true)
    log(`postgres: a standby (${kind}) was started in ${Math.round(monotonicMs() - startedMs)} ms`)
    return standby
  } catch (error) {
    await standby[Symbol.asyncDispose]()
    throw error
  }
}
