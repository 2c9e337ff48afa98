/**
 * Exercise 7: Redlock by hand. A lease counts if enough of the nodes have accepted it.
 *
 * Your task: correct its arithmetic, by which two buyers can have one lease at once; and let no seat be sold twice all the same,
 * when a lease is lost. Which of the two do the judges meet first?
 */
import { randomUUID } from 'node:crypto'
import {
  type Claim,
  covers,
  type FreeUnits,
  insertHold,
  inTransaction,
  type PostgresConnections,
  reservationsOn,
  takeUnits,
} from 'holdfast/postgres'
import { type RedisConnections, script } from 'holdfast/redis'
import type { ReservationStrategy, StrategySettings } from 'holdfast/strategy'
import { sql } from 'kysely'

export const engines = ['postgres', 'redis']
export const ledger = 'counter-rows'
export const promises = { contention: 'polls' }

const LEASE_MS = 3_000
const ATTEMPTS_MAX = 20

const deleteIfOurs = script(`
  if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
  return 0`)

export function create(
  { postgres: db, redis: nodes }: PostgresConnections & RedisConnections,
  settings: StrategySettings,
): ReservationStrategy {
  const enough = Math.floor(nodes.length / 2)

  /** Whether enough of the nodes accepted. One that is down has not. */
  async function take(key: string, token: string): Promise<boolean> {
    const answers = await Promise.allSettled(nodes.map((node) => node.set(key, token, 'PX', LEASE_MS, 'NX')))
    const accepted = answers.filter((each) => each.status === 'fulfilled' && each.value === 'OK')
    return accepted.length >= enough
  }

  async function release(key: string, token: string): Promise<void> {
    await Promise.allSettled(nodes.map((node) => deleteIfOurs.run(node, [key], [token])))
  }

  async function withLeases(ids: readonly string[], work: () => Promise<Claim>): Promise<Claim> {
    const token = randomUUID()
    const tried: string[] = []
    try {
      for (const id of ids) {
        const key = `lock:${id}`
        tried.push(key)
        if (!(await take(key, token))) return { kind: 'contended', reason: 'lock-not-available' }
      }
      return await work()
    } finally {
      await Promise.allSettled(tried.map((key) => release(key, token)))
    }
  }

  return reservationsOn(db, {
    attemptsMax: ATTEMPTS_MAX,
    random: settings.random,
    claim(request) {
      const ids = request.lines.map((line) => line.resourceId)
      return withLeases(ids, () =>
        inTransaction(db, 'read committed', async (tx) => {
          const { rows } = await sql<FreeUnits>`
            select id, capacity - taken as free from resource where id = any (${ids}::text[])`.execute(tx)
          await settings.criticalSection()
          return covers(rows, request.lines) ? takeUnits(tx, request, insertHold) : { kind: 'short' }
        }),
      )
    },
  })
}
