/**
 * What must be true of accounts and transfers; one sentence for each violation. The balances of an account
 * are TigerBeetle's own count, and the transfers are its entries: the two are compared.
 */
import type { Account, Transfer } from 'tigerbeetle-node'
import type { HoldId, Resource, ResourceId } from '../../strategy.ts'
import type { LineRecord, StoredStatus } from '../ledger.ts'
import { FLAG } from '../witnessing/tigerbeetle/calls.ts'
import type { Entries, Pending } from '../witnessing/tigerbeetle/entries.ts'
import { nameOf, type PlannedResource, type ReadPlan } from './witness-plan.ts'

/** A pulse frees units soon after the timeout; units that are not free by then never will be. */
export const FREED_MS_MAX = 5_000

export interface ResourceTold {
  readonly id: ResourceId
  readonly taken: number
  /** Past their timeout, but still pending in the account's balance. */
  readonly lateUnits: bigint
  readonly complaints: readonly string[]
}

export function resourceTold(
  { resource: { id, capacity }, ...ids }: PlannedResource,
  accounts: ReadonlyMap<bigint, Account>,
  { onDebit }: Entries,
): ResourceTold {
  const operator = accounts.get(ids.operator)
  const budget = accounts.get(ids.budget)
  const spent = accounts.get(ids.spent)
  if (operator === undefined || budget === undefined || spent === undefined) {
    const missing = [operator ?? 'Operator', budget ?? 'Budget', spent ?? 'Spent'].filter(
      (each) => typeof each === 'string',
    )
    return { id, taken: 0, lateUnits: 0n, complaints: [`${id} has no ${missing.join(' and no ')} account`] }
  }
  const entries = onDebit.get(ids.budget) ?? { live: 0n, due: 0n, posted: 0n }
  const { debits_pending: pending, debits_posted: posted } = budget
  const excess = pending - entries.live
  const lateUnits = excess > 0n && excess <= entries.due ? excess : 0n
  return {
    id,
    taken: Number(posted + pending - lateUnits),
    lateUnits,
    complaints: [
      ...entryComplaints(id, budget, entries, lateUnits),
      ...balanceComplaints({ id, capacity }, operator, budget, spent),
    ],
  }
}

/** Where a Budget's balances differ from the sum of its transfers. */
function entryComplaints(
  id: ResourceId,
  { debits_pending: pending, debits_posted: posted }: Account,
  entries: { readonly live: bigint; readonly posted: bigint },
  lateUnits: bigint,
): readonly string[] {
  const complaints: string[] = []
  if (lateUnits > 0n) {
    complaints.push(
      `${id} still counts ${lateUnits} units as pending, ${FREED_MS_MAX} ms and more past their timeout`,
    )
  } else if (pending !== entries.live) {
    complaints.push(`${id} counts ${pending} units as pending, but its live transfers have ${entries.live}`)
  }
  if (posted !== entries.posted) {
    complaints.push(`${id} counts ${posted} units as posted, but its posted transfers have ${entries.posted}`)
  }
  return complaints
}

/** Where the accounts of one resource contradict each other. */
export function balanceComplaints(
  { id, capacity }: Resource,
  operator: Account,
  budget: Account,
  spent: Account,
): readonly string[] {
  const { debits_pending: pending, debits_posted: posted } = budget
  const complaints: string[] = []
  if (operator.debits_posted !== BigInt(capacity)) {
    complaints.push(
      `${id} was funded with ${operator.debits_posted} units, but has a capacity of ${capacity}`,
    )
  }
  if (budget.credits_posted !== operator.debits_posted) {
    complaints.push(
      `the Operator of ${id} gave ${operator.debits_posted} units, but its Budget was given ${budget.credits_posted}`,
    )
  }
  if (pending !== spent.credits_pending || posted !== spent.credits_posted) {
    complaints.push(
      `the Budget of ${id} gave ${posted} units and ${pending} pending, ` +
        `but its Spent was given ${spent.credits_posted} and ${spent.credits_pending} pending`,
    )
  }
  const returned = spent.debits_posted + spent.debits_pending
  if (returned !== 0n) complaints.push(`the Spent of ${id} returned ${returned} units`)
  if (posted + pending > budget.credits_posted) {
    complaints.push(
      `the Budget of ${id} gave ${posted + pending} units, including pending ones, of ${budget.credits_posted}`,
    )
  }
  return complaints
}

interface HoldTold {
  readonly id: HoldId
  readonly status: StoredStatus
  readonly lines: readonly LineRecord[]
  readonly deadlineMs: number
  readonly complaints: readonly string[]
}

export function holdsTold(plan: ReadPlan, { byId }: Entries): readonly HoldTold[] {
  return [...plan.holds].flatMap(([id, lineIds]) => {
    const chain = lineIds.flatMap((lineId) => byId.get(lineId) ?? [])
    const [first] = chain
    return first === undefined ? [] : [holdTold(plan, id, first, chain)]
  })
}

function holdTold({ accounts }: ReadPlan, id: HoldId, first: Pending, chain: readonly Pending[]): HoldTold {
  const complaints: string[] = []
  const lines: LineRecord[] = []
  for (const { transfer, ending } of chain) {
    const from = accounts.get(transfer.debit_account_id)
    const to = accounts.get(transfer.credit_account_id)
    if (from?.side !== 'Budget' || to?.side !== 'Spent' || from.resourceId !== to.resourceId) {
      complaints.push(`hold ${id} moves units from ${nameOf(from)} to ${nameOf(to)}`)
    }
    if (from !== undefined) lines.push([from.resourceId, Number(transfer.amount)])
    if (transfer.timeout === 0) complaints.push(`hold ${id} has a line on ${nameOf(from)} that never expires`)
    if (ending !== undefined && ending.amount !== transfer.amount) {
      complaints.push(
        `hold ${id} has ${transfer.amount} units of ${nameOf(from)}, but ${ending.amount} ended`,
      )
    }
  }
  const statuses = new Set(chain.map(({ status }) => status))
  if (statuses.size > 1) {
    const each = chain.map(
      ({ status, transfer }) => `${nameOf(accounts.get(transfer.debit_account_id))} is ${status}`,
    )
    complaints.push(`the lines of hold ${id} ended differently: ${each.join(', ')}`)
  }
  if (new Set(chain.map(({ transfer }) => transfer.timeout)).size > 1) {
    complaints.push(`the lines of hold ${id} end at different times`)
  }
  return {
    id,
    // If the lines of a hold differ in state, the state that takes the most units.
    status: BY_WEIGHT.find((status) => statuses.has(status)) ?? first.status,
    lines,
    deadlineMs: Number(first.transfer.timestamp) / 1e6 + first.transfer.timeout * 1_000,
    complaints,
  }
}

const BY_WEIGHT: readonly StoredStatus[] = ['confirmed', 'held', 'released', 'expired']

/** Transfers on the trial's accounts that no funding and no hold explains. */
export function strangers(
  { accounts, funds, lines }: ReadPlan,
  transfers: readonly Transfer[],
): readonly string[] {
  return transfers.flatMap((transfer) => {
    const { id, flags, debit_account_id, credit_account_id, pending_id, amount } = transfer
    const account = accounts.get(debit_account_id) ?? accounts.get(credit_account_id)
    // The warm-up's accounts are not audited.
    if (account === undefined) return []
    const isEnding = (flags & (FLAG.post | FLAG.void)) !== 0
    // The post or void of an unexplained transfer is reported with it.
    if (isEnding ? lines.has(pending_id) || accounts.has(debit_account_id) : lines.has(id) || funds.has(id)) {
      return []
    }
    const kind = (flags & FLAG.pending) !== 0 ? 'a pending transfer' : 'a transfer'
    return [`there is ${kind} of ${amount} units on ${nameOf(account)} that no hold requested`]
  })
}
