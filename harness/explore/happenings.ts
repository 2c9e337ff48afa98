/**
 * What happens to clients without a step of theirs, as steps of the schedule. Time is not waited for but brought about: the one
 * deadline or lease that is to pass is moved to this very moment, in the store and by its own clock, through a connection of the
 * explorer's. For everybody who reads the clock afterwards it has passed, and whoever read it before had read an earlier time: just
 * as if so much time had gone by between two steps, and nothing else had fallen due meanwhile.
 */
import type { Redis } from 'ioredis'
import type { Witness, Written } from '../../strategies/ledgers/ledger.ts'
import { monotonicMs } from '../clock.ts'
import type { Stores } from '../trial/ground.ts'
import type { Touch } from './footprint.ts'

/** Every key begins so. */
export const ALL_OF_REDIS: Touch = { store: 'redis', keys: [''] }

/** What a witness has written to make a deadline pass, as steps of the schedule touch it. */
export function touchOf({ engine, names }: Written): readonly Touch[] {
  switch (engine) {
    case 'postgres':
      return [{ store: engine, effect: 'time', tables: names }]
    case 'redis':
      return [{ store: engine, keys: names }]
    default:
      return [
        { store: 'postgres', effect: 'any', tables: 'all' },
        ALL_OF_REDIS,
        { store: 'tigerbeetle', effect: 'any' },
      ]
  }
}

/** A lease that somebody has: its key without the prefix, and the token that tells whose it is. */
export interface LeaseHad {
  readonly key: string
  readonly token: string
}

/** Of one run or of all, one for each key, on whatever nodes it is: keys that expire, but for those of the ledger. */
export async function leasesHad(
  { redis }: Stores,
  witness: Witness | undefined,
  mark = '',
): Promise<readonly LeaseHad[]> {
  if (redis === undefined) return []
  const perNode = await Promise.all(redis.observers.map((node) => leasesOn(node, redis.prefix, mark)))
  return [...new Map(perNode.flat().map((lease) => [lease.key, lease])).values()].filter(
    ({ key }) => witness?.isOwnKey?.(key) !== true,
  )
}

async function leasesOn(node: Redis, prefix: string, mark: string): Promise<readonly LeaseHad[]> {
  const keys = await keysWith(node, prefix, mark)
  const told = await Promise.all(
    keys.map(async (key): Promise<readonly LeaseHad[]> => {
      const name = key.slice(prefix.length)
      const [leftMs, kind] = await Promise.all([node.pttl(key), node.type(key)])
      return leftMs > 0 ? [{ key: name, token: kind === 'string' ? ((await node.get(key)) ?? '') : '' }] : []
    }),
  )
  return told.flat()
}

/** A run's keys are few, and so are the runs that share a prefix. */
async function keysWith(node: Redis, prefix: string, mark: string): Promise<readonly string[]> {
  const found = await node.keys(`${prefix}*${mark}*`)
  if (mark === '') return found
  // The mark of run 1 begins that of run 12.
  return found.filter((key) => !/^\d/.test(key.slice(key.lastIndexOf(mark) + mark.length)))
}

/** On every node: it was taken on all of them at one time. */
export async function endLease({ redis }: Stores, key: string): Promise<void> {
  if (redis !== undefined) await Promise.all(redis.observers.map((node) => node.del(redis.prefix + key)))
}

/** Of one run, on every node. */
export async function forgetAll({ redis }: Stores, mark: string): Promise<void> {
  if (redis === undefined) return
  await Promise.all(
    redis.observers.map(async (node) => {
      const keys = await keysWith(node, redis.prefix, mark)
      if (keys.length > 0) await node.del(...keys)
    }),
  )
}

/** How long a server process may take to notice that it was told to end. */
const END_MS_MAX = 10_000

/** Ends sessions, and returns when the server has rolled back what they were in and forgotten them. */
export async function endSessions({ postgres }: Stores, pids: readonly number[]): Promise<void> {
  if (postgres === undefined || pids.length === 0) return
  const { observer } = postgres
  await observer.query('select pg_terminate_backend(pid) from unnest($1::int[]) pid', [pids])
  const endMs = monotonicMs() + END_MS_MAX
  // Told to wait by itself, the server would look only every tenth of a second.
  for (;;) {
    const { rows } = await observer.query('select from pg_stat_activity where pid = any ($1::int[])', [pids])
    if (rows.length === 0) return
    if (monotonicMs() > endMs) throw new Error(`the server did not end a session within ${END_MS_MAX} ms`)
  }
}

/** Whether a session waits for one of these: PostgreSQL's own answer, which its isolation tests use, too. */
export async function isWaiting(
  { postgres }: Stores,
  pid: number,
  others: readonly number[],
): Promise<boolean> {
  if (postgres === undefined) return false
  const { rows } = await postgres.observer.query<{ waits: boolean }>({
    name: 'is-waiting',
    text: 'select pg_isolation_test_session_is_blocked($1, $2::int[]) as waits',
    values: [pid, others],
  })
  return rows[0]?.waits === true
}

/** The sessions that this one waits for. */
export async function blockersOf({ postgres }: Stores, pid: number): Promise<readonly number[]> {
  if (postgres === undefined) return []
  const { rows } = await postgres.observer.query<{ pids: number[] }>('select pg_blocking_pids($1) as pids', [
    pid,
  ])
  return rows[0]?.pids ?? []
}
