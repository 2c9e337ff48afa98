/** Clients to a namespace of Redis that another process has created and will delete. */
import type { AttachedNamespace } from '../engine.ts'
import {
  COMMAND_DEADLINE_MS,
  closeClient,
  onEach,
  openClient,
  type PerNode,
  type RedisProxy,
} from './connection.ts'
import { observedRedis } from './observed-client.ts'
import { addressesIn } from './url.ts'

/** With passwords: to be passed on, never printed. */
export interface RedisAttachment {
  readonly urls: readonly string[]
  readonly prefix: string
  /** In the order of the nodes. */
  readonly proxies: PerNode<RedisProxy | undefined>
}

export async function attach(attachment: unknown): Promise<AttachedNamespace> {
  const { urls, prefix, proxies } = attachment as RedisAttachment
  const addresses = addressesIn({ REDIS_URLS: urls.join(',') }, urls.length)
  if (addresses === undefined) throw new RangeError('there is no node')
  const session = {
    name: `${prefix.replaceAll(':', '-')}process-${process.pid}`,
    commandDeadlineMs: COMMAND_DEADLINE_MS,
    keyPrefix: prefix,
  }
  await using undo = new AsyncDisposableStack()
  const connections = await onEach(addresses.targets, async (target, node) =>
    observedRedis(undo.adopt(await openClient(target, session, proxies[node]), closeClient)),
  )
  const owned = undo.move()
  return { connections, sessions: () => [], [Symbol.asyncDispose]: () => owned.disposeAsync() }
}
