/**
 * The keys of one trial on a cluster: under one prefix on every master, and those of each event under one
 * hash tag, so that a script finds them on one master.
 */
import type { Redis } from 'ioredis'
import type { RedisStore, SplitStore } from '../../../../strategies/ledgers/stores.ts'
import { readingOf } from '../../clock-reading.ts'
import {
  type ClockReading,
  type Explorable,
  type Namespace,
  type NamespaceOptions,
  NOTHING_HAPPENS,
} from '../../engine.ts'
import { reasonOf } from '../../engine-error.ts'
import {
  ADMIN_COMMAND_DEADLINE_MS,
  COMMAND_DEADLINE_MS,
  type RedisProxy,
  type RedisTarget,
} from '../connection.ts'
import { watchEviction } from '../eviction.ts'
import { leftOpen } from '../left-open.ts'
import { clearPrefix } from '../namespace.ts'
import { removeStrays } from '../strays.ts'
import { EVERYTHING } from '../touch.ts'
import { WritingTogether } from '../written-together.ts'
import type { ClusterAttachment } from './attach.ts'
import { ClusterNodes } from './nodes.ts'
import { perEvent } from './per-event.ts'
import { RoutedClient } from './routed-client.ts'
import { eventOfKey, eventPrefix, named } from './slots.ts'

/** How many keys one step of a scan checks. */
const SCAN_STEP_KEYS = 1_000

export interface OpenClusterNamespace extends Namespace {
  readonly prefix: string
  /** Closes the connections and leaves the keys: for servers that are about to be discarded. */
  cut(): Promise<void>
}

/** `admins` belong to the engine and outlive the namespace. */
export async function createClusterNamespace(options: {
  readonly seeds: readonly RedisTarget[]
  readonly admins: ClusterNodes
  readonly prefix: string
  readonly name: string
  readonly isOwn: boolean
  readonly through: NamespaceOptions['through']
  readonly log: (line: string) => void
}): Promise<OpenClusterNamespace> {
  const { seeds, admins, prefix, name, log } = options
  const proxies = await proxiesTo(admins, options.through)
  await using undo = new AsyncDisposableStack()
  const clients = undo.use(
    await ClusterNodes.open({
      seeds,
      session: { name, commandDeadlineMs: COMMAND_DEADLINE_MS },
      by: (address) => proxies[named(address)],
    }),
  )
  const session = { name: `${name}-observer`, commandDeadlineMs: ADMIN_COMMAND_DEADLINE_MS }
  const observers = undo.use(await ClusterNodes.open({ seeds, session }))
  const eviction = await watchEviction(observers.masters())
  const met = new Set<string>()
  const stores = async (): Promise<readonly RedisStore[]> => {
    const events = new Set([...met, ...(await eventsOn(observers.masters(), prefix))])
    return [...events].map((event) => storeOf(observers, prefix, event))
  }
  const store: SplitStore = { parts: stores }
  const owned = undo.move()
  return {
    prefix,
    connections: perEvent(clients, prefix, (event) => met.add(event)),
    store,
    sessions: () => [],
    keeping: () => eviction.read(),
    confirmedBy(followers) {
      for (const client of clients.masters())
        if (client instanceof WritingTogether) client.followers = followers
    },
    async leftOpen() {
      return (await Promise.all((await stores()).map((each) => leftOpen(each)))).flat()
    },
    ...(options.isOwn && { removeStrays: () => removeStrays(observers.masters()) }),
    attachment: (): ClusterAttachment => ({ kind: 'cluster', seeds, prefix, proxies }),
    explorable: notExplorable(() => stores()),
    readClock: () => clockOfAll(observers.masters()),
    cut: () => owned.disposeAsync(),
    async [Symbol.asyncDispose]() {
      await owned.disposeAsync()
      await Promise.all(
        admins.masters().map((admin) =>
          clearPrefix(admin, prefix).catch((error: unknown) => {
            log(`redis: keys ${prefix}* could not be deleted and are left to a later run: ${reasonOf(error)}`)
          }),
        ),
      )
    },
  }
}

/** Masters first: a replica that takes over is reached in the same way as its master was. */
async function proxiesTo(
  { ranges, replicas }: ClusterNodes,
  through: NamespaceOptions['through'],
): Promise<Readonly<Record<string, RedisProxy>>> {
  const addresses = [...ranges.map(({ master }) => master), ...replicas]
  const proxies: Record<string, RedisProxy> = {}
  for (const address of addresses) {
    const known = proxies[named(address)]
    const proxy = known ?? (await through?.(address))
    if (proxy !== undefined) proxies[named(address)] = proxy
  }
  return proxies
}

function storeOf(observers: ClusterNodes, prefix: string, event: string): RedisStore {
  const own = eventPrefix(prefix, event)
  return { observers: [new RoutedClient(observers, { near: own })], prefix: own, event }
}

/** Of every key of the namespace. */
async function eventsOn(masters: readonly Redis[], prefix: string): Promise<readonly string[]> {
  const events = new Set<string>()
  for (const master of masters) {
    let cursor = '0'
    do {
      const [next, keys] = await master.scan(cursor, 'MATCH', `${prefix}*`, 'COUNT', SCAN_STEP_KEYS)
      cursor = next
      for (const key of keys) {
        const event = eventOfKey(prefix, key)
        if (event !== undefined) events.add(event)
      }
    } while (cursor !== '0')
  }
  return [...events]
}

/** Deadlines are of the clock of the master that keeps the event: as exact as the clocks agree. */
async function clockOfAll(masters: readonly Redis[]): Promise<ClockReading> {
  const readings: ClockReading[] = []
  for (const master of masters) {
    readings.push(
      await readingOf(
        () => master.time(),
        ([seconds, microseconds]) => Number(seconds) * 1_000 + Number(microseconds) / 1_000,
      ),
    )
  }
  const earliest = Math.min(...readings.map(({ offsetMs, errorMs }) => offsetMs - errorMs))
  const latest = Math.max(...readings.map(({ offsetMs, errorMs }) => offsetMs + errorMs))
  return { offsetMs: (earliest + latest) / 2, errorMs: (latest - earliest) / 2 }
}

function notExplorable(stores: () => Promise<readonly RedisStore[]>): Explorable {
  const refusal = 'the servers of a cluster are not explored, since what is done on one is seen on no other'
  return {
    ...NOTHING_HAPPENS,
    refusal,
    gated() {
      throw new Error(refusal)
    },
    clear: async () => false,
    anything: EVERYTHING,
    async locksHeld() {
      const perEvent = (await stores()).map(async ({ observers: [client], prefix }) => {
        // The name of an event may have a sign of a pattern.
        const keys = await client.keys(`${prefix.replaceAll(/[[\]*?\\]/g, String.raw`\$&`)}*`)
        const left = await Promise.all(keys.map((key) => client.pttl(key)))
        return keys.flatMap((key, at) => {
          const leftMs = left[at] ?? 0
          return leftMs > 0 ? [{ key: key.slice(prefix.length), token: '', leftMs }] : []
        })
      })
      return (await Promise.all(perEvent)).flat()
    },
  }
}
