/**
 * Goal: the audit finds each way in which what the shop remembers can disagree. Method: a shop in memory in which everything was sold as
 * it should be, and what one witness says is changed; each change must be told, and nothing else.
 */
import { expect, test } from 'vitest'
import type { Venue } from '../../harness/service/venue.ts'
import type { LedgerSales, ShopAccounts } from '../../shop/process/accounts.ts'
import { auditShop, type ShopAudit } from '../../shop/saga/audit.ts'
import { checkout } from '../../shop/saga/checkout.ts'
import type { Orders } from '../../shop/stores/stores.ts'
import { type InProcessShop, shopInProcess } from './in-process.ts'

const venue: Venue = {
  events: [
    {
      id: 'gig',
      name: 'A gig',
      sections: [{ id: 'floor', rows: 1, seats_per_row: 3 }],
      classes: [
        { id: 'A', capacity: 5 },
        { id: 'goodie', capacity: 1 },
      ],
    },
  ],
}

/** Two orders: two of tier A and a seat, and a second seat. The first has the goodie. */
const BASKETS = [
  [
    { name: 'A', quantity: 2 },
    { name: 'floor-1-1', quantity: 1 },
  ],
  [{ name: 'floor-1-2', quantity: 1 }],
]
const SOLD = { 'gig:A': 2, 'gig:floor-1-1': 1, 'gig:floor-1-2': 1, 'gig:goodie': 1 }
const BALANCED = { operator: 5, budget: 3, pending: 0, posted: 2, isBalanced: true }

/** What is changed of what the witnesses say. */
interface Changed {
  readonly sold?: Readonly<Record<string, number>>
  readonly complaints?: readonly string[]
  readonly isBalanced?: boolean
  readonly orders?: (orders: Orders) => Partial<Orders>
}

async function sold(shop: InProcessShop): Promise<void> {
  for (const lines of BASKETS) {
    const outcome = await checkout(shop.parts, { eventId: 'gig', lines, email: 'a@example.org' })
    if (outcome.kind !== 'held') expect.fail(outcome.kind)
    await shop.provider.emit(outcome.session.psid, 'succeeded')
  }
}

function audited({ parts }: InProcessShop, changed: Changed = {}): Promise<ShopAudit> {
  const { sold: units = {}, complaints = [], isBalanced = true, orders } = changed
  const sales: LedgerSales = {
    ...{ kind: 'read', complaints },
    units: new Map(Object.entries({ ...SOLD, ...units })),
  }
  const accounts: ShopAccounts = { source: 'a test', tiers: [{ ...BALANCED, resource: 'gig:A', isBalanced }] }
  return auditShop(
    { ...parts, orders: { ...parts.orders, ...orders?.(parts.orders) } },
    { accounts: async () => accounts, ledgerSales: async () => sales },
  )
}

test('what agrees is not complained about', async () => {
  await using shop = await shopInProcess(venue)
  await sold(shop)
  expect(await audited(shop)).toEqual({ payments: 2, complaints: [] })
})

test.for<readonly [what: string, changed: Changed, complaint: string]>([
  [
    'a tier that the ledger has sold once more',
    { sold: { 'gig:A': 3 } },
    'the ledger has sold 3 of A, and the orders 2',
  ],
  [
    'a seat that only the ledger has sold',
    { sold: { 'gig:floor-1-3': 1 } },
    'the ledger has sold 1 of floor-1-3, and the orders 0',
  ],
  [
    'a seat that only an order has',
    { sold: { 'gig:floor-1-2': 0 } },
    'the ledger has sold 0 of floor-1-2, and the orders 1',
  ],
  [
    'a goodie that no order has',
    { sold: { 'gig:goodie': 2 } },
    'the ledger has sold 2 of goodie, and the orders 1',
  ],
  [
    'a goodie that was given and not taken',
    { sold: { 'gig:goodie': 0 } },
    'the ledger has sold 0 of goodie, and the orders 1',
  ],
  ['accounts that are off', { isBalanced: false }, 'the accounts of gig:A do not balance'],
  [
    'a ledger that contradicts itself',
    { complaints: ['seat 1 is held by a hold that was released'] },
    'seat 1 is held by a hold that was released',
  ],
  [
    'a payment that no order knows',
    { orders: (all) => ({ statuses: async (ids) => new Map([...(await all.statuses(ids))].slice(1)) }) },
    'was paid, and is unknown',
  ],
])('%s is found', async ([, changed, complaint]) => {
  await using shop = await shopInProcess(venue)
  await sold(shop)
  expect((await audited(shop, changed)).complaints).toEqual([expect.stringContaining(complaint)])
})

test('a ledger that was not read is no proof', async () => {
  await using shop = await shopInProcess(venue)
  await sold(shop)
  const accounts = async (): Promise<ShopAccounts> => ({ source: 'a test', tiers: [] })
  const ledgerSales = async (): Promise<LedgerSales> => ({ kind: 'not-read', reason: 'it is away' })
  expect(await auditShop(shop.parts, { accounts, ledgerSales })).toEqual({
    ...{ payments: 2, complaints: [], notRead: 'it is away' },
  })
})
