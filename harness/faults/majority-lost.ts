import { type FaultKind, SAFE } from './fault.ts'
import { hasNoMajority } from './leases.ts'
import { killed } from './striking.ts'

const DEAD_MS = 2_000

/** One more than a majority can do without. */
export const majorityLost: FaultKind = {
  name: 'majority-lost',
  title: 'most of the lease servers lost',
  does: `More than half of the servers of the leases are killed, and started again with nothing in memory after ${DEAD_MS / 1_000} s.`,
  strikesIf: 'servers that were killed',
  needs: { durability: 'relaxed', kills: 'helpers' },
  isLucky: false,
  appliesTo: hasNoMajority,
  predict: () => ({ ...SAFE, service: 'refuses' }),
  async strike(stage) {
    let struck: string | undefined
    for (const helper of stage.helpers) {
      const most = Math.floor(helper.servers.length / 2) + 1
      const which = helper.servers.map((_, at) => at).slice(0, most)
      struck = await killed(helper, stage, { deadMs: DEAD_MS, which })
    }
    return struck
  },
}
