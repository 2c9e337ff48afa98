/**
 * What must be true of a shop at rest, read from everything that remembers something: the provider's own
 * log, the orders, the refunds, and the ledger. While people buy, two reads may disagree for a moment.
 */
import { resourceOf } from '../../harness/service/venue.ts'
import type { ShopAccounts } from '../process/accounts.ts'
import type { SagaParts } from './parts.ts'

export interface ShopAudit {
  /** Payments that succeeded, by the provider's log. */
  readonly payments: number
  /** One sentence for each violation. */
  readonly complaints: readonly string[]
}

const REPORTS_AT_ONCE = 1_000
/** More would say the same. */
const COMPLAINTS_MAX = 50

export async function auditShop(parts: SagaParts, accounts: () => Promise<ShopAccounts>): Promise<ShopAudit> {
  const { payments, complaints: unpaid } = await paymentsWithoutOutcome(parts)
  const goodies = new Map(parts.catalogue.events.map(({ id, goodies: count }) => [id, count]))
  const complaints = [
    ...unpaid,
    ...(await parts.orders.complaints(goodies)),
    ...(await ledgerComplaints(parts, await accounts())),
  ]
  return { payments, complaints: complaints.slice(0, COMPLAINTS_MAX) }
}

/** Every payment has its units or its refund. */
async function paymentsWithoutOutcome({ provider, orders }: SagaParts): Promise<ShopAudit> {
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
 * What the ledger has sold is what the orders say. What it holds may be more than open sessions have: after
 * a crash between the two, a hold has none, and expires.
 */
async function ledgerComplaints(
  { catalogue, orders }: SagaParts,
  { tiers }: ShopAccounts,
): Promise<readonly string[]> {
  const complaints: string[] = []
  for (const event of catalogue.events) {
    const sold = await orders.soldOf(event.id)
    const holders = await orders.holdersOf(event.id)
    for (const { id, capacity } of event.tiers) {
      const account = tiers.find(({ resource }) => resource === resourceOf(event.id, id))
      const units = sold.get(id) ?? 0
      if (units > capacity) complaints.push(`${units} of ${id} were sold, of ${capacity}`)
      if (account === undefined) continue
      const { posted, isBalanced } = account
      if (posted !== units) complaints.push(`the ledger has sold ${posted} of ${id}, and the orders ${units}`)
      if (!isBalanced) complaints.push(`the accounts of ${id} do not balance`)
    }
    const owners = new Map<string, string>()
    for (const { name, orderId } of holders) {
      if (event.indexOf(name) === undefined) continue
      const first = owners.get(name)
      if (first !== undefined) {
        complaints.push(`seat ${name} is sold twice: ${first.slice(0, 8)}… and ${orderId.slice(0, 8)}…`)
      }
      owners.set(name, orderId)
    }
  }
  return complaints
}
