import { type FaultKind, SAFE } from './fault.ts'
import { killed } from './striking.ts'

const REPLICAS = 3
const DEAD_MS = 2_000

/** One more than the others can do without: nothing may be said until they are back. */
export const replicaMajorityKilled: FaultKind = {
  name: 'replica-majority-killed',
  title: 'two replicas of three killed',
  does: `The record is kept by ${REPLICAS} replicas. Two are killed (-9) at once, and are back after ${DEAD_MS / 1_000} s.`,
  strikesIf: 'replicas that were killed',
  needs: { durability: 'durable', kills: 'record', recordServers: REPLICAS, patienceMs: 8_000 },
  isLucky: true,
  appliesTo: ({ record }) => (record.replicates ? undefined : 'its engine keeps the record on one server'),
  // Nothing about service: the first of the two that is back is a majority with the third.
  predict: () => SAFE,
  async strike(stage) {
    const { record } = stage
    if (record.servers.length < REPLICAS) return undefined
    return await killed(record, stage, { deadMs: DEAD_MS, which: [1, 2] })
  },
}
