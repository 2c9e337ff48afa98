/** The book that reservations are written into: one ledger of a cluster, and the ids in it. */
import { hash } from 'node:crypto'
import {
  type Account,
  type Client,
  type CreateTransferResult,
  CreateTransferStatus,
  type Transfer,
  TransferFlags,
} from 'tigerbeetle-node'
import type { HoldId, Line, ResourceId } from '../../../strategy.ts'
import type { Submitted } from '../batcher.ts'
import { Recent } from '../recent.ts'

export interface TigerbeetleConnections {
  readonly tigerbeetle: {
    /**
     * One for all callers of a process: a client has one request in flight, and a cluster has few sessions.
     */
    readonly client: Client
    /** Each venue needs its own ledger, since nothing can be deleted. */
    readonly ledger: number
  }
}

/**
 * How transfers are sent: each group is a chain that is never split; it gets one result per transfer, or is
 * not sent at all. `placeMs`: how long it may wait for a place in a full queue; by default it does not wait.
 */
export type SendTransfers = (
  group: readonly Transfer[],
  placeMs?: number,
) => Promise<Submitted<CreateTransferResult>>

/**
 * How many line counts are remembered from hold to confirm, so that a confirm need not look them up. Beyond
 * it, a confirm looks them up.
 */
const HOLDS_REMEMBERED_MAX = 100_000
/** How many resources have their accounts remembered: hashing their names would be most of a hold's work. */
const RESOURCES_REMEMBERED_MAX = 100_000
/** How many lists of lines have their hash remembered: most buyers of one event want the same. */
const PAYLOADS_REMEMBERED_MAX = 1_000

export const CODE = { operator: 1, budget: 2, spent: 3, fund: 10, hold: 11 } as const

interface HoldAccounts {
  readonly budget: bigint
  readonly spent: bigint
}

export class Book {
  readonly client: Client
  readonly ledger: number
  readonly send: SendTransfers
  readonly #lineCounts = new Recent<HoldId, number>(HOLDS_REMEMBERED_MAX)
  readonly #accounts = new Recent<ResourceId, HoldAccounts>(RESOURCES_REMEMBERED_MAX)
  readonly #payloads = new Recent<string, bigint>(PAYLOADS_REMEMBERED_MAX)

  constructor({ client, ledger }: TigerbeetleConnections['tigerbeetle'], send: SendTransfers) {
    this.client = client
    this.ledger = ledger
    this.send = send
  }

  /** The id for a name: a repeated request names the same accounts and transfers. */
  idOf(...name: readonly (string | number)[]): bigint {
    return hashOf(this.ledger, ...name)
  }

  /** The accounts between which a hold on the resource moves units. */
  accountsOf(id: ResourceId): HoldAccounts {
    const known = this.#accounts.get(id)
    if (known !== undefined) return known
    const accounts = { budget: this.idOf('budget', id), spent: this.idOf('spent', id) }
    this.#accounts.set(id, accounts)
    return accounts
  }

  /** The hash of a hold's lines, which are in id order: two holds want the same if it is the same. */
  payloadOf(lines: readonly Line[]): bigint {
    const text = JSON.stringify(lines.map(({ resourceId, quantity }) => [resourceId, quantity]))
    const known = this.#payloads.get(text)
    if (known !== undefined) return known
    const payload = hashOf(text)
    this.#payloads.set(text, payload)
    return payload
  }

  /** Written out, since copies of copies would cost more than all else that is done for a transfer. */
  transferOf(fields: Partial<Transfer> & Pick<Transfer, 'id'>): Transfer {
    return {
      id: fields.id,
      debit_account_id: fields.debit_account_id ?? 0n,
      credit_account_id: fields.credit_account_id ?? 0n,
      amount: fields.amount ?? 0n,
      pending_id: fields.pending_id ?? 0n,
      user_data_128: fields.user_data_128 ?? 0n,
      user_data_64: fields.user_data_64 ?? 0n,
      user_data_32: 0,
      timeout: fields.timeout ?? 0,
      ledger: this.ledger,
      code: fields.code ?? CODE.hold,
      flags: fields.flags ?? 0,
      timestamp: 0n,
    }
  }

  /** How many lines the hold has, if this process has seen it recently. */
  lineCountOf(id: HoldId): number | undefined {
    return this.#lineCounts.get(id)
  }

  remember(id: HoldId, lineCount: number): void {
    this.#lineCounts.set(id, lineCount)
  }
}

/** All but the last are linked to the next one. */
export function chained(transfers: readonly Transfer[]): readonly Transfer[] {
  return transfers.map((transfer, at) =>
    at === transfers.length - 1 ? transfer : { ...transfer, flags: transfer.flags | TransferFlags.linked },
  )
}

const HASH_HEX_DIGITS = 32

/**
 * The first 128 bits of a hash: as unlikely to collide as a random id, and never 0 or the maximum, which are
 * reserved.
 */
function hashOf(...parts: readonly (string | number)[]): bigint {
  return BigInt(`0x${hash('sha256', JSON.stringify(parts), 'hex').slice(0, HASH_HEX_DIGITS)}`)
}

export function unexpected(results: readonly Pick<CreateTransferResult, 'status'>[]): Error {
  return new Error(
    `TigerBeetle answered ${results.map(({ status }) => CreateTransferStatus[status] ?? status).join(', ')}`,
  )
}

/** The transfer already exists, with the same or other contents. */
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
