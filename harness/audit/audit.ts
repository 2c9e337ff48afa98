/**
 * The audit at rest, the same for every ledger: what was left open in the engines, what the ledger's witness
 * reads, and a probe through the strategy.
 */
import type { Ledger, NotRead, ReadOrder, StoreReading, Stores } from '../../strategies/ledgers/ledger.ts'
import type { ReservationStrategy, Resource } from '../../strategies/strategy.ts'
import { invokedNowUs } from '../clock.ts'
import type { AuditRecord, Operation } from '../history/record.ts'
import { type Probed, type ProbeLimits, probeFreeUnits } from './probe.ts'
import { probeAsBuyer } from './probe-as-buyer.ts'

export interface AuditOrder {
  readonly strategy: ReservationStrategy
  /** Absent for a strategy without a ledger: then it is probed, and its store is not read. */
  readonly ledger: Ledger | undefined
  readonly stores: Stores
  /**
   * What the engines report as left open and never to be released, one sentence each; waits for what ends by
   * itself.
   */
  leftOpen(): Promise<readonly string[]>
  /** Whether anything in the engines expires, and could be a lock that was left; absent if unknown. */
  isAnythingExpiring?(): Promise<boolean>
  readonly probeLimits?: ProbeLimits
  /** The most requested first: the first ones are probed. */
  readonly resources: readonly Resource[]
  /** Every hold that was requested, for a store that keeps no names; absent means none. */
  readonly holds?: ReadOrder['holds']
  /** Holds and resources whose ids begin with this were not part of the trial. */
  readonly skip: ReadOrder['skip']
}

export interface Audited {
  /** Absent if the store was not read and nothing else was found wrong. */
  readonly record?: AuditRecord
  /** What the audit could not determine, one sentence each. Without an answer nothing is proved. */
  readonly failures: readonly string[]
  /** Whether a call of the probe had no answer, and may still be running. */
  readonly isStuck: boolean
  /** Why the store could not be read: the history and the probe alone decide. */
  readonly storeNotRead?: string
  /**
   * The probe's own calls, recorded as a buyer's: part of the history if there is no store to compare with.
   */
  readonly operations: readonly Operation[]
}

const STORE_NOT_READ = 'raw store not read: the strategy names no ledger'

/** Must be called when no call is in flight and every hold that will fall due has done so. */
export async function audit(order: AuditOrder): Promise<Audited> {
  const { strategy, resources, ledger } = order
  let atRest: AtRest
  try {
    atRest = await readAtRest(order)
  } catch (error) {
    // The engine is gone. Earlier answers may still convict, but nothing is proved.
    const why = error instanceof Error ? error.message || error.name : String(error)
    return { failures: [`the store could not be read at rest: ${why}`], operations: [], isStuck: false }
  }
  const { leftOpen, reading, takenUs } = atRest
  if (ledger === undefined || reading === undefined) return await auditUnread(order, leftOpen)
  if (reading.kind === 'not-read') {
    const why = `the store is not the ledger that the strategy names (${ledger.name}): ${reading.reason}`
    return { failures: [why], operations: [], isStuck: false }
  }
  const probed = await probeFreeUnits(strategy, reading, resources, order.probeLimits)
  const { probes, isStuck } = probed
  const { complaints, failures } = await told(order, probed)
  const { holds } = reading
  const all = [...reading.complaints, ...leftOpen, ...complaints]
  return {
    record: { type: 'audit', takenUs, resources: reading.resources, holds, complaints: all, probes },
    failures,
    operations: [],
    isStuck,
  }
}

/** What can be said about a store that only the strategy can read. */
async function auditUnread(order: AuditOrder, leftOpen: readonly string[]): Promise<Audited> {
  const probed = await probeAsBuyer(order.strategy, order.resources, order.probeLimits)
  const { operations, isStuck } = probed
  const { complaints, failures } = await told(order, probed)
  const all = [...leftOpen, ...complaints]
  const takenUs = invokedNowUs()
  const nothing = { resources: [], holds: [], probes: [] }
  return {
    ...(all.length > 0 && {
      record: { type: 'audit', takenUs, isStoreRead: false, ...nothing, complaints: all },
    }),
    failures,
    operations,
    isStuck,
    storeNotRead: STORE_NOT_READ,
  }
}

/** Whether unavailable units are lost, or only locked until the lock of a dead client expires. */
async function told(
  { isAnythingExpiring }: AuditOrder,
  { failures, starved }: Pick<Probed, 'failures' | 'starved'>,
): Promise<{ readonly complaints: readonly string[]; readonly failures: readonly string[] }> {
  if (starved.length === 0) return { complaints: [], failures }
  return (await isAnythingExpiring?.()) !== false
    ? { complaints: [], failures: [...failures, ...starved] }
    : { complaints: starved, failures }
}

interface AtRest {
  readonly leftOpen: readonly string[]
  /** Absent if the strategy names no ledger. */
  readonly reading?: StoreReading | NotRead
  readonly takenUs: number
}

async function readAtRest(order: AuditOrder): Promise<AtRest> {
  // Done first, since it waits until background work and locks without an owner have ended: then everything
  // is at rest.
  const leftOpen = await order.leftOpen()
  const { ledger, stores, resources, holds = [], skip } = order
  let takenUs = invokedNowUs()
  if (ledger === undefined) return { leftOpen, takenUs }
  const witness = await ledger.witness()
  const begins = () => {
    takenUs = invokedNowUs()
  }
  const reading = await witness.read(stores, { resources, holds, skip, begins })
  return { leftOpen, reading, takenUs }
}
