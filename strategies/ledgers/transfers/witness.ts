/**
 * Reads transfers, account by account. A resource is three accounts: Operator funds Budget with the capacity,
 * once, and holds are pending transfers from Budget to Spent, one per line.
 *
 * No call is in flight, so only time changes what is stored: a reading during which a hold fell due is
 * discarded and repeated. A deadline in TigerBeetle cannot be moved.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { HoldId, Resource, ResourceId } from '../../strategy.ts'
import type {
  FoundStatus,
  NotRead,
  ReadOrder,
  ResourceAccounts,
  Sold,
  StoreReading,
  Witness,
} from '../ledger.ts'
import { type TigerbeetleStore, tigerbeetleIn } from '../stores.ts'
import { summarized } from '../witnessing/complaints.ts'
import {
  accountsOf,
  clockNs,
  FLAG,
  hasAccounts,
  inTime,
  transfersOn,
} from '../witnessing/tigerbeetle/calls.ts'
import { type Entries, entriesOf } from '../witnessing/tigerbeetle/entries.ts'
import { idOf, planOf } from './witness-plan.ts'
import { balanceComplaints, FREED_MS_MAX, holdsTold, resourceTold, strangers } from './witness-rules.ts'

/** Holds fall due rarely and a reading is short: the next reading is nearly always undisturbed. */
const READINGS_MAX = 5
const FREED_POLL_MS = 50
/** How many other ids are tried for a post or void whose id was used up by a failure. */
const ENDING_ATTEMPTS_MAX = 8

export const witness: Witness = {
  read: (stores, order) => read(tigerbeetleIn(stores), order),
  status: (stores, id) => statusOf(tigerbeetleIn(stores), id),
  sold: (stores, resources) => soldOn(tigerbeetleIn(stores), resources),
  accounts: (stores, resources) => accountsOn(tigerbeetleIn(stores), resources),
  keepsResourcesIn: ['tigerbeetle'],
}

async function read(
  store: TigerbeetleStore,
  { resources: asked, holds: askedHolds, skip, begins }: ReadOrder,
): Promise<StoreReading | NotRead> {
  const isOurs = ({ id }: { readonly id: string }) => skip.prefix === '' || !id.startsWith(skip.prefix)
  const plan = planOf(store.ledger, asked.filter(isOurs), askedHolds.filter(isOurs))
  const freedByMs = performance.now() + FREED_MS_MAX
  for (let readings = 1; readings <= READINGS_MAX; ) {
    begins()
    const fromNs = await clockNs(store)
    const transfers = await transfersOn(store)
    const accounts = await accountsOf(store, [...plan.accounts.keys()])
    const untilNs = await clockNs(store)
    if (accounts.size === 0 && asked.length > 0) return await withoutAccounts(store)

    const entries = entriesOf(transfers, fromNs)
    if (fellDue(entries, fromNs, untilNs)) {
      readings++
      continue
    }
    const resources = plan.resources.map((each) => resourceTold(each, accounts, entries))
    if (resources.some(({ lateUnits }) => lateUnits > 0n) && performance.now() < freedByMs) {
      await delay(FREED_POLL_MS)
      continue
    }
    const holds = holdsTold(plan, entries)
    return {
      kind: 'read',
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

/** One that was posted or voided stays so at its deadline. */
function fellDue({ pending }: Entries, fromNs: bigint, untilNs: bigint): boolean {
  return pending.some(
    ({ ending, dueNs }) => ending === undefined && dueNs !== undefined && dueNs > fromNs && dueNs <= untilNs,
  )
}

/** From the balances alone, which need no list of requests. Throws if nothing is stored any more. */
async function soldOn(store: TigerbeetleStore, resources: readonly ResourceId[]): Promise<Sold | NotRead> {
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

/** One look-up is one moment: at most a third of what it may ask for are resources. */
async function accountsOn(
  store: TigerbeetleStore,
  resources: readonly Resource[],
): Promise<readonly ResourceAccounts[]> {
  const plan = planOf(store.ledger, resources, [])
  const accounts = await accountsOf(store, [...plan.accounts.keys()])
  return plan.resources.map(({ resource, ...ids }) => {
    const operator = accounts.get(ids.operator)
    const budget = accounts.get(ids.budget)
    const spent = accounts.get(ids.spent)
    if (operator === undefined || budget === undefined || spent === undefined) {
      const complaints = [`${resource.id} lacks an account`]
      return { id: resource.id, operator: 0, budget: 0, pending: 0, posted: 0, complaints }
    }
    return {
      id: resource.id,
      operator: Number(operator.debits_posted),
      budget: Number(budget.credits_posted - budget.debits_posted - budget.debits_pending),
      pending: Number(spent.credits_pending),
      posted: Number(spent.credits_posted),
      complaints: balanceComplaints(resource, operator, budget, spent),
    }
  })
}

/** By its first line: all lines of a hold have the same outcome. */
async function statusOf({ observer, ledger }: TigerbeetleStore, id: HoldId): Promise<FoundStatus> {
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
  if (hold === undefined || hold.id !== line) return 'none'
  const ending = endings.find(({ pending_id }) => pending_id === line)
  if (ending === undefined) return 'held'
  return (ending.flags & FLAG.post) !== 0 ? 'confirmed' : 'released'
}

/** If it has other accounts, it belongs to another strategy; if it has none, it has lost what was created. */
async function withoutAccounts(store: TigerbeetleStore): Promise<NotRead> {
  // Not `not-read`, which means that something else is stored: a cluster that lost every sale looks like
  // this, too.
  if (!(await hasAccounts(store))) throw new Error('TigerBeetle no longer has any data of this trial')
  return { kind: 'not-read', reason: `ledger ${store.ledger} has none of the accounts of these resources` }
}
