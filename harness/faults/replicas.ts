/** What faults share that happen to replicas of three. */
import { type FaultKind, type FaultStage, SAFE } from './fault.ts'

export const REPLICAS = 3

type OfReplicas = Omit<FaultKind, 'needs' | 'appliesTo' | 'strike' | 'prepare'>

export function onReplicas(
  own: OfReplicas & Pick<FaultKind['needs'], 'machine'>,
  strike: (stage: FaultStage) => Promise<string | undefined>,
): FaultKind {
  const { machine, ...named } = own
  return {
    ...named,
    needs: {
      durability: 'durable',
      kills: 'record',
      recordServers: REPLICAS,
      patienceMs: 8_000,
      ...(machine && { machine }),
    },
    appliesTo: ({ record }) => (record.replicates ? undefined : 'its engine keeps the record on one server'),
    strike: async (stage) => (stage.record.servers.length < REPLICAS ? undefined : await strike(stage)),
  }
}

export function ofReplicas(
  own: Pick<FaultKind, 'name' | 'title' | 'does'>,
  kill: (stage: FaultStage) => Promise<string | undefined>,
): FaultKind {
  return onReplicas(
    {
      ...own,
      strikesIf: 'replicas that were killed',
      isLucky: true,
      // Nothing about service: the first of two that is back is a majority with the third.
      predict: () => SAFE,
    },
    kill,
  )
}
