/** A client to a ledger of TigerBeetle that another process has claimed. */
import type { AttachedNamespace } from '../engine.ts'
import { openClients } from './client.ts'
import { observedTigerbeetle } from './observed-client.ts'

export interface TigerbeetleAttachment {
  /** A whole number as text: messages between processes have no number so large. */
  readonly clusterId: string
  /** Of the replicas, or of proxies before them. */
  readonly addresses: readonly string[]
  readonly ledger: number
}

export async function attach(attachment: unknown): Promise<AttachedNamespace> {
  const { clusterId, addresses, ledger } = attachment as TigerbeetleAttachment
  await using undo = new AsyncDisposableStack()
  const clients = await openClients({ clusterId: BigInt(clusterId), addresses })
  undo.defer(() => clients.destroy())
  const { client } = await clients.lend()
  const owned = undo.move()
  return {
    connections: { client: observedTigerbeetle(client), ledger },
    sessions: () => [],
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
