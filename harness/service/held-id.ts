/** The id of a hold to place, from the body or a header. */
import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { type HoldId, inEventOf, type ResourceId } from '../../strategies/strategy.ts'
import { holdId } from '../../strategies/validation.ts'
import { holdIdOf, requireOwner, secretIn } from './owner-secrets.ts'
import { Problem } from './problems.ts'

/**
 * Printable ASCII. Headers have no encoding, so an id with other characters would differ from the same id in
 * a body.
 */
const ASCII = /^[\x20-\x7e]*$/

/**
 * `of`: one of the hold's resources, whose event an id made here names. Throws a `Problem` or
 * `InvalidRequestError` if what was sent is not an id, or not this client's.
 */
export function heldId(
  inBody: string | undefined,
  headers: IncomingHttpHeaders,
  { hasOwnerSecrets, of }: { readonly hasOwnerSecrets: boolean; readonly of: () => ResourceId },
): HoldId {
  const said = inBody ?? keyIn(headers)
  if (!hasOwnerSecrets) return holdId(said ?? inEventOf(of(), randomUUID()))
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
