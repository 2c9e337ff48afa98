/**
 * Defects that were reported of other people's programs, each in a small strategy of our own writing, and the same strategy
 * repaired: `isRepaired` is the only difference. None is in the registry, and nobody should use one.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { sql } from 'kysely'
import type { CreateTransferResult, Transfer } from 'tigerbeetle-node'
import {
  covers,
  type FreeUnits,
  inTransaction,
  type PostgresConnections,
  reservationsOn,
  takeUnits,
} from '../../strategies/ledgers/counter-rows/write.ts'
import {
  inTime,
  type SendTransfers,
  reservationsOn as transfersOn,
} from '../../strategies/ledgers/transfers/write.ts'
import { leaseReleaser, withLeases } from '../../strategies/ledgers/writing/redis/leases.ts'
import { script } from '../../strategies/ledgers/writing/redis/script.ts'
import { create as createOnLua } from '../../strategies/redis-lua.ts'
import type { StrategyModule } from '../../strategies/registry.ts'
import type { HoldOutcome, HoldRequest, ReservationStrategy } from '../../strategies/strategy.ts'

/** Shorter than those of the registry, so that a play is short. */
const LEASE_MS = 400

/** Those who share a request get their answers by their place in it, and the place never advances. */
export function batched(isRepaired: boolean): StrategyModule<'tigerbeetle'> {
  // One for all buyers, as in one process.
  let shared: ReservationStrategy | undefined
  return {
    create({ tigerbeetle }) {
      shared ??= transfersOn(
        tigerbeetle,
        inBatches((all) => inTime(tigerbeetle.client.createTransfers([...all])), isRepaired),
      )
      return shared
    },
  }
}

function inBatches(
  send: (all: readonly Transfer[]) => Promise<readonly CreateTransferResult[]>,
  isRepaired: boolean,
): SendTransfers {
  interface Waiting extends PromiseWithResolvers<Awaited<ReturnType<SendTransfers>>> {
    readonly group: readonly Transfer[]
  }
  let waiting: Waiting[] = []
  let isSending = false

  async function sendAll(): Promise<void> {
    isSending = true
    await Promise.resolve()
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      try {
        const results = await send(batch.flatMap(({ group }) => group))
        let start = 0
        for (const { group, resolve } of batch) {
          resolve({ kind: 'sent', results: results.slice(start, start + group.length) })
          if (isRepaired) start += group.length
        }
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    isSending = false
  }

  return (group) => {
    const own: Waiting = { ...Promise.withResolvers(), group }
    waiting.push(own)
    if (!isSending) sendAll().catch(own.reject)
    return own.promise
  }
}

/** A lock on most of three servers that took longer than it lasts is taken for a lock. */
export function lateMajority(isRepaired: boolean): StrategyModule<'postgres' | 'redis'> {
  return {
    create: ({ postgres: db, redis }, settings) =>
      reservationsOn(db, {
        async claim(request) {
          const nodes = redis.slice(0, 3)
          const key = `lock:${request.lines[0]?.resourceId}`
          const token = randomUUID()
          const startMs = performance.now()
          const had: Redis[] = []
          for (const node of nodes) {
            if ((await node.set(key, token, 'PX', LEASE_MS, 'NX')) === 'OK') had.push(node)
            if (had.length > nodes.length / 2) break
          }
          try {
            const isMajority = had.length > nodes.length / 2
            const isValid = !isRepaired || performance.now() - startMs < LEASE_MS
            if (!isMajority || !isValid) return { kind: 'contended', reason: 'lock-not-available' }
            return await readCheckWrite(db, request, settings.criticalSection)
          } finally {
            await Promise.allSettled(had.map((node) => leaseReleaser(node)(key, token)))
          }
        },
      }),
  }
}

const TRY_AGAIN_MS = 25
const TRIES_MAX = 60

/** Waits for the seat, and counts its deadline from the first try, although it was taken by the last one. */
export function countedFromTheFirstTry(isRepaired: boolean): StrategyModule<'redis'> {
  return {
    create(connections) {
      const right = createOnLua(connections)
      const [redis] = connections.redis
      return {
        ...right,
        async hold(request): Promise<HoldOutcome> {
          const [seconds, micros] = await redis.time()
          const startMs = Number(seconds) * 1_000 + Number(micros) / 1_000
          for (let attempts = 1; ; attempts++) {
            const outcome = await right.hold(request)
            if (outcome.kind === 'held')
              return isRepaired ? outcome : { ...outcome, deadlineMs: startMs + request.ttlMs }
            if (outcome.kind !== 'sold-out' || attempts === TRIES_MAX) return outcome
            await pause(TRY_AGAIN_MS)
          }
        },
      }
    },
  }
}

const extended = script(`
  if redis.call('GET', KEYS[1]) == ARGV[1] then
    return redis.call('PEXPIRE', KEYS[1], ARGV[2])
  end
  return 0`)

/** Refreshes its lock before it writes, and takes it again without a word if it was lost in between. */
export function refreshed(isRepaired: boolean): StrategyModule<'postgres' | 'redis'> {
  return {
    create({ postgres: db, redis: [redis] }, settings) {
      const release = leaseReleaser(redis)
      return reservationsOn(db, {
        claim(request) {
          const token = randomUUID()
          const key = (id: string): string => `mutex:${id}`
          const isStillOurs = async (id: string): Promise<boolean> =>
            Number(await extended.run(redis, [key(id)], [token, LEASE_MS])) === 1 ||
            (!isRepaired && (await redis.set(key(id), token, 'PX', LEASE_MS, 'NX')) === 'OK')
          return withLeases(
            request.lines.map(({ resourceId }) => resourceId),
            async (resourceId) => {
              if ((await redis.set(key(resourceId), token, 'PX', LEASE_MS, 'NX')) !== 'OK') return undefined
              return { resourceId, release: () => release(key(resourceId), token) }
            },
            (leases) =>
              readCheckWrite(db, request, settings.criticalSection, async () => {
                const ours = await Promise.all(leases.map(({ resourceId }) => isStillOurs(resourceId)))
                return ours.every(Boolean)
              }),
          )
        },
      })
    },
  }
}

/** `mayWrite`: asked between read and write. */
function readCheckWrite(
  db: PostgresConnections['postgres'],
  request: HoldRequest,
  criticalSection: () => Promise<void>,
  mayWrite: () => Promise<boolean> = async () => true,
) {
  return inTransaction(db, 'read committed', async (tx) => {
    const { rows } = await sql<FreeUnits>`
      select id, capacity - taken as free from resource
      where id = any (${request.lines.map((line) => line.resourceId)}::text[])`.execute(tx)
    await criticalSection()
    if (!(await mayWrite())) return { kind: 'contended', reason: 'lock-not-available' }
    return covers(rows, request.lines) ? takeUnits(tx, request) : { kind: 'short' }
  })
}
