import { type FaultKind, SAFE } from './fault.ts'
import { hasNoLeases } from './leases.ts'
import { atCommits, killed } from './striking.ts'

/** So many that one of them holds a seat that somebody else wants. */
const TIMES = 3
const DEAD_MS = 100
/** For clients to connect again, to take the lost leases, and to come as far as the lock of their rival. */
const RIVALS_MS_MAX = 2_500

/** Everybody's leases are gone while their owners are still at work. */
export const leasesEmptied: FaultKind = {
  name: 'leases-emptied',
  title: 'lease servers restarted empty',
  does: `The servers of the leases are killed and started again with nothing in memory, while ${TIMES} owners of leases stand before their commit. Others take the same leases; then the commits go on.`,
  strikesIf: 'a server that lost the leases of owners before their commit',
  needs: { durability: 'relaxed', seatsOnly: true, kills: 'helpers', patienceMs: 8_000 },
  isLucky: false,
  appliesTo: hasNoLeases,
  predict: ({ entry: { promises } }) =>
    promises.unsafeUnder.includes('lost-writes') ? { outcome: 'oversells', recovers: true } : SAFE,
  async strike(stage) {
    const { record, helpers, until } = stage
    let dead: string | undefined
    const { messages } = await atCommits(stage, { kind: 'hold-back', times: TIMES }, async () => {
      for (const helper of helpers) dead = await killed(helper, stage, { deadMs: DEAD_MS })
      await until(async () => ((await record.waiters()) ?? TIMES) >= TIMES, RIVALS_MS_MAX)
    })
    return messages > 0 && dead !== undefined ? `${dead}, with ${messages} commits held back` : undefined
  },
}
