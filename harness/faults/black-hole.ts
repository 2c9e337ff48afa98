import { type FaultKind, SAFE } from './fault.ts'
import { inNetwork, toldStruck } from './striking.ts'

const LASTS_MS = 2_000

/** Silence: nothing arrives and nothing is refused. */
export const blackHole: FaultKind = {
  name: 'black-hole',
  title: `silence for ${LASTS_MS / 1_000} s`,
  does: `For ${LASTS_MS / 1_000} s the network to the engine of the record swallows everything in both directions; connections stay open. Then those that lost bytes are reset, as TCP does after its own time.`,
  strikesIf: 'a connection that lost bytes',
  needs: { durability: 'relaxed', patienceMs: 5_000 },
  isLucky: false,
  appliesTo: () => undefined,
  // Where rivals poll for the lease of an owner who hears nothing, they are refused, and know it.
  predict: ({ entry: { promises } }) => ({
    ...SAFE,
    service: promises.contention === 'polls' ? 'refuses' : 'stalls',
  }),
  async strike({ record, wait }) {
    const struck = await inNetwork(record.proxies, { kind: 'black-hole', toward: 'both' }, () =>
      wait(LASTS_MS),
    )
    return struck.bytes > 0 ? toldStruck('bytes swallowed', struck) : undefined
  },
}
