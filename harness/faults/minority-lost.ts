import { type FaultKind, SAFE } from './fault.ts'
import { hasNoMajority } from './leases.ts'
import { killed } from './striking.ts'

const DEAD_MS = 2_000

/** What a majority is for. */
export const minorityLost: FaultKind = {
  name: 'minority-lost',
  title: 'one of the lease servers lost',
  does: `One of the servers of the leases is killed, and started again with nothing in memory after ${DEAD_MS / 1_000} s.`,
  strikesIf: 'a server that was killed',
  needs: { durability: 'relaxed', kills: 'helpers' },
  isLucky: false,
  appliesTo: hasNoMajority,
  predict: () => ({ ...SAFE, service: 'serves' }),
  async strike(stage) {
    const { helpers, random } = stage
    let struck: string | undefined
    for (const helper of helpers) {
      struck = await killed(helper, stage, { deadMs: DEAD_MS, which: [random.below(helper.servers.length)] })
    }
    return struck
  },
}
