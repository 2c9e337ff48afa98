/** What every step of the saga is given. */
import { SharedTimer } from '../../harness/shared-timer.ts'
import { within } from '../../harness/within.ts'
import type { ReservationStrategy } from '../../strategies/strategy.ts'
import type { ShopCatalogue } from '../catalogue.ts'
import type { PaymentProvider } from '../mockpay/provider.ts'
import type { ShopKeys } from '../orders/keys.ts'
import type { RecordedOrder } from '../orders/order.ts'
import type { ShopStores } from '../stores/stores.ts'
import type { CustomerLimit } from './customer-limit.ts'
import type { InTurn } from './in-turn.ts'
import type { ShopPart, Timings } from './timings.ts'

/** The places at which a crash must be survived, in the order in which an order passes them. */
export const SAGA_STEPS = [
  'before-hold',
  'after-hold',
  'after-session',
  'after-payment-session',
  'before-confirm',
  'after-confirm',
  'after-again-hold',
  'after-order',
  'after-goodie-hold',
  'after-goodie-confirm',
  'after-goodie',
  'before-refund-sent',
  'after-refund-sent',
  'before-answer',
  'before-release',
  'after-release',
] as const
export type SagaStep = (typeof SAGA_STEPS)[number]

export interface ShopSettings {
  /** How long a buyer has to pay. */
  readonly holdMs: number
  /** The most tickets of one order. */
  readonly ticketsMax: number
  /** The most tickets of one customer for one event; 0 for no limit. */
  readonly customerMax: number
  /** How old, or how far in the future, a report of the provider may be; 0 for any. */
  readonly reportAgeMsMax: number
}

export interface SagaParts extends ShopStores {
  readonly strategy: ReservationStrategy
  readonly provider: PaymentProvider
  readonly catalogue: ShopCatalogue
  readonly keys: ShopKeys
  readonly settings: ShopSettings
  readonly limit: CustomerLimit
  readonly timings: Timings
  readonly turns: InTurn
  /** Called at each step; a test ends the process there. */
  readonly step: (at: SagaStep) => void
  /** Called when an order became `PAID`, for pages that show seats. */
  readonly sold: (order: RecordedOrder) => void
  readonly warn: (error: unknown, what: string) => void
}

/** Longer than any strategy and store of the shop takes by itself. */
const CALL_DEADLINE_MS = 15_000
const deadlines = new SharedTimer(CALL_DEADLINE_MS)

/** Runs a part of the work, with a deadline, and measures it. */
export function part<T>(
  { timings }: Pick<SagaParts, 'timings'>,
  name: ShopPart,
  work: () => Promise<T>,
): Promise<T> {
  const ended = timings.begin(name)
  return within(deadlines, work(), ended)
}
