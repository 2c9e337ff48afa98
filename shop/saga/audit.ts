/**
 * What must be true of a shop at rest, read from everything that remembers something: the provider's own
 * log, the orders, the refunds, and the ledger. While people buy, two reads may disagree for a moment.
 */
import { resourceOf } from '../../harness/service/venue.ts'
import { GOODIE, type ShopEvent } from '../catalogue.ts'
import type { LedgerSales, ShopAccounts } from '../process/accounts.ts'
import type { Orders } from '../stores/stores.ts'
import type { SagaParts } from './parts.ts'

export interface ShopAudit {
  /** Payments that succeeded, by the provider's log. */
  readonly payments: number
  /** One sentence for each violation. */
  readonly complaints: readonly string[]
  /** Why the ledger was not read: then only the orders, which might all be wrong, were looked at. */
  readonly notRead?: string
}

/** What is read besides the strategy. */
interface ShopBooks {
  accounts(): Promise<ShopAccounts>
  ledgerSales(): Promise<LedgerSales>
}

const REPORTS_AT_ONCE = 1_000
/** More would say the same. */
const COMPLAINTS_MAX = 50

export async function auditShop(parts: SagaParts, books: ShopBooks): Promise<ShopAudit> {
  const { payments, complaints: unpaid } = await paymentsWithoutOutcome(parts)
  const sales = await books.ledgerSales()
  const goodies = new Map(parts.catalogue.events.map(({ id, goodies: count }) => [id, count]))
  const complaints = [
    ...unpaid,
    ...(await parts.orders.complaints(goodies)),
    ...(await ledgerComplaints(parts, await books.accounts(), sales)),
  ]
  return {
    payments,
    complaints: complaints.slice(0, COMPLAINTS_MAX),
    ...(sales.kind === 'not-read' && { notRead: sales.reason }),
  }
}

/** Every payment has its units or its refund. */
async function paymentsWithoutOutcome({
  provider,
  orders,
}: SagaParts): Promise<Pick<ShopAudit, 'payments' | 'complaints'>> {
  const complaints: string[] = []
  const paid = new Set<string>()
  for (let position = 0; ; ) {
    const { reports, next } = await provider.reportsSince(position, REPORTS_AT_ONCE)
    if (next === position) break
    position = next
    const ids = reports.flatMap(({ outcome, orderId }) => (outcome === 'succeeded' ? [orderId] : []))
    const known = await orders.statuses(ids)
    for (const id of ids) {
      paid.add(id)
      const status = known.get(id) ?? 'unknown'
      if (!status.startsWith('PAID')) complaints.push(`order ${id.slice(0, 8)}… was paid, and is ${status}`)
    }
  }
  return { payments: paid.size, complaints }
}

/**
 * What the ledger has sold is what the orders say: of each tier, of each seat, and of the goodies. What it
 * holds may be more than open sessions have: after a crash between the two, a hold has none, and expires.
 */
async function ledgerComplaints(
  { catalogue, orders }: SagaParts,
  { tiers }: ShopAccounts,
  sales: LedgerSales,
): Promise<readonly string[]> {
  const complaints = tiers.flatMap(({ resource, isBalanced }) =>
    isBalanced ? [] : [`the accounts of ${resource} do not balance`],
  )
  if (sales.kind === 'read') complaints.push(...sales.complaints)
  const given = await orders.goodiesGiven()
  for (const event of catalogue.events) {
    const ordered = new Map(await orders.soldOf(event.id))
    for (const { id, capacity } of event.tiers) {
      const units = ordered.get(id) ?? 0
      if (units > capacity) complaints.push(`${units} of ${id} were sold, of ${capacity}`)
    }
    complaints.push(...soldTwice(event, await orders.holdersOf(event.id)))
    if (sales.kind !== 'read') continue
    if (event.goodies > 0) ordered.set(GOODIE, given.get(event.id) ?? 0)
    for (const name of [...event.tiers.map(({ id }) => id), ...event.seats, GOODIE]) {
      const units = ordered.get(name) ?? 0
      const own = sales.units.get(resourceOf(event.id, name)) ?? 0
      if (own !== units) complaints.push(`the ledger has sold ${own} of ${name}, and the orders ${units}`)
    }
  }
  return complaints
}

function soldTwice(event: ShopEvent, holders: Awaited<ReturnType<Orders['holdersOf']>>): readonly string[] {
  const complaints: string[] = []
  const owners = new Map<string, string>()
  for (const { name, orderId } of holders) {
    if (event.indexOf(name) === undefined) continue
    const first = owners.get(name)
    if (first !== undefined) {
      complaints.push(`seat ${name} is sold twice: ${first.slice(0, 8)}… and ${orderId.slice(0, 8)}…`)
    }
    owners.set(name, orderId)
  }
  return complaints
}
