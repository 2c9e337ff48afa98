/** What faults share in which nobody reaches the engine of the record, and connections stay open. */
import type { NetworkFault } from '../network/conditions.ts'
import { type FaultKind, SAFE } from './fault.ts'
import { inNetwork, toldStruck } from './striking.ts'

export const OUTAGE_MS = 2_000

/** `told`: what became of the bytes that were sent meanwhile, in two words. */
export function outage(
  told: string,
  fault: NetworkFault,
  own: Pick<FaultKind, 'name' | 'title' | 'does' | 'strikesIf'>,
): FaultKind {
  return {
    ...own,
    needs: { durability: 'relaxed', patienceMs: 5_000 },
    isLucky: false,
    appliesTo: () => undefined,
    // Where rivals poll for the lease of an owner who hears nothing, they are refused, and know it.
    predict: ({ entry: { promises } }) => ({
      ...SAFE,
      service: promises.contention === 'polls' ? 'refuses' : 'stalls',
    }),
    async strike({ record, wait }) {
      const struck = await inNetwork(record.proxies, fault, () => wait(OUTAGE_MS))
      return struck.bytes > 0 ? toldStruck(told, struck) : undefined
    },
  }
}
