/** Which strategies keep leases beside their record, and on how many servers. */
import type { FaultSubject } from './fault.ts'

/** The engines beside the record that only help: what they keep is in memory, and expires. */
function leaseStores({ helpers }: FaultSubject): FaultSubject['helpers'] {
  return helpers.filter((kind) => kind.killLoses?.('relaxed') === 'everything')
}

export function hasNoLeases(subject: FaultSubject): string | undefined {
  return leaseStores(subject).length > 0 ? undefined : 'it keeps no leases beside its record'
}

/** How many servers its leases need; 1 if one is enough. */
export function leaseServers(subject: FaultSubject): number {
  const [store] = leaseStores(subject)
  return (store && subject.entry.serversMin?.[store.name]) ?? 1
}

export function hasNoMajority(subject: FaultSubject): string | undefined {
  return (
    hasNoLeases(subject) ??
    (leaseServers(subject) > 1 ? undefined : 'its leases are on one server, not on most of several')
  )
}
