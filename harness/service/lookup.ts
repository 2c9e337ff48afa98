/** Reads one hold from the store, for the client that may see it. */
import type { IncomingHttpHeaders } from 'node:http'
import type { FoundStatus } from '../../strategies/ledgers/ledger.ts'
import type { HoldId } from '../../strategies/strategy.ts'
import type { ServiceLog } from './log.ts'
import { requireOwner } from './owner-secrets.ts'
import type { RouteParts } from './parts.ts'
import { Problem } from './problems.ts'

/** Throws a `Problem` if the client is not the owner, or the store cannot be read. */
export async function statusOf(
  id: HoldId,
  { headers, log }: { readonly headers: IncomingHttpHeaders; readonly log: ServiceLog },
  { store, caller, settings }: Pick<RouteParts, 'store' | 'caller' | 'settings'>,
): Promise<FoundStatus> {
  if (settings.hasOwnerSecrets) requireOwner(headers, id)
  const status = await caller.called(
    log,
    'lookup',
    () => store.status(id),
    () => 'read',
  )
  if (status === 'not-readable') {
    throw new Problem('not-audited', 'the service cannot read where this strategy keeps its holds')
  }
  return status
}
