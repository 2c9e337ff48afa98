/** What every route of the shop is given. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { resourceOf } from '../../harness/service/venue.ts'
import type { LedgerSales, ShopAccounts } from '../process/accounts.ts'
import type { SagaParts } from '../saga/parts.ts'
import type { ShopLevel } from '../stores/levels.ts'
import type { Admin } from './admin-password.ts'
import type { SeatBoard } from './seat-board.ts'

export interface ShopFacts {
  /** The one that sells now. */
  readonly strategy: string
  readonly level: ShopLevel
}

export interface ShopWeb {
  readonly parts: SagaParts
  readonly boards: ReadonlyMap<string, SeatBoard>
  readonly admin: Admin
  /** Signs the provider's reports. */
  readonly secret: string
  /** TigerFans' open behaviour: everybody may read the inventory and what is pending. */
  readonly isTigerfans: boolean
  readonly facts: ShopFacts
  /** An order was begun by this request. */
  begun(orderId: string, request: Pick<FastifyRequest, 'headers'>): void
  accounts(): Promise<ShopAccounts>
  ledgerSales(): Promise<LedgerSales>
  /** Those that can take the place of this one while the shop sells; it is among them. */
  readonly strategies: readonly string[]
  /** `name`: one of `strategies`. */
  switchTo(name: string): Promise<void>
}

export type ShopApp = FastifyInstance

export interface TierFigures {
  readonly eventId: string
  readonly tier: string
  readonly capacity: number
  readonly available: number
  readonly sold: number
  readonly held: number
}

/**
 * Per tier, read from the strategy and from the orders one after the other: while people buy, they may
 * differ.
 */
export async function tierFigures({ parts }: Pick<ShopWeb, 'parts'>): Promise<readonly TierFigures[]> {
  const all: TierFigures[] = []
  for (const event of parts.catalogue.events) {
    const sold = await parts.orders.soldOf(event.id)
    const answers = await parts.strategy.availability(event.tiers.map(({ id }) => resourceOf(event.id, id)))
    event.tiers.forEach(({ id, capacity }, at) => {
      const available = answers[at]?.available ?? 0
      const own = sold.get(id) ?? 0
      const held = Math.max(0, capacity - available - own)
      all.push({ eventId: event.id, tier: id, capacity, available, sold: own, held })
    })
  }
  return all
}
