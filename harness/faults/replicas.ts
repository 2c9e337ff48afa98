/** What faults share in which replicas of three are killed. */
import { type FaultKind, type FaultStage, SAFE } from './fault.ts'

export const REPLICAS = 3

export function ofReplicas(
  own: Pick<FaultKind, 'name' | 'title' | 'does'>,
  kill: (stage: FaultStage) => Promise<string | undefined>,
): FaultKind {
  return {
    ...own,
    strikesIf: 'replicas that were killed',
    needs: { durability: 'durable', kills: 'record', recordServers: REPLICAS, patienceMs: 8_000 },
    isLucky: true,
    appliesTo: ({ record }) => (record.replicates ? undefined : 'its engine keeps the record on one server'),
    // Nothing about service: the first of two that is back is a majority with the third.
    predict: () => SAFE,
    strike: async (stage) => (stage.record.servers.length < REPLICAS ? undefined : await kill(stage)),
  }
}
