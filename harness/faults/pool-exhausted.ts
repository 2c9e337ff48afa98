import type { FaultKind, FaultSubject } from './fault.ts'
import { SAFE } from './fault.ts'
import { inNetwork } from './striking.ts'

const LASTS_MS = 2_000
/** A third of the callers have one. */
const CONNECTIONS = 4

/** Every connection is in use and stays so, and most calls do not even reach the engine. */
export const poolExhausted: FaultKind = {
  name: 'pool-exhausted',
  title: 'pool of connections exhausted',
  does: `The pool has ${CONNECTIONS} connections. For ${LASTS_MS / 1_000} s nothing that is sent on them is answered; a caller who comes then waits for a connection.`,
  strikesIf: 'a call that waited for a connection',
  needs: { durability: 'relaxed', poolSize: CONNECTIONS, patienceMs: 6_000 },
  isLucky: false,
  appliesTo: (subject) => (pooled(subject) === undefined ? 'it has no pool' : undefined),
  predict: (subject) => {
    if (pooled(subject) !== subject.record) return SAFE
    return { ...SAFE, service: subject.entry.promises.contention === 'polls' ? 'refuses' : 'stalls' }
  },
  async strike({ record, helpers, until }) {
    const site = [record, ...helpers].find(({ kind }) => kind.pools)
    if (site === undefined) return undefined
    let most = 0
    await inNetwork(site.proxies, { kind: 'stall', toward: 'both' }, async () => {
      await until(() => {
        most = Math.max(most, site.waitingForPool())
        return false
      }, LASTS_MS)
    })
    return most > 0 ? `up to ${most} calls waited for one of ${CONNECTIONS} connections` : undefined
  },
}

function pooled({ record, helpers }: FaultSubject): FaultSubject['record'] | undefined {
  return [record, ...helpers].find(({ pools }) => pools)
}
