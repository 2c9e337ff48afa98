/**
 * The double entry of the TigerFans talk (000): of each GA tier, Operator has given its capacity to Budget,
 * and Budget gives to Spent what is held (pending) and sold (posted). A ledger of accounts is read as it
 * is; of any other, the same figures are read raw from what it has written down as sold, and from what the
 * strategy says is free.
 */
import type { Stores } from '../../strategies/ledgers/ledger.ts'
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { ReservationStrategy, Resource } from '../../strategies/strategy.ts'

/**
 * In units. What balances: operator = budget + pending + posted, and what one account gave the next one
 * got.
 */
interface TierAccounts {
  readonly resource: string
  readonly operator: number
  readonly budget: number
  readonly pending: number
  readonly posted: number
  readonly isBalanced: boolean
}

export interface ShopAccounts {
  /** Where the figures are from, for a reader. */
  readonly source: string
  readonly tiers: readonly TierAccounts[]
}

export interface AccountsOrder {
  readonly entry: Pick<StrategyEntry, 'ledger'>
  readonly strategy: Pick<ReservationStrategy, 'availability'>
  readonly stores: Stores
  readonly resources: readonly Resource[]
}

/** What the ledger itself has sold. */
export type LedgerSales =
  | {
      readonly kind: 'read'
      /** Only what was sold at least once. */
      readonly units: ReadonlyMap<string, number>
      /** Where the ledger contradicts itself, one sentence each. */
      readonly complaints: readonly string[]
    }
  /** `reason`: one sentence. */
  | { readonly kind: 'not-read'; readonly reason: string }

/** Read raw, besides the strategy. While somebody buys, the orders may be a moment ahead or behind. */
export async function ledgerSalesOf({
  entry,
  stores,
  resources,
}: Omit<AccountsOrder, 'strategy'>): Promise<LedgerSales> {
  const witness = await entry.ledger?.witness()
  const ids = resources.map(({ id }) => id)
  return (
    (await witness?.sold(stores, ids)) ?? { kind: 'not-read', reason: 'the strategy names no ledger to read' }
  )
}

/** Somebody may buy between two reads: then they are repeated. */
const READINGS_MAX = 3

export async function accountsOf(order: AccountsOrder): Promise<ShopAccounts> {
  const { entry, stores, resources } = order
  const witness = await entry.ledger?.witness()
  const own = await witness?.accounts?.(stores, resources)
  if (own !== undefined) {
    const tiers = own.map(({ id, operator, budget, pending, posted, complaints }) => {
      const isBalanced = complaints.length === 0 && operator === budget + pending + posted
      return { resource: id, operator, budget, pending, posted, isBalanced }
    })
    return { source: `the accounts of the ledger itself (${entry.ledger?.name})`, tiers }
  }
  let tiers: readonly TierAccounts[] = []
  for (let reading = 1; reading <= READINGS_MAX; reading++) {
    tiers = await derived(order)
    if (tiers.every(({ isBalanced }) => isBalanced)) break
  }
  return { source: `read from the ledger (${entry.ledger?.name ?? 'none is named'})`, tiers }
}

async function derived({
  entry,
  strategy,
  stores,
  resources,
}: AccountsOrder): Promise<readonly TierAccounts[]> {
  const ids = resources.map(({ id }) => id)
  const witness = await entry.ledger?.witness()
  const free = await strategy.availability(ids)
  const sold = await witness?.sold(stores, ids)
  return resources.map(({ id, capacity }, at) => {
    const budget = free[at]?.available ?? 0
    const posted = sold?.kind === 'read' ? (sold.units.get(id) ?? 0) : 0
    const pending = Math.max(0, capacity - budget - posted)
    return {
      resource: id,
      operator: capacity,
      budget,
      pending,
      posted,
      isBalanced: budget + pending + posted === capacity,
    }
  })
}
