import { cannotFollow, failedOver } from './failover.ts'
import { type FaultKind, SAFE } from './fault.ts'

/** The same, but nobody is told anything that the follower does not have. */
export const failoverConfirmed: FaultKind = {
  name: 'failover-confirmed',
  title: 'failover, answers only with the follower',
  does: 'The same failover, but the connections of the strategy answer only what the follower has (WAIT after each command); without it the outcome is unknown.',
  strikesIf: 'a server that was killed before its follower had everything',
  needs: { durability: 'durable', kills: 'record' },
  isLucky: true,
  appliesTo: cannotFollow,
  predict: () => SAFE,
  strike: (stage) => failedOver(stage, { confirmedBy: 1 }),
}
