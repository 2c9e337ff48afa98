import { type FaultKind, SAFE } from './fault.ts'
import { inNetwork, toldStruck } from './striking.ts'

const LASTS_MS = 2_000

/** An outage that TCP survives: everything arrives, late. */
export const networkStalled: FaultKind = {
  name: 'network-stalled',
  title: `everything ${LASTS_MS / 1_000} s late`,
  does: `For ${LASTS_MS / 1_000} s the network to the engine of the record keeps everything in both directions, and then delivers it in order.`,
  strikesIf: 'bytes that were kept',
  needs: { durability: 'relaxed', patienceMs: 5_000 },
  isLucky: false,
  appliesTo: () => undefined,
  predict: ({ entry: { promises } }) => ({
    ...SAFE,
    service: promises.contention === 'polls' ? 'refuses' : 'stalls',
  }),
  async strike({ record, wait }) {
    const struck = await inNetwork(record.proxies, { kind: 'stall', toward: 'both' }, () => wait(LASTS_MS))
    return struck.bytes > 0 ? toldStruck('late', struck) : undefined
  },
}
