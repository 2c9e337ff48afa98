/**
 * Translates a failure of a PostgreSQL server, a pooler or the network into one sentence and the one step
 * that helps. It goes by SQLSTATE and by the server function that raised the error, which do not depend on
 * the language; by the message only if there is nothing else.
 */
import pg from 'pg'
import { reasonWithout } from '../address.ts'
import { codeOf, EngineError, type EngineProblem } from '../engine-error.ts'
import { type PostgresTarget, printableUrl } from './connection.ts'

export const EXAMPLE = 'export POSTGRES_URL=postgres://user:password@host:5432/database'

interface Said {
  readonly code: string
  /** The function in PostgreSQL's source that raised it. */
  readonly routine: string
  readonly text: string
  readonly target: PostgresTarget
  /** Without the password. */
  readonly shown: string
}

interface Failure {
  readonly when: (said: Said) => boolean
  readonly problem: EngineProblem
  readonly message: (said: Said) => string
  readonly remedy: (said: Said) => string
}

const UNTRUSTED: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
])

const TRUST =
  'append sslmode=verify-full&sslrootcert=<the file with the certificate of its authority> to POSTGRES_URL (or sslmode=no-verify, which encrypts but does not check who answers)'

const isEncrypted = ({ target }: Said): boolean => Boolean(target.ssl)

/** Failures of the network. */
const NETWORK: readonly Failure[] = [
  {
    when: ({ code, text }) =>
      ['ECONNREFUSED', 'ENOENT'].includes(code) || /ECONNREFUSED|connect ENOENT/.test(text),
    problem: 'unreachable',
    message: ({ shown }) => `No server listens at ${shown}.`,
    remedy: () => 'start the server, or fix POSTGRES_URL',
  },
  {
    when: ({ code }) => ['ENOTFOUND', 'EAI_AGAIN'].includes(code),
    problem: 'unreachable',
    message: ({ shown }) => `The host name in ${shown} is not known.`,
    remedy: () => EXAMPLE,
  },
  {
    when: ({ code }) => UNTRUSTED.has(code),
    problem: 'refused-access',
    message: ({ shown }) =>
      `The certificate of ${shown} is not signed by an authority that is trusted here (self-signed, perhaps).`,
    remedy: () => TRUST,
  },
  {
    when: ({ code }) => code === 'CERT_HAS_EXPIRED',
    problem: 'refused-access',
    message: ({ shown }) => `The certificate of ${shown} has expired.`,
    remedy: () => 'give the server a new certificate (or append sslmode=no-verify to POSTGRES_URL)',
  },
  {
    when: ({ code }) => code === 'ERR_TLS_CERT_ALTNAME_INVALID',
    problem: 'refused-access',
    message: ({ shown }) => `The certificate of ${shown} is for another host name.`,
    remedy: () =>
      'write the name that the certificate is for into POSTGRES_URL (or append sslmode=no-verify to it)',
  },
  {
    when: ({ text }) => /does not support SSL/i.test(text),
    problem: 'misconfigured',
    message: ({ shown }) => `The server at ${shown} offers no encryption, and POSTGRES_URL asks for it.`,
    remedy: () => 'write sslmode=disable into POSTGRES_URL, or set ssl = on at the server',
  },
]

/** Failures of authentication. */
const ACCESS: readonly Failure[] = [
  {
    when: ({ text }) => /password must be a (non-empty )?string|no password supplied/i.test(text),
    problem: 'refused-access',
    message: ({ shown }) => `The server at ${shown} asks for a password, and POSTGRES_URL has none.`,
    remedy: () => EXAMPLE,
  },
  {
    // No line of pg_hba.conf admits this role from this host, or one rejects it: never a wrong password.
    when: ({ code, routine, text }) =>
      code === '28000' && (routine === 'ClientAuthentication' || /pg_hba\.conf/.test(text)),
    problem: 'refused-access',
    message: (said) =>
      `No rule in pg_hba.conf of the server at ${said.shown} lets "${said.target.user}" into "${said.target.database}" from this host ${isEncrypted(said) ? 'over' : 'without'} encryption.`,
    remedy: (said) =>
      isEncrypted(said)
        ? hbaLine(said, 'hostssl')
        : `append sslmode=verify-full (or sslmode=no-verify) to POSTGRES_URL, if the server asks for encryption; else ${hbaLine(said, 'host')}`,
  },
  {
    when: ({ code, text }) => code === '28000' && /certificate/i.test(text),
    problem: 'refused-access',
    message: ({ shown }) => `The server at ${shown} asks for a client's certificate.`,
    remedy: () => 'append sslcert=<file>&sslkey=<file> to POSTGRES_URL',
  },
  {
    // No such role, or one that may not log in: only reported if no password was requested.
    when: ({ code, routine }) => code === '28000' && routine === 'InitializeSessionUserId',
    problem: 'refused-access',
    message: ({ shown, target }) =>
      `The server at ${shown} has no role "${target.user}", or one that may not log in.`,
    remedy: ({ target }) =>
      `CREATE ROLE ${pg.escapeIdentifier(target.user)} LOGIN PASSWORD '…'   (or ALTER ROLE … LOGIN)`,
  },
  {
    when: ({ code, text }) => code === '28P01' || /SASL authentication failed|auth failed/i.test(text),
    problem: 'refused-access',
    message: ({ shown }) => `The server at ${shown} refuses this user and password.`,
    remedy: () => 'put the right user and password into POSTGRES_URL',
  },
  {
    when: ({ code }) => code === '28000',
    problem: 'refused-access',
    message: ({ shown, text }) => `The server at ${shown} does not let this account in: ${text}.`,
    remedy: () => 'allow the account at the server (pg_hba.conf), or name another in POSTGRES_URL',
  },
  {
    when: ({ code, text }) => code === '3D000' || /no such database/i.test(text),
    problem: 'misconfigured',
    message: ({ shown, target }) => `The server has no database called "${target.database}" (${shown}).`,
    remedy: ({ target }) => `createdb ${target.database}, or name another in POSTGRES_URL`,
  },
  {
    when: ({ code, routine }) =>
      code === '42501' && (routine === 'CheckMyDatabase' || routine === 'InitPostgres'),
    problem: 'refused-access',
    message: ({ shown, target }) =>
      `The role "${target.user}" may not connect to the database "${target.database}" (${shown}).`,
    remedy: ({ target }) =>
      `GRANT CONNECT ON DATABASE ${pg.escapeIdentifier(target.database)} TO ${pg.escapeIdentifier(target.user)}`,
  },
]

/** Failures of limits. */
const ROOM: readonly Failure[] = [
  {
    when: ({ code, routine, text }) =>
      code === '53300' && (routine === 'InitializeSessionUserId' || /for role/i.test(text)),
    problem: 'too-small',
    message: ({ shown, target }) =>
      `The role "${target.user}" has as many connections to ${shown} as it may have.`,
    remedy: ({ target }) =>
      `ALTER ROLE ${pg.escapeIdentifier(target.user)} CONNECTION LIMIT -1, or use a smaller pool`,
  },
  {
    when: ({ code, routine, text }) =>
      code === '53300' && (routine === 'CheckMyDatabase' || /for database/i.test(text)),
    problem: 'too-small',
    message: ({ shown, target }) =>
      `The database "${target.database}" has as many connections as it may have (${shown}).`,
    remedy: ({ target }) =>
      `ALTER DATABASE ${pg.escapeIdentifier(target.database)} CONNECTION LIMIT -1, or use a smaller pool`,
  },
  {
    when: ({ code }) => code === '53300',
    problem: 'too-small',
    message: ({ shown }) => `The server at ${shown} has no connection left.`,
    remedy: () => 'raise max_connections, or use a smaller pool',
  },
  {
    when: ({ text }) =>
      /max_client_conn|no more connections allowed|max clients? (connections )?reached/i.test(text),
    problem: 'too-small',
    message: ({ shown }) => `The pooler at ${shown} takes no more clients.`,
    remedy: () => 'raise max_client_conn (of PgBouncer), or use a smaller pool',
  },
  {
    when: ({ text, target }) =>
      /query_wait_timeout/i.test(text) ||
      (target.pooling !== 'direct' && /read timeout|timeout exceeded when trying to connect/i.test(text)),
    problem: 'too-small',
    message: ({ shown }) => `The pooler at ${shown} lends fewer sessions than the run asks for.`,
    remedy: () => 'raise default_pool_size (of PgBouncer), or use a smaller pool',
  },
  {
    when: ({ code }) => code === '53100' || code === '53200',
    problem: 'too-small',
    message: ({ shown, text }) => `The server at ${shown} has no room left: ${text}.`,
    remedy: () => 'make room at the server, or name another in POSTGRES_URL',
  },
]

/** Failures of missing abilities. */
const STATE: readonly Failure[] = [
  {
    when: ({ code, text }) => code === '25006' || /read-only transaction|during recovery/i.test(text),
    problem: 'wrong-server',
    message: ({ shown }) => `The server at ${shown} takes no writes: it is a standby, or set read-only.`,
    remedy: () => PRIMARY,
  },
  {
    when: ({ code }) => code === '57P03',
    problem: 'unreachable',
    message: ({ shown, text }) => `The server at ${shown} takes no sessions now: ${text}.`,
    remedy: () => 'wait until it does, or name the primary in POSTGRES_URL',
  },
  {
    when: ({ text }) =>
      /pgbouncer cannot connect to server|server login (has been )?fail|server_login_retry/i.test(text),
    problem: 'unreachable',
    message: ({ shown, text }) => `The pooler at ${shown} does not reach its server: ${text}.`,
    remedy: () => 'start the server behind the pooler, or name the server itself in POSTGRES_URL',
  },
]

export const PRIMARY = 'name the primary, which takes writes, in POSTGRES_URL'

const FAILURES: readonly Failure[] = [...NETWORK, ...STATE, ...ACCESS, ...ROOM]

/** Turns an error of connecting into a sentence. */
export function connectFailure(target: PostgresTarget, thrown: unknown): EngineError {
  if (thrown instanceof EngineError) return thrown
  const said: Said = {
    code: codeOf(thrown) ?? '',
    routine: routineOf(thrown),
    text: reasonWithout(target.password, thrown),
    target,
    shown: printableUrl(target),
  }
  const known = FAILURES.find(({ when }) => when(said))
  if (known === undefined) {
    return failure(
      'unreachable',
      `The server at ${said.shown} cannot be used: ${said.text}.`,
      EXAMPLE,
      thrown,
    )
  }
  return failure(known.problem, known.message(said), known.remedy(said), thrown)
}

export function failure(
  problem: EngineProblem,
  message: string,
  remedy: string,
  cause?: unknown,
): EngineError {
  return new EngineError({ engine: 'postgres', problem, message, remedy, cause })
}

/** A line for pg_hba.conf; the server's log shows which client address it sees. */
function hbaLine({ target }: Said, kind: 'host' | 'hostssl'): string {
  return `add to pg_hba.conf, and reload: ${kind} ${target.database} ${target.user} <this host>/32 scram-sha-256`
}

function routineOf(thrown: unknown): string {
  if (typeof thrown !== 'object' || thrown === null || !('routine' in thrown)) return ''
  return typeof thrown.routine === 'string' ? thrown.routine : ''
}
