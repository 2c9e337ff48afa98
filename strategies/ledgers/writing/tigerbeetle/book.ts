/** The book that reservations are written into: one ledger of a cluster, and the names of what is in it. */
import { createHash } from 'node:crypto'
import {
  type Account,
  type Client,
  type CreateTransferResult,
  CreateTransferStatus,
  type Transfer,
  TransferFlags,
} from 'tigerbeetle-node'
import type { HoldId } from '../../../strategy.ts'
import type { Submitted } from '../batcher.ts'

export interface TigerbeetleConnections {
  readonly tigerbeetle: {
    /**
     * One for all callers of a process: it has one request in flight, and a cluster has few sessions to give.
     */
    readonly client: Client
    /** A ledger of its own for everything that belongs together: nothing can be deleted. */
    readonly ledger: number
  }
}

/**
 * How transfers travel: each group is a chain, is not split, and gets one result per transfer, or is not sent
 * at all. `placeMs`: how long it may wait for a place in a full queue; not at all by default.
 */
export type SendTransfers = (
  group: readonly Transfer[],
  placeMs?: number,
) => Promise<Submitted<CreateTransferResult>>

/**
 * Remembered from hold to confirm, so that a confirm need not ask how many lines there are. Past it, it asks.
 */
const HOLDS_REMEMBERED_MAX = 100_000

export const CODE = { operator: 1, budget: 2, spent: 3, fund: 10, hold: 11 } as const

export class Book {
  readonly client: Client
  readonly ledger: number
  readonly send: SendTransfers
  readonly #lineCounts = new Map<HoldId, number>()

  constructor({ client, ledger }: TigerbeetleConnections['tigerbeetle'], send: SendTransfers) {
    this.client = client
    this.ledger = ledger
    this.send = send
  }

  /** The id of what is so called: a request that is sent again names the same accounts and transfers. */
  idOf(...name: readonly (string | number)[]): bigint {
    return hashOf(this.ledger, ...name)
  }

  transferOf(fields: Partial<Transfer> & Pick<Transfer, 'id'>): Transfer {
    return { ...EMPTY_TRANSFER, ledger: this.ledger, code: CODE.hold, ...fields }
  }

  /** How many lines the hold has, if this process has seen it lately. */
  lineCountOf(id: HoldId): number | undefined {
    return this.#lineCounts.get(id)
  }

  remember(id: HoldId, lineCount: number): void {
    if (this.#lineCounts.size >= HOLDS_REMEMBERED_MAX) {
      const [oldest] = this.#lineCounts.keys()
      if (oldest !== undefined) this.#lineCounts.delete(oldest)
    }
    this.#lineCounts.set(id, lineCount)
  }
}

/** All but the last are linked to the next one. */
export function chained(transfers: readonly Transfer[]): readonly Transfer[] {
  return transfers.map((transfer, at) =>
    at === transfers.length - 1 ? transfer : { ...transfer, flags: transfer.flags | TransferFlags.linked },
  )
}

/**
 * The first 128 bits of a hash: as unlikely to meet another as a random id, and never 0 or the maximum, which
 * are reserved.
 */
export function hashOf(...parts: readonly (string | number)[]): bigint {
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest()
  return (digest.readBigUInt64BE(0) << 64n) | digest.readBigUInt64BE(8)
}

export function unexpected(results: readonly Pick<CreateTransferResult, 'status'>[]): Error {
  return new Error(
    `TigerBeetle answered ${results.map(({ status }) => CreateTransferStatus[status] ?? status).join(', ')}`,
  )
}

/** The transfer is there already, the same or another. */
export const EXISTS: ReadonlySet<CreateTransferStatus> = new Set([
  CreateTransferStatus.exists,
  CreateTransferStatus.exists_with_different_flags,
  CreateTransferStatus.exists_with_different_pending_id,
  CreateTransferStatus.exists_with_different_timeout,
  CreateTransferStatus.exists_with_different_debit_account_id,
  CreateTransferStatus.exists_with_different_credit_account_id,
  CreateTransferStatus.exists_with_different_amount,
  CreateTransferStatus.exists_with_different_user_data_128,
  CreateTransferStatus.exists_with_different_user_data_64,
  CreateTransferStatus.exists_with_different_user_data_32,
  CreateTransferStatus.exists_with_different_ledger,
  CreateTransferStatus.exists_with_different_code,
])

export const EMPTY_ACCOUNT: Omit<Account, 'id' | 'ledger' | 'code'> = {
  debits_pending: 0n,
  debits_posted: 0n,
  credits_pending: 0n,
  credits_posted: 0n,
  user_data_128: 0n,
  user_data_64: 0n,
  user_data_32: 0,
  reserved: 0,
  flags: 0,
  timestamp: 0n,
}

const EMPTY_TRANSFER: Omit<Transfer, 'id' | 'ledger' | 'code'> = {
  debit_account_id: 0n,
  credit_account_id: 0n,
  amount: 0n,
  pending_id: 0n,
  user_data_128: 0n,
  user_data_64: 0n,
  user_data_32: 0,
  timeout: 0,
  flags: 0,
  timestamp: 0n,
}
