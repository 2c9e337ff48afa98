/** Locks that strategies have left in Redis after the last call. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { monotonicMs } from '../../clock.ts'
import type { PerNode } from './connection.ts'

/** How many keys one step of a scan checks. */
const STEP_KEYS = 1_000
/** What Redis answers for the remaining time of a key that never expires. */
const NEVER_EXPIRES = -1
/** The remaining time of a key is given in whole milliseconds, and the last one may be counted or not. */
const CLOCK_GRAIN_MS = 2
/** Longer than the locks of the registry's strategies; the probe handles longer ones. */
const EXPIRY_WAIT_MS_MAX = 5_000
/** For the server to notice that a client is gone. */
const GONE_MS_MAX = 5_000
const GONE_POLL_MS = 20

/**
 * Finds locks that never expire, which would block their resources permanently. Locks of owners that were cut
 * off do expire; this is waited for, since the probe needs the same resources. A node that does not answer is
 * skipped: the probe finds out whether enough nodes are left.
 */
export async function leftOpen({
  observers,
  prefix,
}: {
  readonly observers: PerNode<Redis>
  readonly prefix: string
}): Promise<readonly string[]> {
  const perNode = await Promise.allSettled(observers.map((client) => locksOn(client, prefix)))
  const locks = perNode.flatMap((read, at) => {
    if (read.status === 'rejected') return []
    const where = observers.length === 1 ? '' : ` on node ${at + 1}`
    return read.value.map((lock) => ({ ...lock, where }))
  })
  const longestMs = Math.max(0, ...locks.map(({ leftMs }) => leftMs))
  if (longestMs > 0) await delay(Math.min(longestMs + CLOCK_GRAIN_MS, EXPIRY_WAIT_MS_MAX))
  return locks.flatMap(({ key, where, leftMs }) =>
    leftMs === NEVER_EXPIRES ? [`${key} is held${where} and never expires`] : [],
  )
}

/**
 * Connections of the namespace whose clients are gone, and locks that last longer than any lease of the
 * registry's strategies. `name`: of the namespace's own connections; `attached`: with what the names of those
 * of other processes begin.
 */
export async function leftBehind({
  clients,
  observers,
  prefix,
  ...named
}: {
  readonly clients: PerNode<Redis>
  readonly observers: PerNode<Redis>
  readonly prefix: string
  readonly name: string
  readonly attached: string
}): Promise<readonly string[]> {
  const perNode = observers.map(async (observer, node) => {
    const where = observers.length === 1 ? '' : ` on node ${node + 1}`
    const connections = await connectionsLeft({ observer, client: clients[node], ...named })
    const locks = (await locksOn(observer, prefix)).filter(({ leftMs }) => leftMs > EXPIRY_WAIT_MS_MAX)
    return [
      ...connections.map((each) => `connection ${each} is still there${where}, though its client is gone`),
      ...locks.map(({ key, leftMs }) => `${key} is held${where} for ${leftMs} ms more`),
    ]
  })
  return (await Promise.all(perNode)).flat()
}

/** Names of connections that are not the client's own. */
async function connectionsLeft({
  observer,
  client,
  name,
  attached,
}: {
  readonly observer: Redis
  readonly client: Redis | undefined
  readonly name: string
  readonly attached: string
}): Promise<readonly string[]> {
  const endMs = monotonicMs() + GONE_MS_MAX
  for (;;) {
    const own = await client?.client('ID').catch(() => undefined)
    const list = String(await observer.client('LIST'))
    const left = list.split('\n').flatMap((line) => {
      const id = /^id=(\d+) /.exec(line)?.[1]
      const called = / name=(\S*) /.exec(line)?.[1] ?? ''
      const isOurs = called === name || called.startsWith(attached)
      return isOurs && Number(id) !== Number(own) ? [`${called} (${id})`] : []
    })
    if (left.length === 0 || monotonicMs() > endMs) return left
    await delay(GONE_POLL_MS)
  }
}

async function locksOn(
  client: Redis,
  prefix: string,
): Promise<readonly { readonly key: string; readonly leftMs: number }[]> {
  const keys = (await keysOf(client, prefix)).filter((key) => /^(lease|lock):/.test(key))
  return await Promise.all(keys.map(async (key) => ({ key, leftMs: await client.pttl(prefix + key) })))
}

async function keysOf(client: Redis, prefix: string): Promise<readonly string[]> {
  const pattern = `${prefix.replaceAll(/[[\]*?\\]/g, String.raw`\$&`)}*`
  const keys = new Set<string>()
  let cursor = '0'
  do {
    const [next, found] = await client.scan(cursor, 'MATCH', pattern, 'COUNT', STEP_KEYS)
    for (const key of found) keys.add(key.slice(prefix.length))
    cursor = next
  } while (cursor !== '0')
  return [...keys]
}
