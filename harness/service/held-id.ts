/** The id under which a hold is placed, wherever the client says it. */
import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { HoldId } from '../../strategies/strategy.ts'
import { holdId } from '../../strategies/validation.ts'
import { holdIdOf, requireOwner, secretIn } from './owner-secrets.ts'
import { Problem } from './problems.ts'

/** Printable. Headers have no encoding: an id with other characters would be another one than in a body. */
const ASCII = /^[\x20-\x7e]*$/

/** Throws a `Problem` or `InvalidRequestError` for what is no id, or not this client's. */
export function heldId(
  inBody: string | undefined,
  headers: IncomingHttpHeaders,
  { hasOwnerSecrets }: { readonly hasOwnerSecrets: boolean },
): HoldId {
  const said = inBody ?? keyIn(headers)
  if (!hasOwnerSecrets) return holdId(said ?? randomUUID())
  if (said === undefined) return holdIdOf(secretIn(headers))
  const id = holdId(said)
  requireOwner(headers, id)
  return id
}

function keyIn(headers: IncomingHttpHeaders): string | undefined {
  const key = headers['idempotency-key']
  if (key === undefined) return undefined
  if (typeof key !== 'string' || !ASCII.test(key)) {
    throw new Problem('invalid-request', 'the Idempotency-Key header takes printable ASCII alone')
  }
  return key
}
