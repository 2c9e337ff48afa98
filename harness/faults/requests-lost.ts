import { type FaultKind, SAFE } from './fault.ts'
import { inNetwork, toldStruck } from './striking.ts'

const TIMES = 12
const LIMIT_MS = 3_000

/** The connection is gone before the request has arrived: there was no effect, and nobody knows. */
export const requestsLost: FaultKind = {
  name: 'requests-lost',
  title: 'requests lost',
  does: `${TIMES} requests are swallowed before they arrive, and their connections are reset; the calls are sent again.`,
  strikesIf: 'a request that was swallowed',
  needs: { durability: 'relaxed' },
  isLucky: false,
  appliesTo: () => undefined,
  predict: () => SAFE,
  async strike({ record, until }) {
    const struck = await inNetwork(record.proxies, { kind: 'lost-request', times: TIMES }, async (now) => {
      await until(async () => (await now()).messages >= TIMES, LIMIT_MS)
    })
    return struck.messages > 0 ? toldStruck('requests lost', struck) : undefined
  },
}
