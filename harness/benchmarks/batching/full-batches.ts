/** The client of TigerBeetle alone: pending transfers between two accounts, as many as a request may have. */
import { randomInt } from 'node:crypto'
import {
  type Account,
  type Client,
  CreateTransferStatus,
  type Transfer,
  TransferFlags,
} from 'tigerbeetle-node'
import { monotonicMs } from '../../clock.ts'
import { within } from '../../within.ts'
import type { Reached } from '../in-turn.ts'

const TRANSFERS_PER_REQUEST = 8_189
const TTL_S = 600
const CODE = 1
const REQUEST_DEADLINE_MS = 10_000

export class FullBatches {
  readonly #client: Client
  readonly #transfer: Transfer
  #next = BigInt(randomInt(2 ** 40)) << 64n

  private constructor(client: Client, transfer: Transfer) {
    this.#client = client
    this.#transfer = transfer
  }

  static async open(client: Client, ledger: number): Promise<FullBatches> {
    const [from, to] = [BigInt(randomInt(2 ** 40)) << 64n, BigInt(randomInt(2 ** 40)) << 65n]
    const account = { ...ZEROS, user_data_32: 0, reserved: 0, ledger, code: CODE, flags: 0 }
    const accounts: Account[] = [from, to].map((id) => ({ ...account, id }))
    await within(REQUEST_DEADLINE_MS, client.createAccounts(accounts))
    return new FullBatches(client, {
      id: 0n,
      debit_account_id: from,
      credit_account_id: to,
      amount: 1n,
      pending_id: 0n,
      user_data_128: 0n,
      user_data_64: 0n,
      user_data_32: 0,
      timeout: TTL_S,
      ledger,
      code: CODE,
      flags: TransferFlags.pending,
      timestamp: 0n,
    })
  }

  /** `underWay`: how many requests wait for their answers at once. */
  async transfers(durationMs: number, underWay = 1): Promise<Reached> {
    const started = monotonicMs()
    let done = 0
    const oneAfterTheOther = async (): Promise<void> => {
      while (monotonicMs() < started + durationMs) done += await this.#oneRequest()
    }
    await Promise.all(Array.from({ length: underWay }, oneAfterTheOther))
    return { done, elapsedMs: monotonicMs() - started }
  }

  async #oneRequest(): Promise<number> {
    const request = Array.from({ length: TRANSFERS_PER_REQUEST }, () => ({
      ...this.#transfer,
      id: ++this.#next,
    }))
    const results = await within(REQUEST_DEADLINE_MS, this.#client.createTransfers(request))
    for (const { status } of results) {
      if (status !== CreateTransferStatus.created) throw new Error(`a transfer failed: ${status}`)
    }
    return results.length
  }
}

const ZEROS = {
  debits_pending: 0n,
  debits_posted: 0n,
  credits_pending: 0n,
  credits_posted: 0n,
  user_data_128: 0n,
  user_data_64: 0n,
  timestamp: 0n,
}
