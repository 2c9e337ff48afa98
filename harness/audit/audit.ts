/**
 * The audit at rest, the same whatever the ledger: what was left open in the engines, what the ledger's
 * witness reads past the strategy, and a probe through the strategy.
 */
import type { Ledger, NotRead, ReadOrder, StoreReading, Stores } from '../../strategies/ledgers/ledger.ts'
import type { ReservationStrategy, Resource } from '../../strategies/strategy.ts'
import { invokedNowUs } from '../clock.ts'
import type { AuditRecord, Operation } from '../history/record.ts'
import { type Probed, probeFreeUnits } from './probe.ts'
import { probeAsBuyer } from './probe-as-buyer.ts'

export interface AuditOrder {
  readonly strategy: ReservationStrategy
  /** Absent for a strategy that states none: then it is probed, and its store is not read. */
  readonly ledger: Ledger | undefined
  readonly stores: Stores
  /**
   * What nobody will release or end any more, one sentence each, asked of the engines; waits for what ends by
   * itself.
   */
  leftOpen(): Promise<readonly string[]>
  /**
   * Whether anything in the engines expires by itself, and could be a lock that somebody left; absent where
   * nobody can say.
   */
  isAnythingExpiring?(): Promise<boolean>
  /** After so many resources that nobody can get, the rest is not probed; 1 if absent. */
  readonly starvedMax?: number
  /** The most wanted first: the first ones are probed. */
  readonly resources: readonly Resource[]
  /** Every hold that was asked for, for a store that keeps no names; none where absent. */
  readonly holds?: ReadOrder['holds']
  /** Holds and resources whose ids begin with this were not part of the trial. */
  readonly skip: ReadOrder['skip']
}

export interface Audited {
  /** Absent when the store was not read, and nothing was found wrong without that. */
  readonly record?: AuditRecord
  /** What the audit could not find out, one sentence each. Without an answer nothing is proven. */
  readonly failures: readonly string[]
  /** Whether a call of the probe has had no answer, and may still go on. */
  readonly isStuck: boolean
  /** Why the store is not expected to have been read: the history and the probe alone decide. */
  readonly storeNotRead?: string
  /** The probe's own calls, as a buyer's: part of the history where there is no record to judge them by. */
  readonly operations: readonly Operation[]
}

const STORE_NOT_READ = 'raw store not read: the strategy states no ledger'

/** To be called when no call is in flight and every hold that will fall due has. */
export async function audit(order: AuditOrder): Promise<Audited> {
  const { strategy, resources, ledger } = order
  let atRest: AtRest
  try {
    atRest = await readAtRest(order)
  } catch (error) {
    // An engine that is gone. What was answered before may still convict, but nothing is proven.
    const why = error instanceof Error ? error.message || error.name : String(error)
    return { failures: [`the store could not be read at rest: ${why}`], operations: [], isStuck: false }
  }
  const { leftOpen, reading, takenUs } = atRest
  if (ledger === undefined || reading === undefined) return await auditUnread(order, leftOpen)
  if (reading.kind === 'not-read') {
    const why = `the store is not the ledger that the strategy states (${ledger.name}): ${reading.reason}`
    return { failures: [why], operations: [], isStuck: false }
  }
  const probed = await probeFreeUnits(strategy, reading, resources, order.starvedMax)
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

/** What can be said of a store that nobody else can read. */
async function auditUnread(order: AuditOrder, leftOpen: readonly string[]): Promise<Audited> {
  const probed = await probeAsBuyer(order.strategy, order.resources, order.starvedMax)
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

/** Whether units that nobody can get are lost, or only locked for as long as a lock of the dead lasts. */
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
  /** Absent where no ledger is stated. */
  readonly reading?: StoreReading | NotRead
  readonly takenUs: number
}

async function readAtRest(order: AuditOrder): Promise<AtRest> {
  // First, since it waits until work in the background and locks without an owner are over:
  // then everything is at rest.
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
