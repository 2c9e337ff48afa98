/** Clients to a namespace of Redis that another process has created and will delete. */
import type { AttachedNamespace } from '../engine.ts'
import { COMMAND_DEADLINE_MS, closeClient, onEach, openClient } from './connection.ts'
import { addressesIn } from './url.ts'

/** With passwords: to be passed on, never printed. */
export interface RedisAttachment {
  readonly urls: readonly string[]
  readonly prefix: string
}

export async function attach(attachment: unknown): Promise<AttachedNamespace> {
  const { urls, prefix } = attachment as RedisAttachment
  const addresses = addressesIn({ REDIS_URLS: urls.join(',') }, urls.length)
  if (addresses === undefined) throw new RangeError('there is no node')
  const session = {
    name: `${prefix.replaceAll(':', '-')}process-${process.pid}`,
    commandDeadlineMs: COMMAND_DEADLINE_MS,
    keyPrefix: prefix,
  }
  await using undo = new AsyncDisposableStack()
  const connections = await onEach(addresses.targets, async (target) =>
    undo.adopt(await openClient(target, session), closeClient),
  )
  const owned = undo.move()
  return { connections, sessions: () => [], [Symbol.asyncDispose]: () => owned.disposeAsync() }
}
