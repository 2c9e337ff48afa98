/**
 * Reads what strategies keep in TigerBeetle, account by account and transfer by transfer, and says where it contradicts itself;
 * it shares no code with the strategies. A resource is three accounts: Operator funds Budget with the capacity, once, and holds
 * are pending transfers from Budget to Spent, one per line. TigerBeetle stores no names: ids are hashes of them, worked out
 * here again from the holds that were asked for. So a transfer that is there and was asked for by nobody stands out.
 *
 * The balances of an account are TigerBeetle's own count, and the transfers are its entries: the two are held against each
 * other. A transfer's state is stored nowhere that can be read: it is posted or voided if another transfer says so, else it
 * is pending until its timeout, by the cluster's clock. Nobody calls at rest, so only time changes what is there: a reading
 * during which a hold fell due is thrown away and another is taken.
 */
import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Account, Client, QueryFilter, Transfer } from 'tigerbeetle-node'
import type { HoldId, Resource, ResourceId } from '../../strategies/strategy.ts'
import { invokedNowUs, monotonicMs } from '../clock.ts'
import type { LineRecord, StoredStatus } from '../history/record.ts'
import { type Sold, type StoreReading, summarized, type Unaudited } from './store-reading.ts'

export interface TigerbeetleStore {
  /** Outside the strategy's own client. */
  readonly observer: Client
  /** Everything of the trial is on it, and nothing else. */
  readonly ledger: number
}

/** A hold as it was asked for, whatever was answered. */
export interface AskedHold {
  readonly id: HoldId
  readonly lines: readonly LineRecord[]
}

export interface Asked {
  readonly resources: readonly Resource[]
  /** An id that was asked for twice is there twice. */
  readonly holds: readonly AskedHold[]
}

/** The most that one answer can bring, with the server's default message size. */
const PAGE_MAX = 8_189
/** Few enough for the smaller requests of a server that was started for development. */
const LOOKUP_MAX = 1_000
/** The client itself would wait for ever. */
const CALL_DEADLINE_MS = 10_000
/** Holds fall due now and then, a reading takes a moment: the next one nearly always finds nothing moving. */
const READINGS_MAX = 5
/** Units come back with a pulse soon after the timeout; what has not come back by then never will. */
const FREED_MS_MAX = 5_000
const FREED_POLL_MS = 50

/** A post or void whose id was used up by a failure is sent under another one, so often. */
const ENDING_ATTEMPTS_MAX = 8

const PENDING = 2
const POST = 4
const VOID = 8

/** Reads the holds that are kept in TigerBeetle; `unaudited` if their accounts are not those that are known. */
export async function readTigerbeetle(
  store: TigerbeetleStore,
  asked: Asked,
  skip: { readonly prefix: string },
): Promise<StoreReading | Unaudited> {
  const isOurs = ({ id }: { readonly id: string }) => skip.prefix === '' || !id.startsWith(skip.prefix)
  const plan = planOf(store.ledger, asked.resources.filter(isOurs), asked.holds.filter(isOurs))
  const freedByMs = monotonicMs() + FREED_MS_MAX
  for (let readings = 1; readings <= READINGS_MAX; ) {
    const takenUs = invokedNowUs()
    const fromNs = await clockNs(store)
    const transfers = await transfersOn(store)
    const accounts = await accountsOf(store, [...plan.accounts.keys()])
    const untilNs = await clockNs(store)
    if (accounts.size === 0 && asked.resources.length > 0) return await withoutAccounts(store)

    const entries = entriesOf(transfers, fromNs)
    if (entries.pending.some(({ dueNs }) => dueNs !== undefined && dueNs > fromNs && dueNs <= untilNs)) {
      readings++
      continue
    }
    const resources = plan.resources.map((each) => resourceTold(each, accounts, entries))
    if (resources.some(({ lateUnits }) => lateUnits > 0n) && monotonicMs() < freedByMs) {
      await delay(FREED_POLL_MS)
      continue
    }
    const holds = holdsTold(plan, entries)
    return {
      kind: 'read',
      takenUs,
      resources: resources.map(({ id, taken }) => ({ id, taken })),
      holds: holds.map(({ id, status, lines, deadlineMs }) => ({ id, status, lines, deadlineMs })),
      complaints: summarized([
        ...resources.flatMap(({ complaints }) => complaints),
        ...holds.flatMap(({ complaints }) => complaints),
        ...strangers(plan, transfers),
      ]),
    }
  }
  throw new Error(`holds fell due during each of ${READINGS_MAX} readings of TigerBeetle`)
}

/** What was sold, by the balances alone: they need no list of who asked for what. Throws when nothing is there any more. */
export async function soldInTigerbeetle(
  store: TigerbeetleStore,
  resources: readonly ResourceId[],
): Promise<Sold | Unaudited> {
  const budgets = new Map(resources.map((id) => [idOf([store.ledger, 'budget', id]), id]))
  const accounts = await accountsOf(store, [...budgets.keys()])
  if (accounts.size === 0 && resources.length > 0) return await withoutAccounts(store)
  const units = new Map<ResourceId, number>()
  const complaints: string[] = []
  for (const [accountId, id] of budgets) {
    const budget = accounts.get(accountId)
    if (budget === undefined) complaints.push(`${id} has no Budget account`)
    else if (budget.debits_posted > 0n) units.set(id, Number(budget.debits_posted))
  }
  return { kind: 'read', units, complaints: summarized(complaints) }
}

/** What became of one hold: by its first line, which shares the fate of the others. */
export async function statusInTigerbeetle(
  { observer, ledger }: TigerbeetleStore,
  id: HoldId,
): Promise<StoredStatus | 'none'> {
  const line = idOf([ledger, 'hold', id, 0])
  const attempts = Array.from({ length: ENDING_ATTEMPTS_MAX }, (_, at) => at + 1)
  const [hold, ...endings] = await inTime(
    observer.lookupTransfers([
      line,
      ...attempts.flatMap((attempt) => [
        idOf([ledger, 'post', id, 0, attempt]),
        idOf([ledger, 'void', id, 0, attempt]),
      ]),
    ]),
  )
  if (hold?.id !== line) return 'none'
  const ending = endings.find(({ pending_id }) => pending_id === line)
  if (ending === undefined) return 'held'
  return (ending.flags & POST) !== 0 ? 'confirmed' : 'released'
}

/** A ledger with other accounts is another strategy's; one with none at all has lost what was made. */
async function withoutAccounts({ observer, ledger }: TigerbeetleStore): Promise<Unaudited> {
  const some = await inTime(observer.queryAccounts({ ...ALL, ledger, limit: 1 }))
  // Not `unaudited`, where the history alone would decide: a cluster that forgot every sale looks like this, too.
  if (some.length === 0) throw new Error('TigerBeetle has nothing of this trial any more')
  return { kind: 'unaudited', reason: `ledger ${ledger} has no accounts that the audit knows` }
}

interface PlannedResource {
  readonly resource: Resource
  readonly operator: bigint
  readonly budget: bigint
  readonly spent: bigint
}

interface NamedAccount {
  readonly resourceId: ResourceId
  readonly side: 'Operator' | 'Budget' | 'Spent'
}

/** Where everything that was asked for must be, if it is there. */
interface Plan {
  readonly resources: readonly PlannedResource[]
  readonly accounts: ReadonlyMap<bigint, NamedAccount>
  readonly funds: ReadonlySet<bigint>
  /** The ids that the lines of a hold have, the first line's first. */
  readonly holds: ReadonlyMap<HoldId, readonly bigint[]>
  readonly lines: ReadonlySet<bigint>
}

function planOf(ledger: number, resources: readonly Resource[], holds: readonly AskedHold[]): Plan {
  const planned = resources.map((resource) => ({
    resource,
    operator: idOf([ledger, 'operator', resource.id]),
    budget: idOf([ledger, 'budget', resource.id]),
    spent: idOf([ledger, 'spent', resource.id]),
  }))
  const longest = new Map<HoldId, number>()
  for (const { id, lines } of holds) longest.set(id, Math.max(lines.length, longest.get(id) ?? 0))
  const lineIds = new Map<HoldId, readonly bigint[]>()
  for (const [id, length] of longest) {
    lineIds.set(
      id,
      Array.from({ length }, (_, at) => idOf([ledger, 'hold', id, at])),
    )
  }
  const accounts = new Map<bigint, NamedAccount>()
  for (const { resource, operator, budget, spent } of planned) {
    accounts.set(operator, { resourceId: resource.id, side: 'Operator' })
    accounts.set(budget, { resourceId: resource.id, side: 'Budget' })
    accounts.set(spent, { resourceId: resource.id, side: 'Spent' })
  }
  return {
    resources: planned,
    accounts,
    funds: new Set(resources.map(({ id }) => idOf([ledger, 'fund', id]))),
    holds: lineIds,
    lines: new Set([...lineIds.values()].flat()),
  }
}

function idOf(name: readonly (string | number)[]): bigint {
  return BigInt(`0x${createHash('sha256').update(JSON.stringify(name)).digest('hex').slice(0, 32)}`)
}

/** A pending transfer and what became of it. */
interface Pending {
  readonly transfer: Transfer
  readonly status: StoredStatus
  /** Absent for one that never ends. */
  readonly dueNs?: bigint
  /** The transfer that posted or voided it. */
  readonly ending?: Transfer
}

interface Entries {
  readonly byId: ReadonlyMap<bigint, Pending>
  readonly pending: readonly Pending[]
  /** By the account they take from; absent for none. */
  readonly onDebit: ReadonlyMap<bigint, Units>
}

interface Units {
  live: bigint
  due: bigint
  posted: bigint
}

/** What the transfers say by themselves, whoever asked for them. */
function entriesOf(transfers: readonly Transfer[], nowNs: bigint): Entries {
  const endings = new Map<bigint, Transfer>()
  for (const transfer of transfers) {
    if ((transfer.flags & (POST | VOID)) !== 0) endings.set(transfer.pending_id, transfer)
  }
  const onDebit = new Map<bigint, Units>()
  const unitsOf = ({ debit_account_id }: Transfer): Units => {
    const units = onDebit.get(debit_account_id) ?? { live: 0n, due: 0n, posted: 0n }
    onDebit.set(debit_account_id, units)
    return units
  }
  const pending: Pending[] = []
  for (const transfer of transfers) {
    if ((transfer.flags & PENDING) !== 0) {
      const each = pendingOf(transfer, endings.get(transfer.id), nowNs)
      pending.push(each)
      if (each.status === 'held') unitsOf(transfer).live += transfer.amount
      else if (each.status === 'expired') unitsOf(transfer).due += transfer.amount
    } else if ((transfer.flags & VOID) === 0) unitsOf(transfer).posted += transfer.amount
  }
  return { byId: new Map(pending.map((each) => [each.transfer.id, each])), pending, onDebit }
}

function pendingOf(transfer: Transfer, ending: Transfer | undefined, nowNs: bigint): Pending {
  const dueNs =
    transfer.timeout === 0 ? undefined : transfer.timestamp + BigInt(transfer.timeout) * 1_000_000_000n
  const due = dueNs === undefined ? {} : { dueNs }
  if (ending !== undefined) {
    const status = (ending.flags & POST) !== 0 ? 'confirmed' : 'released'
    return { transfer, ...due, ending, status }
  }
  return { transfer, ...due, status: dueNs !== undefined && dueNs <= nowNs ? 'expired' : 'held' }
}

interface ResourceTold {
  readonly id: ResourceId
  readonly taken: number
  /** Past their timeout, and still pending by the account. */
  readonly lateUnits: bigint
  readonly complaints: readonly string[]
}

function resourceTold(
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
  const complaints: string[] = []
  const entries = onDebit.get(ids.budget) ?? { live: 0n, due: 0n, posted: 0n }
  const { debits_pending: pending, debits_posted: posted } = budget

  const excess = pending - entries.live
  const lateUnits = excess > 0n && excess <= entries.due ? excess : 0n
  if (lateUnits > 0n) {
    complaints.push(
      `${id} still counts ${lateUnits} units as pending, ${FREED_MS_MAX} ms and more past their timeout`,
    )
  } else if (excess !== 0n) {
    complaints.push(`${id} counts ${pending} units as pending, but its live transfers have ${entries.live}`)
  }
  if (posted !== entries.posted) {
    complaints.push(`${id} counts ${posted} units as posted, but its posted transfers have ${entries.posted}`)
  }
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
  const back = spent.debits_posted + spent.debits_pending
  if (back !== 0n) complaints.push(`the Spent of ${id} gave ${back} units back`)
  if (posted + pending > budget.credits_posted) {
    complaints.push(
      `the Budget of ${id} gave ${posted + pending} units, pending ones included, of ${budget.credits_posted}`,
    )
  }
  return { id, taken: Number(posted + pending - lateUnits), lateUnits, complaints }
}

interface HoldTold {
  readonly id: HoldId
  readonly status: StoredStatus
  readonly lines: readonly LineRecord[]
  readonly deadlineMs: number
  readonly complaints: readonly string[]
}

function holdsTold(plan: Plan, { byId }: Entries): readonly HoldTold[] {
  return [...plan.holds].flatMap(([id, lineIds]) => {
    const chain = lineIds.flatMap((lineId) => byId.get(lineId) ?? [])
    const [first] = chain
    return first === undefined ? [] : [holdTold(plan, id, first, chain)]
  })
}

function holdTold({ accounts }: Plan, id: HoldId, first: Pending, chain: readonly Pending[]): HoldTold {
  const complaints: string[] = []
  const lines: LineRecord[] = []
  for (const { transfer, ending } of chain) {
    const from = accounts.get(transfer.debit_account_id)
    const to = accounts.get(transfer.credit_account_id)
    if (from?.side !== 'Budget' || to?.side !== 'Spent' || from.resourceId !== to.resourceId) {
      complaints.push(`hold ${id} moves units from ${nameOf(from)} to ${nameOf(to)}`)
    }
    if (from !== undefined) lines.push([from.resourceId, Number(transfer.amount)])
    if (transfer.timeout === 0) complaints.push(`hold ${id} has a line on ${nameOf(from)} that never ends`)
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
    complaints.push(`the lines of hold ${id} went different ways: ${each.join(', ')}`)
  }
  if (new Set(chain.map(({ transfer }) => transfer.timeout)).size > 1) {
    complaints.push(`the lines of hold ${id} end at different times`)
  }
  return {
    id,
    // Of a torn one, what takes the most.
    status: BY_WEIGHT.find((status) => statuses.has(status)) ?? first.status,
    lines,
    deadlineMs: Number(first.transfer.timestamp) / 1e6 + first.transfer.timeout * 1_000,
    complaints,
  }
}

const BY_WEIGHT: readonly StoredStatus[] = ['confirmed', 'held', 'released', 'expired']

function nameOf(account: NamedAccount | undefined): string {
  if (account === undefined) return 'an account that nobody knows'
  return account.side === 'Budget' ? account.resourceId : `${account.side} of ${account.resourceId}`
}

/** Transfers on the accounts of the trial that no fund and no hold explains. */
function strangers({ accounts, funds, lines }: Plan, transfers: readonly Transfer[]): readonly string[] {
  return transfers.flatMap((transfer) => {
    const { id, flags, debit_account_id, credit_account_id, pending_id, amount } = transfer
    const account = accounts.get(debit_account_id) ?? accounts.get(credit_account_id)
    // The warm-up's accounts are nobody's business.
    if (account === undefined) return []
    const isEnding = (flags & (POST | VOID)) !== 0
    // The ending of a stranger is said with it.
    if (isEnding ? lines.has(pending_id) || accounts.has(debit_account_id) : lines.has(id) || funds.has(id)) {
      return []
    }
    const kind = (flags & PENDING) !== 0 ? 'a pending transfer' : 'a transfer'
    return [`there is ${kind} of ${amount} units on ${nameOf(account)} that nobody asked for`]
  })
}

const ALL: Omit<QueryFilter, 'ledger'> = {
  user_data_128: 0n,
  user_data_64: 0n,
  user_data_32: 0,
  code: 0,
  timestamp_min: 0n,
  timestamp_max: 0n,
  limit: PAGE_MAX,
  flags: 0,
}

/** Every one of them, in the order in which they were made. */
async function transfersOn({ observer, ledger }: TigerbeetleStore): Promise<readonly Transfer[]> {
  const all: Transfer[] = []
  for (;;) {
    const after = (all.at(-1)?.timestamp ?? 0n) + 1n
    const page = await inTime(observer.queryTransfers({ ...ALL, ledger, timestamp_min: after }))
    // A short page may be what a smaller server can say at once.
    if (page.length === 0) return all
    all.push(...page)
  }
}

async function accountsOf(
  { observer }: TigerbeetleStore,
  ids: readonly bigint[],
): Promise<ReadonlyMap<bigint, Account>> {
  const found = new Map<bigint, Account>()
  for (let from = 0; from < ids.length; from += LOOKUP_MAX) {
    const page = await inTime(observer.lookupAccounts(ids.slice(from, from + LOOKUP_MAX)))
    for (const account of page) found.set(account.id, account)
  }
  return found
}

/** The cluster tells the time only with an answer to a change; one that it must refuse changes nothing. */
async function clockNs({ observer, ledger }: TigerbeetleStore): Promise<bigint> {
  const [refusal] = await inTime(observer.createAccounts([{ ...IMPOSSIBLE, ledger }]))
  if (refusal === undefined) throw new Error('TigerBeetle did not tell the time')
  return refusal.timestamp
}

/** No account may have the id 0. */
const IMPOSSIBLE: Omit<Account, 'ledger'> = {
  id: 0n,
  debits_pending: 0n,
  debits_posted: 0n,
  credits_pending: 0n,
  credits_posted: 0n,
  user_data_128: 0n,
  user_data_64: 0n,
  user_data_32: 0,
  reserved: 0,
  code: 1,
  flags: 0,
  timestamp: 0n,
}

async function inTime<T>(answer: Promise<T>): Promise<T> {
  const timer = new AbortController()
  const late = delay(CALL_DEADLINE_MS, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`TigerBeetle did not answer the audit within ${CALL_DEADLINE_MS} ms`)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    timer.abort()
  }
}
