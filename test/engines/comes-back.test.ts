/**
 * Goal: an engine that was gone is used again by the connections that were there, however long it was gone. Method: for Redis,
 * the waits between its tries; for PostgreSQL, a server that answers nothing; for TigerBeetle, a client whose session is lost.
 */

import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import type { Client } from 'tigerbeetle-node'
import { describe, expect, test } from 'vitest'
import { MeteredPool } from '../../harness/engines/postgres/metered-pool.ts'
import { reconnectAfterMs } from '../../harness/engines/redis/connection.ts'
import { renewedClient } from '../../harness/engines/tigerbeetle/renewed-client.ts'

describe('Redis', () => {
  test('is asked for again without end, ever less often, never later than two seconds', () => {
    const waits = [1, 2, 10, 240, 241, 1_201, 1_000_000, Number.MAX_SAFE_INTEGER].map(reconnectAfterMs)
    expect(waits.every((ms) => ms > 0 && ms <= 2_000)).toBe(true)
    expect(waits).toEqual(waits.toSorted((a, b) => a - b))
  })
})

describe('PostgreSQL', () => {
  test('a connection whose statement was given up is not lent again', async () => {
    // Speaks as much of the protocol as a client needs to be connected, and answers no statement.
    const sockets: Socket[] = []
    const server = createServer((socket) => {
      sockets.push(socket)
      socket.on('error', () => undefined)
      socket.once('data', () => {
        const ok = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0])
        const ready = Buffer.from([0x5a, 0, 0, 0, 5, 0x49])
        socket.write(Buffer.concat([ok, ready]))
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const pool = new MeteredPool({ host: '127.0.0.1', port: port ?? 0, max: 1, query_timeout: 50 })
    try {
      await expect(pool.query('select 1')).rejects.toThrow('timeout')
      await expect(pool.query('select 1')).rejects.toThrow('timeout')
      expect(sockets).toHaveLength(2)
    } finally {
      await pool.endOrCut()
      for (const socket of sockets) socket.destroy()
      server.close()
    }
  })
})

describe('TigerBeetle', () => {
  const lost = Object.assign(new Error('evicted'), { code: 'ERR_CLIENT_EVICTED' })
  const client = (answer: () => Promise<never[]>) => {
    let destroyed = 0
    return {
      client: { lookupAccounts: answer, destroy: () => void destroyed++ } as unknown as Client,
      destroyed: () => destroyed,
    }
  }

  test('a client that lost its session is followed by another; what failed is told', async () => {
    const first = client(() => Promise.reject(lost))
    const second = client(async () => [])
    const it = renewedClient(first.client, () => second.client)
    const ask = () => it.send((each) => each.lookupAccounts([1n]))
    await expect(ask()).rejects.toBe(lost)
    expect(first.destroyed()).toBe(1)
    expect(await ask()).toEqual([])
    expect(it.last()).toBe(second.client)
  })

  test('one that fails otherwise, or is over, is not followed', async () => {
    const other = new Error('no')
    const opened: Client[] = []
    const failing = client(() => Promise.reject(other))
    const it = renewedClient(failing.client, () => {
      opened.push(failing.client)
      return failing.client
    })
    await expect(it.send((each) => each.lookupAccounts([1n]))).rejects.toBe(other)
    const dead = client(() => Promise.reject(lost))
    const over = renewedClient(dead.client, () => {
      opened.push(dead.client)
      return dead.client
    })
    over.last()
    await expect(over.send((each) => each.lookupAccounts([1n]))).rejects.toBe(lost)
    expect(opened).toEqual([])
  })
})
