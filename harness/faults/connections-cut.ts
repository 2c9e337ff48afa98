import { hasStruck } from '../network/conditions.ts'
import type { FaultKind } from './fault.ts'
import { SAFE } from './fault.ts'
import { inNetwork, toldStruck } from './striking.ts'

const TIMES = 6
const APART_MS = { min: 30, max: 120 } as const

/** Before and after a request has arrived, as it happens: many cuts meet both. */
export const connectionsCut: FaultKind = {
  name: 'connections-cut',
  title: 'connections cut',
  does: `All connections to the engine of the record are reset, ${TIMES} times in half a second, with calls under way.`,
  strikesIf: 'an open connection that was reset',
  needs: { durability: 'relaxed' },
  isLucky: true,
  appliesTo: () => undefined,
  predict: () => SAFE,
  async strike({ record, random, wait }) {
    let struck: string | undefined
    let connections = 0
    for (let time = 0; time < TIMES; time++) {
      const cut = await inNetwork(record.proxies, { kind: 'cut' }, () =>
        wait(random.between(APART_MS.min, APART_MS.max)),
      )
      connections += cut.connections
      if (hasStruck(cut)) struck = toldStruck(`cut ${TIMES} times`, { ...cut, connections })
    }
    return struck
  },
}
