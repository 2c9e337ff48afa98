/**
 * Goal: it is known who is silent after a TigerBeetle client has lost a connection that its replica still holds for open:
 * the replica, which has what the client sends on the next connection, and answers on the one that is gone. Method: a real
 * replica, and a relay of a dozen lines that shares nothing with the proxy of the other tests. It fails when a replica does better.
 */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { until } from '../../harness/conformance/subject.ts'
import type { Route } from '../../harness/network/conditions.ts'
import { registry } from '../../strategies/registry.ts'
import { resourceId } from '../../strategies/validation.ts'
import { FULL } from '../size.ts'
import { withEngines } from '../with-engines.ts'

const opened = await withEngines(['tigerbeetle'])
const entry =
  registry.find(({ name }) => name === 'tigerbeetle-pending-transfer') ??
  expect.fail('there is no such entry')

interface Relayed {
  readonly client: Socket
  readonly server: Socket
  toServer: number
  toClient: number
}

test.skipIf(opened.lacks(['tigerbeetle']))(
  'the replica answers on the connection that is gone',
  FULL,
  async () => {
    await using undo = new AsyncDisposableStack()
    const relayed: Relayed[] = []
    const through: Route = async (to) => {
      const relay = createServer((client) => {
        const each: Relayed = { client, server: connect(to), toServer: 0, toClient: 0 }
        relayed.push(each)
        for (const socket of [client, each.server]) socket.on('error', () => undefined)
        client.on('data', (bytes: Buffer) => {
          each.toServer += bytes.length
          each.server.write(bytes)
        })
        each.server.on('data', (bytes: Buffer) => {
          each.toClient += bytes.length
          client.write(bytes)
        })
      })
      relay.listen(0, '127.0.0.1')
      await once(relay, 'listening')
      undo.defer(() => {
        for (const { client, server } of relayed) for (const socket of [client, server]) socket.destroy()
        relay.close()
      })
      const address = relay.address()
      return { host: '127.0.0.1', port: address !== null && typeof address === 'object' ? address.port : 0 }
    }
    const engine = opened.engines.tigerbeetle ?? expect.fail('there is no TigerBeetle')
    const space = undo.use(await engine.openNamespace({ label: 'half-open', through }))
    const strategy = await entry.open(
      { tigerbeetle: space.connections } as Parameters<typeof entry.open>[0],
      { criticalSection: async () => {}, random: () => 0.5 },
    )
    const seats = [resourceId('a')]
    await strategy.createResources([{ id: resourceId('a'), capacity: 1 }])
    const [first] = relayed
    const before = first?.toClient ?? expect.fail('nothing is connected')

    // The client's end is gone, and nobody tells the replica.
    first?.client.resetAndDestroy()
    let isAnswered = false
    const asked = strategy.availability(seats).finally(() => {
      isAnswered = true
    })
    await until('the client to have sent on another connection', () => (relayed[1]?.toServer ?? 0) > 0)
    await until('the replica to answer on the first one', () => (first?.toClient ?? 0) > before)
    expect(relayed[1]?.toClient).toBe(0)
    expect(isAnswered).toBe(false)

    // Not even when it has been told; a third connection is answered.
    first?.server.resetAndDestroy()
    relayed[1]?.client.resetAndDestroy()
    relayed[1]?.server.resetAndDestroy()
    expect(await asked).toEqual([{ resourceId: 'a', available: 1 }])
    await strategy.close()
  },
)
