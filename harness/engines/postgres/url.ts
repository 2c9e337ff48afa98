/**
 * A PostgreSQL server that somebody else runs, named by POSTGRES_URL. Whatever is wrong
 * is told in one sentence.
 */
import { connect } from 'node:net'
import { join } from 'node:path'
import pg from 'pg'
import { codeOf, EngineError, type EngineProblem, reasonOf } from '../engine-error.ts'
import { type PostgresTarget, printableUrl } from './connection.ts'

/** For reaching a server by an address without a connect_timeout of its own. */
const CONNECT_DEADLINE_MS = 5_000
const EXAMPLE = 'export POSTGRES_URL=postgres://user:password@host:5432/database'

/** What the address says; whether a pooler stands before the server is for `probePooling` to find out. */
export function parsePostgresUrl(text: string): PostgresTarget {
  if (!/^postgres(ql)?:\/\//i.test(text)) {
    throw misconfigured('POSTGRES_URL does not begin with postgres://.')
  }
  let parsed: pg.Client
  try {
    // The client's own reading of the address, so that everything it understands (sockets,
    // TLS) is understood here.
    parsed = new pg.Client({ connectionString: text })
  } catch (error) {
    // Most messages repeat the text, password and all; that of a missing certificate names just its file.
    const why = codeOf(error) === 'ENOENT' ? reasonOf(error) : 'it is not a complete, well-formed URL'
    throw misconfigured(`POSTGRES_URL cannot be used: ${why}.`)
  }
  if (!Number.isInteger(parsed.port) || parsed.port < 1 || parsed.port > 65_535) {
    throw misconfigured('POSTGRES_URL names a port that does not exist.')
  }
  const query = new URLSearchParams(text.includes('?') ? text.slice(text.indexOf('?') + 1) : '')
  const seconds = Number(query.get('connect_timeout') ?? 0)
  return {
    host: parsed.host,
    port: parsed.port,
    user: parsed.user ?? '',
    database: parsed.database ?? parsed.user ?? '',
    password: parsed.password ?? undefined,
    ssl: parsed.ssl,
    options: query.get('options') ?? '',
    connectDeadlineMs: Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : CONNECT_DEADLINE_MS,
    pooling: 'direct',
    versionNum: 0,
  }
}

/**
 * Asks whether TLS is offered, which every PostgreSQL server answers with one letter, before the client
 * library is let near it: what another kind of server says would be thrown out of a socket's listener,
 * where nobody can catch it.
 */
export function provePostgresSpeaks(target: PostgresTarget, signal: AbortSignal | undefined): Promise<void> {
  const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])
  const shown = printableUrl(target)
  return new Promise((resolve, reject) => {
    const socket = target.host.startsWith('/')
      ? connect(join(target.host, `.s.PGSQL.${target.port}`))
      : connect(target.port, target.host)
    const settle = (error?: EngineError): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      socket.destroy()
      if (error) reject(error)
      else resolve()
    }
    const onAbort = (): void => {
      settle(failure('aborted', 'Opening PostgreSQL was given up on request.', 'start it again'))
    }
    let isConnected = false
    const timer = setTimeout(() => {
      settle(
        isConnected
          ? failure(
              'wrong-server',
              `${shown} accepts connections, but does not answer as a PostgreSQL server does.`,
              EXAMPLE,
            )
          : failure(
              'unreachable',
              `${shown} does not answer within ${target.connectDeadlineMs} ms.`,
              EXAMPLE,
            ),
      )
    }, target.connectDeadlineMs)
    signal?.addEventListener('abort', onAbort, { once: true })
    socket.once('connect', () => {
      isConnected = true
      socket.write(SSL_REQUEST)
    })
    socket.once('data', (answer) => {
      const isPostgres = answer.length === 1 && (answer[0] === 0x53 || answer[0] === 0x4e)
      settle(
        isPostgres
          ? undefined
          : failure('wrong-server', `What answers at ${shown} is not a PostgreSQL server.`, EXAMPLE),
      )
    })
    socket.once('error', (error) => {
      settle(connectFailure(target, error))
    })
    socket.once('close', () => {
      settle(failure('wrong-server', `${shown} closes the connection without an answer.`, EXAMPLE))
    })
  })
}

/** Turns whatever connecting threw into a sentence. */
export function connectFailure(target: PostgresTarget, thrown: unknown): EngineError {
  if (thrown instanceof EngineError) return thrown
  const shown = printableUrl(target)
  switch (codeOf(thrown)) {
    case 'ECONNREFUSED':
      return failure(
        'unreachable',
        `No server listens at ${shown}.`,
        'start the server, or fix POSTGRES_URL',
        thrown,
      )
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return failure('unreachable', `The host name in ${shown} is not known.`, EXAMPLE, thrown)
    case '28P01':
    case '28000':
      return failure(
        'refused-access',
        `The server at ${shown} refuses this user and password.`,
        'put the right user and password into POSTGRES_URL',
        thrown,
      )
    case '3D000':
      return failure(
        'misconfigured',
        `The server has no database called "${target.database}" (${shown}).`,
        `createdb ${target.database}, or name another in POSTGRES_URL`,
        thrown,
      )
    case '53300':
      return failure(
        'too-small',
        `The server at ${shown} has no connection left.`,
        'raise max_connections, or use a smaller pool',
        thrown,
      )
    default: {
      const said = redacted(reasonOf(thrown), target.password)
      return failure('unreachable', `The server at ${shown} cannot be used: ${said}.`, EXAMPLE, thrown)
    }
  }
}

function redacted(text: string, secret: string | undefined): string {
  return secret ? text.replaceAll(secret, '***') : text
}

function misconfigured(message: string): EngineError {
  return failure('misconfigured', message, EXAMPLE)
}

function failure(problem: EngineProblem, message: string, remedy: string, cause?: unknown): EngineError {
  return new EngineError({ engine: 'postgres', problem, message, remedy, cause })
}
