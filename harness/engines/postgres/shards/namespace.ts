/** A schema on every server of POSTGRES_URLS, and for each event the connections to its server. */
import type { Kysely } from 'kysely'
import type { PerEvent } from '../../../../strategies/strategy.ts'
import {
  type AttachedNamespace,
  type Explorable,
  type Lent,
  type MeterReading,
  type Namespace,
  type NamespaceOptions,
  NOTHING_HAPPENS,
} from '../../engine.ts'
import { attach } from '../attach.ts'
import type { PostgresEngine } from '../open.ts'
import { serverOf } from './addresses.ts'

export interface ShardedNamespace extends Namespace {
  cut(): Promise<void>
}

/** The attachments of the servers, in their order. */
interface ShardedAttachment {
  readonly shards: readonly unknown[]
}

/** Each server has a pool of the whole size. */
export async function createShardedNamespace(
  shards: readonly PostgresEngine[],
  options: NamespaceOptions,
): Promise<ShardedNamespace> {
  await using undo = new AsyncDisposableStack()
  const spaces: Awaited<ReturnType<PostgresEngine['openNamespace']>>[] = []
  for (const shard of shards) spaces.push(undo.use(await shard.openNamespace(options)))
  const [first] = spaces
  if (first === undefined) throw new RangeError('there is no server')
  const owned = undo.move()
  return {
    ...lentBy(spaces),
    store: { parts: async () => spaces.map(({ store }) => store) },
    async readClock() {
      const readings = await Promise.all(spaces.map((space) => space.readClock()))
      const earliest = Math.min(...readings.map(({ offsetMs, errorMs }) => offsetMs - errorMs))
      const latest = Math.max(...readings.map(({ offsetMs, errorMs }) => offsetMs + errorMs))
      return { offsetMs: (earliest + latest) / 2, errorMs: (latest - earliest) / 2 }
    },
    leftOpen: async (sessions) => (await Promise.all(spaces.map((space) => space.leftOpen(sessions)))).flat(),
    leftBehind: async () =>
      (await Promise.all(spaces.map(async (space) => (await space.leftBehind?.()) ?? []))).flat(),
    attachment: (size): ShardedAttachment => ({ shards: spaces.map((space) => space.attachment(size)) }),
    explorable: notExplorable(first.explorable),
    cut: () => owned.disposeAsync(),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

export function isShardedAttachment(attachment: unknown): attachment is ShardedAttachment {
  return typeof attachment === 'object' && attachment !== null && 'shards' in attachment
}

export async function attachToShards({ shards }: ShardedAttachment): Promise<AttachedNamespace> {
  await using undo = new AsyncDisposableStack()
  const attached: AttachedNamespace[] = []
  for (const shard of shards) attached.push(undo.use(await attach(shard)))
  const owned = undo.move()
  return { ...lentBy(attached), [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

/** `spaces`: in the order of the servers. */
function lentBy(spaces: readonly Lent[]): Lent {
  const places = spaces.map((_, server) => String(server))
  const connections: PerEvent = {
    placeOf: (event) => String(serverOf(event, spaces.length)),
    connectionsOf: (place) => spaces[Number(place)]?.connections as Kysely<unknown>,
    places,
  }
  return {
    connections,
    sessions: () => spaces.flatMap((space) => space.sessions()),
    meter: {
      reset() {
        for (const { meter } of spaces) meter?.reset()
      },
      read: () => summed(spaces.flatMap(({ meter }) => meter?.read() ?? [])),
    },
  }
}

/** Counts and seconds are sums; a wait is that of the server on which it was longest. */
function summed(readings: readonly MeterReading[]): MeterReading {
  const most = (of: (reading: MeterReading) => number) => Math.max(0, ...readings.map(of))
  const sum = (of: (reading: MeterReading) => number) => readings.reduce((all, each) => all + of(each), 0)
  return {
    poolWaitMs: {
      p50: most(({ poolWaitMs }) => poolWaitMs.p50),
      p95: most(({ poolWaitMs }) => poolWaitMs.p95),
      p99: most(({ poolWaitMs }) => poolWaitMs.p99),
      max: most(({ poolWaitMs }) => poolWaitMs.max),
      count: sum(({ poolWaitMs }) => poolWaitMs.count),
    },
    poolWaitSeconds: sum(({ poolWaitSeconds }) => poolWaitSeconds),
    connectionSeconds: sum(({ connectionSeconds }) => connectionSeconds),
    pool: {
      open: sum(({ pool }) => pool?.open ?? 0),
      inUse: sum(({ pool }) => pool?.inUse ?? 0),
      waiting: sum(({ pool }) => pool?.waiting ?? 0),
      broken: sum(({ pool }) => pool?.broken ?? 0),
    },
  }
}

function notExplorable({ anything }: Explorable): Explorable {
  const refusal = 'several servers are not explored, since what waits on one is seen on no other'
  return {
    ...NOTHING_HAPPENS,
    refusal,
    anything,
    gated() {
      throw new Error(refusal)
    },
    clear: async () => false,
  }
}
