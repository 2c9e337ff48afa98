/** What a strategy gets of a cluster: for each event a client whose keys all have the event's hash tag. */
import type { Redis } from 'ioredis'
import type { PerEvent } from '../../../../strategies/strategy.ts'
import type { ClusterNodes } from './nodes.ts'
import { RoutedClient } from './routed-client.ts'
import { eventPrefix } from './slots.ts'

/** `onMet`: told of every event that a strategy asks for. */
export function perEvent(
  nodes: ClusterNodes,
  prefix: string,
  onMet: (event: string) => void = () => undefined,
): PerEvent<readonly [Redis]> {
  return {
    placeOf: (event) => event,
    connectionsOf(event) {
      onMet(event)
      const keyPrefix = eventPrefix(prefix, event)
      return [new RoutedClient(nodes, { keyPrefix, near: keyPrefix })]
    },
  }
}
