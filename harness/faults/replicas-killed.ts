import { ofReplicas, REPLICAS } from './replicas.ts'
import { killed } from './striking.ts'

const DEAD_MS = 1_500
const APART_MS = 500

/** One after another, so that the primary is among them, wherever it is. */
export const replicasKilled = ofReplicas(
  {
    name: 'replicas-killed',
    title: 'each replica of three killed, one after another',
    does: `The record is kept by ${REPLICAS} replicas. One is killed (-9) and is back after ${DEAD_MS / 1_000} s; then the next, then the last: the primary is among them.`,
  },
  async (stage) => {
    const told: (string | undefined)[] = []
    for (let at = 0; at < REPLICAS; at++) {
      told.push(await killed(stage.record, stage, { deadMs: DEAD_MS, which: [at] }))
      await stage.wait(APART_MS)
    }
    return told.every((each) => each !== undefined) ? told.join('; then ') : undefined
  },
)
