/** An existing PostgreSQL server, given by POSTGRES_URL. Every failure is reported in one sentence. */
import { connect } from 'node:net'
import pg from 'pg'
import { misplacedSign, remedyForSigns } from '../address.ts'
import { codeOf, type EngineError, reasonOf } from '../engine-error.ts'
import { addressOf, type PostgresTarget, printableUrl } from './connection.ts'
import { connectFailure, EXAMPLE, failure } from './failures.ts'

/** Time limit for connecting, if the address has no connect_timeout. */
const CONNECT_DEADLINE_MS = 5_000

/** What the address says; `probeSurroundings` finds out what is there. */
export function parsePostgresUrl(text: string): PostgresTarget {
  if (!/^postgres(ql)?:\/\//i.test(text)) {
    throw misconfigured('POSTGRES_URL does not begin with postgres://.')
  }
  const misplaced = misplacedSign(text)
  if (misplaced !== undefined) throw unreadable(misplaced)
  let parsed: pg.Client
  try {
    // The client's own reading of the address, so that everything it understands (sockets,
    // TLS) is understood here.
    parsed = new pg.Client({ connectionString: text })
  } catch (error) {
    // Most messages repeat the text including the password; that of a missing certificate only names its
    // file.
    const why =
      codeOf(error) === 'ENOENT' ? reasonOf(error) : 'it is not a complete, well-formed URL of one server'
    // If the account part ends too early, the rest is not a valid port.
    if (codeOf(error) !== 'ENOENT' && text.includes('@')) throw unreadable(why)
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
    prepares: true,
    sets: [],
  }
}

/**
 * Asks whether TLS is offered, which every PostgreSQL server answers with one letter, before the client
 * library is used: the answer of another kind of server would be thrown in a socket's listener, where it
 * cannot be caught.
 */
export function provePostgresSpeaks(target: PostgresTarget, signal: AbortSignal | undefined): Promise<void> {
  const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])
  const shown = printableUrl(target)
  return new Promise((resolve, reject) => {
    const socket = connect(addressOf(target))
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

/** No part of it is printed: it is unknown which part is the password. */
function unreadable(why: string): EngineError {
  return failure(
    'misconfigured',
    `POSTGRES_URL cannot be used: ${why}.`,
    `${remedyForSigns('POSTGRES_URL')}   (${EXAMPLE})`,
  )
}

function misconfigured(message: string): EngineError {
  return failure('misconfigured', message, EXAMPLE)
}
