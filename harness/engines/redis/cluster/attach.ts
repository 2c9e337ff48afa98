/** Connections of another process to a namespace on a cluster. */
import type { AttachedNamespace } from '../../engine.ts'
import { attachedName } from '../attach.ts'
import { atLeastOne, COMMAND_DEADLINE_MS, type RedisProxy, type RedisTarget } from '../connection.ts'
import { ClusterNodes } from './nodes.ts'
import { perEvent } from './per-event.ts'
import { named } from './slots.ts'

/** With passwords: to be passed on, never printed. */
export interface ClusterAttachment {
  readonly kind: 'cluster'
  readonly seeds: readonly RedisTarget[]
  readonly prefix: string
  /** By `host:port`. */
  readonly proxies: Readonly<Record<string, RedisProxy>>
}

export function isClusterAttachment(attachment: unknown): attachment is ClusterAttachment {
  return typeof attachment === 'object' && attachment !== null && 'kind' in attachment
}

export async function attachToCluster(attachment: ClusterAttachment): Promise<AttachedNamespace> {
  const { seeds, prefix, proxies } = attachment
  const nodes = await ClusterNodes.open({
    seeds: atLeastOne(seeds),
    session: {
      name: `${attachedName(prefix)}${process.pid}`,
      commandDeadlineMs: COMMAND_DEADLINE_MS,
    },
    by: (address) => proxies[named(address)],
  })
  return {
    connections: perEvent(nodes, prefix),
    sessions: () => [],
    [Symbol.asyncDispose]: () => nodes[Symbol.asyncDispose](),
  }
}
