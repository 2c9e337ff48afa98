/**
 * What the transfers say on their own, without the list of requests. A transfer's state cannot be read
 * directly: it is posted or voided if another transfer says so; otherwise it is pending until its timeout, by
 * the cluster's clock.
 */
import type { Transfer } from 'tigerbeetle-node'
import type { StoredStatus } from '../../ledger.ts'
import { FLAG } from './calls.ts'

/** A pending transfer and how it ended. */
export interface Pending {
  readonly transfer: Transfer
  readonly status: StoredStatus
  /** Absent for one that never expires. */
  readonly dueNs?: bigint
  /** The transfer that posted or voided it. */
  readonly ending?: Transfer
}

export interface Entries {
  readonly byId: ReadonlyMap<bigint, Pending>
  readonly pending: readonly Pending[]
  /** By the account that they debit; accounts without transfers are absent. */
  readonly onDebit: ReadonlyMap<bigint, Units>
}

interface Units {
  live: bigint
  due: bigint
  posted: bigint
}

/** What the transfers say on their own, without the list of requests. */
export function entriesOf(transfers: readonly Transfer[], nowNs: bigint): Entries {
  const endings = new Map<bigint, Transfer>()
  for (const transfer of transfers) {
    if ((transfer.flags & (FLAG.post | FLAG.void)) !== 0) endings.set(transfer.pending_id, transfer)
  }
  const onDebit = new Map<bigint, Units>()
  const unitsOf = ({ debit_account_id }: Transfer): Units => {
    const units = onDebit.get(debit_account_id) ?? { live: 0n, due: 0n, posted: 0n }
    onDebit.set(debit_account_id, units)
    return units
  }
  const pending: Pending[] = []
  for (const transfer of transfers) {
    if ((transfer.flags & FLAG.pending) !== 0) {
      const each = pendingOf(transfer, endings.get(transfer.id), nowNs)
      pending.push(each)
      if (each.status === 'held') unitsOf(transfer).live += transfer.amount
      else if (each.status === 'expired') unitsOf(transfer).due += transfer.amount
    } else if ((transfer.flags & FLAG.void) === 0) unitsOf(transfer).posted += transfer.amount
  }
  return { byId: new Map(pending.map((each) => [each.transfer.id, each])), pending, onDebit }
}

function pendingOf(transfer: Transfer, ending: Transfer | undefined, nowNs: bigint): Pending {
  const dueNs =
    transfer.timeout === 0 ? undefined : transfer.timestamp + BigInt(transfer.timeout) * 1_000_000_000n
  const due = dueNs === undefined ? {} : { dueNs }
  if (ending !== undefined) {
    const status = (ending.flags & FLAG.post) !== 0 ? 'confirmed' : 'released'
    return { transfer, ...due, ending, status }
  }
  return { transfer, ...due, status: dueNs !== undefined && dueNs <= nowNs ? 'expired' : 'held' }
}
