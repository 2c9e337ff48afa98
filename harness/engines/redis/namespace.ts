/**
 * The keys under one prefix, with separate clients, on servers that may hold other data: nothing else is
 * touched.
 */
import type { Redis } from 'ioredis'
import type { RedisStore } from '../../../strategies/ledgers/stores.ts'
import { readingOf } from '../clock-reading.ts'
import type { ClockReading, Namespace, NamespaceOptions } from '../engine.ts'
import { reasonOf } from '../engine-error.ts'
import { attachedName, type RedisAttachment } from './attach.ts'
import {
  ADMIN_COMMAND_DEADLINE_MS,
  COMMAND_DEADLINE_MS,
  closeClient,
  connectionString,
  onEach,
  openClient,
  type PerNode,
  type RedisProxy,
  type RedisSession,
  type RedisTarget,
} from './connection.ts'
import { watchEviction } from './eviction.ts'
import { explorable } from './explorable.ts'
import { connectFailure } from './failures.ts'
import { leftBehind, leftOpen } from './left-open.ts'
import { MovedClock } from './moved-clock.ts'
import { observedRedis } from './observed-client.ts'
import { removeStrays } from './strays.ts'
import { unlinked } from './unlinked.ts'
import { WritingTogether } from './written-together.ts'

export interface RedisNamespace extends Namespace {
  readonly connections: PerNode<Redis>
  readonly store: RedisStore
  /** Every key of the namespace begins with it. */
  readonly prefix: string
  /** One client per node, for the strategy. They add the prefix to every key. */
  readonly clients: PerNode<Redis>
  /**
   * One more client per node, for audits and clock readings. They see keys as the server does, including the
   * prefix.
   */
  readonly observer: PerNode<Redis>
  readClock(node?: number): Promise<ClockReading>
}

/** How many keys one step of a scan checks: under a millisecond for a server that may have other users. */
const SCAN_STEP_KEYS = 1_000
/**
 * Time limit for all steps. On a server with a hundred million keys of other users, ours are left to expire.
 */
const CLEAR_DEADLINE_MS = 30_000

export interface OpenRedisNamespace extends RedisNamespace {
  /** Closes the clients and leaves the keys: for servers that are about to be discarded. */
  cut(): Promise<void>
}

/** `admins` belong to the engine and outlive the namespace. */
export async function createNamespace(options: {
  readonly targets: PerNode<RedisTarget>
  readonly admins: PerNode<Redis>
  readonly prefix: string
  readonly name: string
  /** Whether the servers were started by this run, so that no other program writes there. */
  readonly isOwn: boolean
  readonly commandDeadlineMs: number | undefined
  readonly through: NamespaceOptions['through']
  readonly log: (line: string) => void
}): Promise<OpenRedisNamespace> {
  const { targets, admins, prefix, name, commandDeadlineMs = COMMAND_DEADLINE_MS, log } = options
  const opened: Redis[] = []
  const closeAll = async (): Promise<void> => {
    await Promise.all(opened.map(closeClient))
  }
  const proxies = await onEach(targets, async ({ host, port }) => options.through?.({ host, port }))
  const openAll = (session: RedisSession, by?: PerNode<RedisProxy | undefined>): Promise<PerNode<Redis>> =>
    onEach(targets, async (target, node) => {
      const client = await openClient(target, session, by?.[node]).catch((error: unknown) => {
        throw connectFailure(target, error)
      })
      opened.push(client)
      return client
    })
  const [clients, observer] = await Promise.allSettled([
    openAll({ name, commandDeadlineMs, keyPrefix: prefix }, proxies),
    openAll({ name: `${name}-observer`, commandDeadlineMs: ADMIN_COMMAND_DEADLINE_MS }),
  ])
  if (clients.status === 'rejected' || observer.status === 'rejected') {
    await closeAll()
    throw clients.status === 'rejected' ? clients.reason : observer.status === 'rejected' && observer.reason
  }
  const eviction = await watchEviction(observer.value).catch(async (error: unknown) => {
    await closeAll()
    throw error
  })
  const clock = new MovedClock()
  for (const client of clients.value) observedRedis(client)
  return {
    prefix,
    keeping: () => eviction.read(),
    clients: clients.value,
    connections: clients.value,
    observer: observer.value,
    store: { observers: await onEach(observer.value, async (client) => clock.before(client)), prefix },
    sessions: () => [],
    confirmedBy(followers) {
      for (const client of clients.value) if (client instanceof WritingTogether) client.followers = followers
    },
    leftOpen: () => leftOpen({ observers: observer.value, prefix }),
    leftBehind: () =>
      leftBehind({
        clients: clients.value,
        observers: observer.value,
        prefix,
        name,
        attached: attachedName(prefix),
      }),
    ...(options.isOwn && { removeStrays: () => removeStrays(observer.value) }),
    attachment: (): RedisAttachment => ({ urls: targets.map(connectionString), prefix, proxies }),
    explorable: explorable({ prefix, clients: clients.value, observers: observer.value, clock }),
    readClock: (node = 0) => readClock(observer.value, node),
    cut: closeAll,
    async [Symbol.asyncDispose]() {
      await closeAll()
      await Promise.all(
        admins.map((admin) =>
          clearPrefix(admin, prefix).catch((error: unknown) => {
            log(`redis: keys ${prefix}* could not be deleted and are left to a later run: ${reasonOf(error)}`)
          }),
        ),
      )
    },
  }
}

/** Deletes all keys that begin with the prefix, which contains no pattern characters. */
export async function clearPrefix(admin: Redis, prefix: string): Promise<number> {
  const deadline = performance.now() + CLEAR_DEADLINE_MS
  let cleared = 0
  let cursor = '0'
  do {
    const [next, keys] = await admin.scan(cursor, 'MATCH', `${prefix}*`, 'COUNT', SCAN_STEP_KEYS)
    cursor = next
    // Their memory is freed in the background.
    if (keys.length > 0) cleared += await unlinked(admin, keys)
    if (performance.now() > deadline) throw new Error(`it took longer than ${CLEAR_DEADLINE_MS} ms`)
  } while (cursor !== '0')
  return cleared
}

async function readClock(observer: readonly Redis[], node: number): Promise<ClockReading> {
  const client = observer[node]
  if (client === undefined) throw new RangeError(`there is no node ${node}`)
  return await readingOf(
    () => client.time(),
    ([seconds, microseconds]) => Number(seconds) * 1_000 + Number(microseconds) / 1_000,
  )
}
