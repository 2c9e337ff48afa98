import { ofReplicas, REPLICAS } from './replicas.ts'
import { killed } from './striking.ts'

const DEAD_MS = 2_000

/** One more than the others can do without: nothing may be said until they are back. */
export const replicaMajorityKilled = ofReplicas(
  {
    name: 'replica-majority-killed',
    title: 'two replicas of three killed',
    does: `The record is kept by ${REPLICAS} replicas. Two are killed (-9) at once, and are back after ${DEAD_MS / 1_000} s.`,
  },
  (stage) => killed(stage.record, stage, { deadMs: DEAD_MS, which: [1, 2] }),
)
