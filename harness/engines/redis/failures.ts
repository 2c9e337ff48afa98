/** Translates a failure of a Redis server or the network into one sentence and the one step that helps. */
import { reasonWithout } from '../address.ts'
import { codeOf, EngineError, type EngineProblem } from '../engine-error.ts'
import { printableUrl, type RedisTarget } from './connection.ts'

export type AddressVariable = 'REDIS_URL' | 'REDIS_URLS'

export const EXAMPLES: Readonly<Record<AddressVariable, string>> = {
  REDIS_URL: 'export REDIS_URL=redis://:password@host:6379',
  REDIS_URLS: 'export REDIS_URLS=redis://:password@one:6379,redis://:password@two:6379,...',
}

interface Failure {
  /** Codes of the system or of TLS, or the first word of an error, which is Redis's own code. */
  readonly codes: readonly string[]
  readonly says?: RegExp
  readonly problem: EngineProblem
  /** The state of the server; `said` is its own message. */
  readonly message: (shown: string, said: string) => string
  readonly remedy: string | ((target: RedisTarget) => string)
}

const FAILURES: readonly Failure[] = [
  {
    codes: ['ECONNREFUSED'],
    problem: 'unreachable',
    message: (shown) => `No server listens at ${shown}.`,
    remedy: 'start the server, or fix its address',
  },
  {
    codes: ['ENOTFOUND', 'EAI_AGAIN'],
    problem: 'unreachable',
    message: (shown) => `The host name in ${shown} is not known.`,
    remedy: EXAMPLES.REDIS_URL,
  },
  {
    codes: [
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'SELF_SIGNED_CERT_IN_CHAIN',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    ],
    problem: 'refused-access',
    message: (shown) => `The certificate of ${shown} is not signed by an authority that is trusted here.`,
    remedy: 'export NODE_EXTRA_CA_CERTS=<the file with the certificate of its authority>',
  },
  {
    codes: ['CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    problem: 'refused-access',
    message: (shown) => `The certificate of ${shown} has expired, or is for another host name.`,
    remedy: 'write the name that the certificate is for into the address, or give the server a new one',
  },
  {
    codes: ['EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER'],
    problem: 'misconfigured',
    message: (shown) => `The server at ${shown} does not speak TLS, and the address asks for it.`,
    remedy: 'write redis:// instead of rediss:// into the address',
  },
  {
    codes: ['NOAUTH'],
    problem: 'refused-access',
    message: (shown) => `The server at ${shown} asks for a password, and the address has none.`,
    remedy: EXAMPLES.REDIS_URL,
  },
  {
    codes: ['WRONGPASS'],
    problem: 'refused-access',
    message: (shown) => `The server at ${shown} refuses this user and password.`,
    remedy: 'put the right user and password into the address',
  },
  {
    codes: ['DENIED'],
    problem: 'refused-access',
    message: (shown) => `The server at ${shown} has no password and therefore refuses other machines.`,
    remedy: 'set requirepass on the server, and put the password into the address',
  },
  {
    codes: ['NOPERM'],
    problem: 'refused-access',
    message: (shown, said) => `The server at ${shown} does not let this user do what is needed: ${said}.`,
    remedy: ({ username }) => `ACL SETUSER ${username ?? 'default'} ~holdfast:* +@all`,
  },
  {
    codes: ['OOM'],
    problem: 'too-small',
    message: (shown) => `The server at ${shown} has no memory left.`,
    remedy: 'raise maxmemory',
  },
  {
    codes: ['LOADING', 'MASTERDOWN', 'BUSY'],
    problem: 'unreachable',
    message: (shown, said) => `The server at ${shown} takes no commands now: ${said}.`,
    remedy: 'wait until it does',
  },
  {
    codes: ['MISCONF', 'NOREPLICAS'],
    problem: 'wrong-server',
    message: (shown, said) => `The server at ${shown} takes no writes: ${said}.`,
    remedy: 'fix what the server names (its disk, or its replicas), or name another server',
  },
  {
    codes: ['READONLY'],
    problem: 'wrong-server',
    message: (shown) => `The server at ${shown} is a replica; its master is needed.`,
    remedy: EXAMPLES.REDIS_URL,
  },
  {
    codes: ['ERR'],
    says: /max(imum)? number of clients/i,
    problem: 'too-small',
    message: (shown) => `The server at ${shown} takes no more clients.`,
    remedy: 'CONFIG SET maxclients <more than there are>',
  },
  {
    codes: ['ERR'],
    says: /DB index is out of range/i,
    problem: 'misconfigured',
    message: (shown, said) => `The server at ${shown} cannot be used: ${said}.`,
    remedy: EXAMPLES.REDIS_URL,
  },
]

/** Turns an error of connecting or of the first command into a sentence. */
export function connectFailure(target: RedisTarget, thrown: unknown): EngineError {
  if (thrown instanceof EngineError) return thrown
  const shown = printableUrl(target)
  const said = reasonWithout(target.password, thrown)
  const codes = [codeOf(thrown), said.split(' ')[0]]
  const known = FAILURES.find(
    ({ codes: its, says }) =>
      codes.some((code) => code !== undefined && its.includes(code)) && (says?.test(said) ?? true),
  )
  if (known === undefined) {
    return failure('unreachable', `The server at ${shown} cannot be used: ${said}.`, EXAMPLES.REDIS_URL)
  }
  const { problem, message, remedy } = known
  return failure(problem, message(shown, said), typeof remedy === 'string' ? remedy : remedy(target))
}

/**
 * Without the error that caused it: the client library's errors contain the failed command, and with it the
 * password.
 */
export function failure(
  problem: EngineProblem,
  message: string,
  remedy: string,
  cause?: unknown,
): EngineError {
  return new EngineError({ engine: 'redis', problem, message, remedy, cause })
}
