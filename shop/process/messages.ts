/** Messages between the process that owns a shop and the one that serves it. */
import type { StrategyReference } from '../../harness/entries/strategy-reference.ts'
import type { Attachment } from '../../harness/ground/ground.ts'
import type { LogLevel } from '../../harness/service/log.ts'
import type { Venue } from '../../harness/service/venue.ts'
import type { PaymentProvider } from '../mockpay/provider.ts'
import type { SagaStep, ShopSettings } from '../saga/parts.ts'
import type { ShopLevel } from '../stores/levels.ts'
import type { RoomJob } from '../waiting-room/open-room.ts'
import type { ShopLimits } from '../web/app.ts'
import type { LedgerSales, ShopAccounts } from './accounts.ts'

export interface ShopJob {
  readonly strategy: StrategyReference
  /** The strategy's own tables and keys. */
  readonly strategyAttachment: Attachment
  /** The shop's: orders and sessions. */
  readonly shopAttachment: Attachment
  readonly level: ShopLevel
  readonly venue: Venue
  /** Signs the provider's reports. */
  readonly reportSecret: string
  /** Ids are derived with it, so it is the same after a restart. */
  readonly shopSecret: string
  readonly adminPassword?: string
  readonly isTigerfans: boolean
  readonly settings: ShopSettings
  readonly limits: ShopLimits
  readonly logLevel: LogLevel
  readonly host: string
  readonly port: number
  readonly waitingRoom?: RoomJob
  /** For tests: the process kills itself when it comes to this step for the n-th time. */
  readonly crash?: { readonly at: SagaStep; readonly time: number }
}

/**
 * What the owner does for the process that serves. The provider lives in the owner's process, as a real one
 * lives elsewhere: it survives a crash of the shop. The ledger is read there, by raw reads besides the
 * strategy.
 */
export interface ShopOwner extends PaymentProvider {
  accounts(): Promise<ShopAccounts>
  /** Of all seats and tiers, goodies among them: an audit's read, too much for a page that is live. */
  ledgerSales(): Promise<LedgerSales>
}
export type OwnerMethod = keyof ShopOwner

export interface Ask {
  readonly ask: number
  readonly method: OwnerMethod
  readonly args: readonly unknown[]
}

/** `why` if the call failed. */
export interface Answered {
  readonly ask: number
  readonly value?: unknown
  readonly why?: string
}

/** What is asked and answered within one turn of the event loop shares a message. */
export type ToShopkeeper =
  | { readonly kind: 'open'; readonly job: ShopJob }
  | { readonly kind: 'close' }
  | { readonly kind: 'answers'; readonly answers: readonly Answered[] }

export type FromShopkeeper =
  | { readonly kind: 'open'; readonly address: string }
  | { readonly kind: 'failed'; readonly why: string; readonly code?: string }
  | { readonly kind: 'asks'; readonly asks: readonly Ask[] }
  /** Another strategy sells from now on: the next process begins with it. */
  | { readonly kind: 'switched'; readonly strategy: StrategyReference }
