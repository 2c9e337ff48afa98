/**
 * A namespace of Redis as an exploration needs it: gates, locks that expire, and a server that loses its
 * data.
 */
import type { Redis } from 'ioredis'
import type { Explorable, Gate, LentToBody, LockHeld, ScriptNames } from '../engine.ts'
import { NOTHING_HAPPENS } from '../engine.ts'
import { hasMark, plain } from '../wording.ts'
import { closeClient, type PerNode } from './connection.ts'
import { gatedRedis } from './gate.ts'
import type { MovedClock } from './moved-clock.ts'
import { EVERYTHING, touching } from './touch.ts'
import { viewOf } from './view.ts'

export interface ExploredNodes {
  readonly prefix: string
  readonly clients: PerNode<Redis>
  readonly observers: PerNode<Redis>
  readonly clock: MovedClock
}

export function explorable({ prefix, clients, observers, clock }: ExploredNodes): Explorable {
  return {
    ...NOTHING_HAPPENS,
    gated(gate: Gate, scripts?: ScriptNames) {
      const sent = new Set<string>()
      const connections = clients.map((client, at) =>
        gatedRedis(clock.before(client), gate, {
          name: clients.length === 1 ? '' : `node ${at + 1}: `,
          onSent: (argument) => sent.add(argument),
          ...(scripts && { scripts }),
        }),
      )
      return {
        connections,
        sessions: () => [],
        forget: () => 0,
        hasSent: (argument) => sent.has(argument),
      }
    },
    lend(gate: Gate): LentToBody {
      // MULTI and WATCH belong to a connection: each client has its own.
      const own = gate.openBehind(() => clients[0].duplicate({ enableOfflineQueue: true }))
      return {
        // It changes nothing before the clock was moved.
        connections: { redis: gatedRedis(clock.before(own), gate, { name: '', onSent: () => {} }) },
        sessions: () => [],
        forget: () => 0,
        async cut() {
          // All that a connection of Redis has is a transaction, and the keys that it watches.
          await own.discard().catch(() => undefined)
          await own.unwatch()
          return new Error('Connection is closed.')
        },
        close: () => closeClient(own),
      }
    },
    async prepare(scripts = []) {
      // Through the clock, which must know a script's text to run it at another time.
      const behind = clients.map((client) => clock.before(client))
      await Promise.all(behind.flatMap((client) => scripts.map((lua) => load(client, lua))))
    },
    async clear() {
      for (const node of observers) {
        const keys = await node.keys(`${prefix}*`)
        if (keys.length > 0) await node.unlink(...keys)
      }
      return true
    },
    clock: {
      make: async () => {},
      async moveTo(ms, { leastMs }) {
        await clock.moveTo(ms, { nodes: observers, keysOf: (node) => keysWith(node, prefix, ''), leastMs })
        return [EVERYTHING]
      },
      async reset() {
        clock.movedBySeconds = 0
      },
    },
    anything: EVERYTHING,
    view: (mark) => viewOf({ prefix, observers, clock }, mark),
    async locksHeld(mark) {
      const perNode = await Promise.all(observers.map((node) => locksOn(node, prefix, mark)))
      return [...new Map(perNode.flat().map((lock) => [lock.key, lock])).values()]
    },
    async expireLocks(keys) {
      // On every node: the lock was taken on all of them at the same time.
      await Promise.all(observers.flatMap((node) => keys.map((key) => node.del(prefix + key))))
      return [touching(keys.map(plain))]
    },
    async loseMemory(mark) {
      const lost = await Promise.all(
        observers.map(async (node) => {
          const keys = await keysWith(node, prefix, mark)
          return keys.length > 0 ? await node.del(...keys) : 0
        }),
      )
      return lost.some((count) => count > 0) ? [EVERYTHING] : []
    },
    async keepsUnmarked() {
      const perNode = await Promise.all(observers.map((node) => keysWith(node, prefix, '')))
      return perNode.flat().some((key) => !hasMark(key.slice(prefix.length)))
    },
  }
}

/** A user who may not load scripts may run them all the same: then the first schedule sends the text. */
async function load(client: Redis, lua: string): Promise<void> {
  try {
    await client.script('LOAD', lua)
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOPERM'))) throw error
  }
}

async function locksOn(node: Redis, prefix: string, mark: string): Promise<readonly LockHeld[]> {
  const keys = await keysWith(node, prefix, mark)
  const told = await Promise.all(
    keys.map(async (key): Promise<readonly LockHeld[]> => {
      const [leftMs, kind] = await Promise.all([node.pttl(key), node.type(key)])
      if (leftMs <= 0) return []
      const token = kind === 'string' ? ((await node.get(key)) ?? '') : ''
      return [{ key: key.slice(prefix.length), token, leftMs }]
    }),
  )
  return told.flat()
}

/** A schedule has few keys, and few schedules share a prefix. */
async function keysWith(node: Redis, prefix: string, mark: string): Promise<readonly string[]> {
  const found = await node.keys(`${prefix}*${mark}*`)
  if (mark === '') return found
  // The mark of schedule 1 is a prefix of that of schedule 12.
  return found.filter((key) => !/^\d/.test(key.slice(key.lastIndexOf(mark) + mark.length)))
}
