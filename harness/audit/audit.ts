/** The audit at rest, for whichever engine a strategy keeps its holds in: raw reads first, then a probe through it. */
import type { ReservationStrategy, Resource } from '../../strategies/strategy.ts'
import type { AuditRecord } from '../history/record.ts'
import { type PostgresStore, readPostgres } from './postgres.ts'
import { probe } from './probe.ts'
import { type RedisStore, readRedis } from './redis.ts'
import { type StoreReading, summarized, type Unaudited } from './store-reading.ts'
import { type AskedHold, readTigerbeetle, type TigerbeetleStore } from './tigerbeetle.ts'

/** Where a strategy keeps its holds; absent for one that keeps them where nobody else can look. */
export interface Stores {
  readonly postgres?: PostgresStore
  readonly redis?: RedisStore
  readonly tigerbeetle?: TigerbeetleStore
}

export interface AuditOrder {
  readonly strategy: ReservationStrategy
  readonly stores: Stores
  /** What nobody will release any more, asked of the engines: one sentence each. */
  leftOpen(): Promise<readonly string[]>
  /** The most wanted first: the first ones are probed. */
  readonly resources: readonly Resource[]
  /** Every hold that was asked for, for a store that keeps no names; none where absent. */
  readonly holds?: readonly AskedHold[]
  /** Holds and resources whose ids begin with this were not part of the trial. */
  readonly skip: { readonly prefix: string }
}

export interface Audited {
  /** Absent when the store could not be read: then the history alone decides. */
  readonly record?: AuditRecord
  /** What the audit could not find out, one sentence each. Without an answer nothing is proven. */
  readonly failures: readonly string[]
  /** Why there is no record. */
  readonly unaudited?: string
}

/** To be called when no call is in flight and every hold that will fall due has. */
export async function audit(order: AuditOrder): Promise<Audited> {
  let reading: StoreReading | Unaudited
  try {
    const read = await readStore(order)
    reading = read.kind === 'read' ? await withLeftOpen(read, order) : read
  } catch (error) {
    // An engine that is gone. What was answered before may still convict, but nothing is proven.
    const why = error instanceof Error ? error.message || error.name : String(error)
    return { failures: [`the store could not be read at rest: ${why}`] }
  }
  if (reading.kind === 'unaudited') return { unaudited: reading.reason, failures: [] }
  const { probes, failures } = await probe(order.strategy, reading, order.resources)
  const { takenUs, resources, holds, complaints } = reading
  return { record: { type: 'audit', takenUs, resources, holds, complaints, probes }, failures }
}

/**
 * Holds in TigerBeetle are nowhere else. Where PostgreSQL and Redis are both used, holds are either in PostgreSQL, with leases
 * around them in Redis, or they are in Redis.
 */
async function readStore({
  stores,
  resources,
  holds = [],
  skip,
}: AuditOrder): Promise<StoreReading | Unaudited> {
  const { postgres, redis, tigerbeetle } = stores
  if (tigerbeetle !== undefined) return readTigerbeetle(tigerbeetle, { resources, holds }, skip)
  const inPostgres = postgres === undefined ? undefined : await readPostgres(postgres, skip)
  if (inPostgres?.kind === 'read') return inPostgres
  if (redis !== undefined) return readRedis(redis, postgres, skip)
  return inPostgres ?? { kind: 'unaudited', reason: 'the strategy keeps its holds in no engine' }
}

async function withLeftOpen(reading: StoreReading, order: AuditOrder): Promise<StoreReading> {
  const complaints = [...reading.complaints, ...(await order.leftOpen())]
  return { ...reading, complaints: summarized(complaints) }
}
