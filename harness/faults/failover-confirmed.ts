import { cannotFollow, failedOver } from './failover.ts'
import { type FaultKind, SAFE } from './fault.ts'

/** The same, but nobody is told anything that the follower does not have. */
export const failoverConfirmed: FaultKind = {
  name: 'failover-confirmed',
  title: 'failover, answers only with the follower',
  does: 'The same failover, but nothing is answered that the follower does not have: connections to Redis send WAIT after each command, and PostgreSQL has the follower in synchronous_standby_names, with synchronous_commit=on (the follower has it on disk). Without the follower the outcome is unknown.',
  strikesIf:
    'a server that was killed before its follower had everything, and holds that the follower granted',
  needs: { durability: 'durable', kills: 'record' },
  isLucky: true,
  appliesTo: cannotFollow,
  predict: () => SAFE,
  strike: (stage) => failedOver(stage, { confirmedBy: 1 }),
}
