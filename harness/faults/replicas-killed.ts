import { type FaultKind, SAFE } from './fault.ts'
import { killed } from './striking.ts'

const REPLICAS = 3
const DEAD_MS = 1_500
const APART_MS = 500

/** One after another, so that the primary is among them wherever it is: two of them are a majority. */
export const replicasKilled: FaultKind = {
  name: 'replicas-killed',
  title: 'one replica of three killed, then another',
  does: `The record is kept by ${REPLICAS} replicas. One is killed (-9) and is back after ${DEAD_MS / 1_000} s; then the next, which may be the primary by now.`,
  strikesIf: 'replicas that were killed',
  needs: { durability: 'durable', kills: 'record', recordServers: REPLICAS, patienceMs: 8_000 },
  isLucky: true,
  appliesTo: ({ record }) => (record.replicates ? undefined : 'its engine keeps the record on one server'),
  predict: () => SAFE,
  async strike(stage) {
    const { record, wait } = stage
    if (record.servers.length < REPLICAS) return undefined
    const told: (string | undefined)[] = []
    for (const at of [0, 1]) {
      told.push(await killed(record, stage, { deadMs: DEAD_MS, which: [at] }))
      await wait(APART_MS)
    }
    return told.every((each) => each !== undefined) ? told.join('; then ') : undefined
  },
}
