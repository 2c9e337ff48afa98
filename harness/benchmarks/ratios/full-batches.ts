/**
 * What the batched strategy on TigerBeetle reaches of the client alone, which sends full requests of the
 * same.
 */
import { randomInt } from 'node:crypto'
import {
  type Account,
  type Client,
  CreateTransferStatus,
  type Transfer,
  TransferFlags,
} from 'tigerbeetle-node'
import { monotonicMs } from '../../clock.ts'
import type { Engines } from '../../engines/open.ts'
import { within } from '../../within.ts'
import { medianOf, ratiosOf } from '../in-turn.ts'
import { LoadedStrategy } from './batched.ts'

const STRATEGY = 'tigerbeetle-pending-transfer-batched'
const TRANSFERS_PER_REQUEST = 8_189
const ROUNDS = 5
const TURN_MS = 400
const TTL_S = 600
const CODE = 1
const REQUEST_DEADLINE_MS = 10_000

export async function fullBatchesRatio(engines: Engines): Promise<number> {
  await using batched = await LoadedStrategy.open(STRATEGY, engines)
  const { tigerbeetle } = batched.connections
  if (tigerbeetle === undefined) throw new Error(`${STRATEGY} has no client`)
  const alone = await FullBatches.open(tigerbeetle.client, tigerbeetle.ledger)
  const [ours, beside]: [number[], number[]] = [[], []]
  // The first round warms up, and does not count.
  for (let round = -1; round < ROUNDS; round++) {
    const turns = [
      async () => ours.push(await batched.holdsPerSecond(round, TURN_MS)),
      async () => beside.push(await alone.transfersPerSecond(TURN_MS)),
    ]
    for (const turn of round % 2 === 0 ? turns : turns.toReversed()) await turn()
  }
  return medianOf(ratiosOf(ours.slice(1), beside.slice(1)))
}

/** Pending transfers between two accounts, as many as a request may have, one request after the other. */
class FullBatches {
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

  async transfersPerSecond(durationMs: number): Promise<number> {
    const started = monotonicMs()
    let created = 0
    while (monotonicMs() < started + durationMs) {
      const request = Array.from({ length: TRANSFERS_PER_REQUEST }, () => ({
        ...this.#transfer,
        id: ++this.#next,
      }))
      const answer = this.#client.createTransfers(request)
      for (const { status } of await within(REQUEST_DEADLINE_MS, answer)) {
        if (status !== CreateTransferStatus.created) throw new Error(`a transfer failed: ${status}`)
        created++
      }
    }
    return (created / (monotonicMs() - started)) * 1_000
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
