import { cannotFollow, failedOver } from './failover.ts'
import type { FaultKind } from './fault.ts'

/** The follower is a moment behind when it takes over: what was acknowledged in that moment is gone. */
export const failoverAsynchronous: FaultKind = {
  name: 'failover-asynchronous',
  title: 'failover to a follower that is behind',
  does: 'The server of the record has a follower, which is a dozen holds behind when the server is killed (-9). The follower is promoted, and clients reach it at the old address. Later the first server is back, with the data of the promoted one.',
  strikesIf:
    'a server that was killed before its follower had everything, and holds that the follower granted',
  needs: { durability: 'durable', kills: 'record' },
  isUnpromised: true,
  isLucky: true,
  appliesTo: cannotFollow,
  // Also what is safe always: that is said of a database that keeps what it has acknowledged.
  predict: () => ({ outcome: 'oversells', recovers: true }),
  strike: (stage) => failedOver(stage, { confirmedBy: 0 }),
}
