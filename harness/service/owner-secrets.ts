/**
 * Makes the hold id public. Without this, every client that knows a hold's id may confirm, release and read
 * it. With it, a client keeps a secret and sends it with each request; the id is derived from the secret, but
 * not the secret from the id, so that an id can be shown, logged and sent by mail.
 */
import { createHmac } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { HoldId } from '../../strategies/strategy.ts'
import { holdId } from '../../strategies/validation.ts'
import { isSameSecret } from '../same-secret.ts'
import { Problem } from './problems.ts'

export const SECRET_HEADER = 'hold-secret'
/** At least 128 bits, even if hexadecimal; no characters that a header would need to escape. */
const SECRET = /^[A-Za-z0-9_-]{32,128}$/
/** Domain separation: the same secret used elsewhere gives another value. */
const PURPOSE = 'holdfast hold id, version 1'

/** The public id of a secret's hold. */
export function holdIdOf(secret: string): HoldId {
  return holdId(createHmac('sha256', secret).update(PURPOSE).digest('base64url'))
}

/** Throws a `Problem` unless the request has this hold's secret. */
export function requireOwner(headers: IncomingHttpHeaders, id: HoldId): void {
  const own = holdIdOf(secretIn(headers))
  if (!isSameSecret(own, id)) {
    throw new Problem('not-owner', `the secret in the ${SECRET_HEADER} header is not the one of this hold`)
  }
}

/** Throws a `Problem` unless the request has a secret. */
export function secretIn(headers: IncomingHttpHeaders): string {
  const secret = headers[SECRET_HEADER]
  if (typeof secret !== 'string' || !SECRET.test(secret)) {
    throw new Problem(
      'no-secret',
      `the ${SECRET_HEADER} header must have a secret of 32 to 128 characters out of A-Z, a-z, 0-9, "_" and "-"`,
    )
  }
  return secret
}
