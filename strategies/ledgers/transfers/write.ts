/**
 * What the strategies on TigerBeetle share: how a reservation is written as double-entry accounting, as the TigerFans talk
 * (000) has it. They differ in how transfers travel.
 *
 * Per resource there are three accounts. Operator funds Budget with the capacity, once; Budget may not owe more than it was
 * given. A hold is one pending transfer per line from Budget to Spent, with a timeout; a confirm posts it, a release voids it,
 * and after the timeout TigerBeetle gives the amount back by itself. The lines of one hold are a linked chain: all or none.
 *
 * All ids derive from the names, so that a request which is sent again is recognised: `exists` and `already posted` are answers,
 * not errors. Accounts and transfers of a ledger are found by hashing its number along, so many events share a cluster.
 */
import { createHash } from 'node:crypto'
import {
  type Account,
  AccountFlags,
  amount_max,
  type Client,
  CreateAccountStatus,
  type CreateTransferResult,
  CreateTransferStatus,
  type Transfer,
  TransferFlags,
} from 'tigerbeetle-node'
import type {
  Availability,
  ConfirmOutcome,
  HoldId,
  HoldOutcome,
  HoldRequest,
  Line,
  ReleaseOutcome,
  ReservationStrategy,
  Resource,
  ResourceId,
} from '../../strategy.ts'
import { UnknownResourceError } from '../../strategy.ts'
import { inIdOrder } from '../writing/lines.ts'

export interface TigerbeetleConnections {
  readonly tigerbeetle: {
    /** One for all callers of a process: it has one request in flight, and a cluster has few sessions to give. */
    readonly client: Client
    /** A ledger of its own for everything that belongs together: nothing can be deleted. */
    readonly ledger: number
  }
}

/** How transfers travel: each group is a chain, is not split, and gets one result per transfer. */
export type SendTransfers = (group: readonly Transfer[]) => Promise<readonly CreateTransferResult[]>

/** What a request may carry, with the server's default message size: 8,189 events. */
export const EVENTS_PER_REQUEST_MAX = 8_189

/** From sending to the answer. The client would wait for ever; past this the outcome is unknown, and the same id may be sent again. */
const CALL_DEADLINE_MS = 10_000

/** Remembered from hold to confirm, so that a confirm need not ask how many lines there are. Past it, it asks. */
const HOLDS_REMEMBERED_MAX = 100_000

/** How often a confirm or release whose own id was used up by an earlier failure tries with another. */
const ENDINGS_MAX = 8

const CODE = { operator: 1, budget: 2, spent: 3, fund: 10, hold: 11 } as const

/** `send` carries the transfers of holds, confirms and releases. */
export function reservationsOnTigerbeetle(
  { client, ledger }: TigerbeetleConnections['tigerbeetle'],
  send: SendTransfers,
): ReservationStrategy {
  const linesOf = new Map<HoldId, number>()

  function transferOf(fields: Partial<Transfer> & Pick<Transfer, 'id'>): Transfer {
    return { ...EMPTY_TRANSFER, ledger, code: CODE.hold, ...fields }
  }

  function idOf(...parts: readonly (string | number)[]): bigint {
    return hashOf(ledger, ...parts)
  }

  async function hold(request: HoldRequest): Promise<HoldOutcome> {
    const lines = inIdOrder(request.lines)
    const payload = hashOf(JSON.stringify(lines.map(({ resourceId, quantity }) => [resourceId, quantity])))
    const results = await send(
      chained(
        lines.map(({ resourceId, quantity }, at) =>
          transferOf({
            id: idOf('hold', request.holdId, at),
            debit_account_id: idOf('budget', resourceId),
            credit_account_id: idOf('spent', resourceId),
            amount: BigInt(quantity),
            timeout: request.ttlMs / 1_000,
            user_data_128: payload,
            user_data_64: BigInt(lines.length),
            flags: TransferFlags.pending,
          }),
        ),
      ),
    )
    // Of a chain that failed, one member says why, and the others only that it did.
    const at = results.findIndex(({ status }) => status !== CreateTransferStatus.linked_event_failed)
    const result = results[at]
    const line = lines[at]
    if (result === undefined || line === undefined) throw unexpected(results)
    return holdOutcome(request, line, lines.length, payload, result)
  }

  async function holdOutcome(
    request: HoldRequest,
    line: Line,
    lineCount: number,
    payload: bigint,
    result: CreateTransferResult,
  ): Promise<HoldOutcome> {
    switch (result.status) {
      case CreateTransferStatus.created:
        remember(request.holdId, lineCount)
        return { kind: 'held', deadlineMs: Number(result.timestamp) / 1e6 + request.ttlMs, attempts: 1 }
      case CreateTransferStatus.exceeds_credits:
      // A refused id stays refused. Nothing else makes the id of a hold's line unusable: its accounts were there.
      case CreateTransferStatus.id_already_failed:
        return { kind: 'sold-out', resourceId: line.resourceId, attempts: 1 }
      case CreateTransferStatus.debit_account_not_found:
      case CreateTransferStatus.credit_account_not_found:
        throw new UnknownResourceError(line.resourceId)
      default:
        if (!EXISTS.has(result.status)) throw unexpected([result])
        return replayed(request.holdId, payload)
    }
  }

  /** What was answered when this id was held, if it was held for the same lines. */
  async function replayed(id: HoldId, payload: bigint): Promise<HoldOutcome> {
    const [first] = await inTime(client.lookupTransfers([idOf('hold', id, 0)]))
    if (first === undefined || first.user_data_128 !== payload) return { kind: 'id-reused' }
    return { kind: 'held', deadlineMs: Number(first.timestamp) / 1e6 + first.timeout * 1_000, attempts: 1 }
  }

  /** Posts or voids every line of a hold, and answers the status that says what the hold is now. */
  async function end(id: HoldId, ending: 'post' | 'void'): Promise<CreateTransferStatus> {
    const lineCount = await lineCountOf(id)
    if (lineCount === 0) return CreateTransferStatus.pending_transfer_not_found
    for (let attempt = 1; attempt <= ENDINGS_MAX; attempt++) {
      const results = await send(
        chained(
          Array.from({ length: lineCount }, (_, at) =>
            transferOf({
              id: idOf(ending, id, at, attempt),
              pending_id: idOf('hold', id, at),
              amount: ending === 'post' ? amount_max : 0n,
              flags:
                ending === 'post' ? TransferFlags.post_pending_transfer : TransferFlags.void_pending_transfer,
              code: 0,
            }),
          ),
        ),
      )
      const result = results.find(({ status }) => status !== CreateTransferStatus.linked_event_failed)
      if (result === undefined) throw unexpected(results)
      if (result.status !== CreateTransferStatus.id_already_failed) return result.status
    }
    throw new Error(`every id for the ${ending} of ${id} has failed before`)
  }

  async function lineCountOf(id: HoldId): Promise<number> {
    const remembered = linesOf.get(id)
    if (remembered !== undefined) return remembered
    const [first] = await inTime(client.lookupTransfers([idOf('hold', id, 0)]))
    if (first === undefined) return 0
    remember(id, Number(first.user_data_64))
    return Number(first.user_data_64)
  }

  function remember(id: HoldId, lineCount: number): void {
    if (linesOf.size >= HOLDS_REMEMBERED_MAX) {
      const [oldest] = linesOf.keys()
      if (oldest !== undefined) linesOf.delete(oldest)
    }
    linesOf.set(id, lineCount)
  }

  async function createResources(resources: readonly Resource[]): Promise<void> {
    const perRequest = Math.floor(EVENTS_PER_REQUEST_MAX / 3)
    for (let from = 0; from < resources.length; from += perRequest) {
      const some = resources.slice(from, from + perRequest)
      const accounts = some.flatMap(({ id }) => [
        { ...EMPTY_ACCOUNT, ledger, id: idOf('operator', id), code: CODE.operator },
        {
          ...EMPTY_ACCOUNT,
          ledger,
          id: idOf('budget', id),
          code: CODE.budget,
          flags: AccountFlags.debits_must_not_exceed_credits,
        },
        { ...EMPTY_ACCOUNT, ledger, id: idOf('spent', id), code: CODE.spent },
      ])
      for (const { status } of await inTime(client.createAccounts(accounts))) {
        if (status !== CreateAccountStatus.created && status !== CreateAccountStatus.exists) {
          throw new Error(`an account could not be made: ${CreateAccountStatus[status]}`)
        }
      }
      const funds = some.map(({ id, capacity }) =>
        transferOf({
          id: idOf('fund', id),
          debit_account_id: idOf('operator', id),
          credit_account_id: idOf('budget', id),
          amount: BigInt(capacity),
          code: CODE.fund,
        }),
      )
      const results = await inTime(client.createTransfers(funds))
      if (results.some(({ status }) => status !== CreateTransferStatus.created && !EXISTS.has(status))) {
        throw unexpected(results)
      }
    }
  }

  async function availability(ids: readonly ResourceId[]): Promise<readonly Availability[]> {
    const answers: Availability[] = []
    for (let from = 0; from < ids.length; from += EVENTS_PER_REQUEST_MAX) {
      const some = ids.slice(from, from + EVENTS_PER_REQUEST_MAX)
      // Accounts that are not there leave no gap in the answer, and an id asked for twice may come back once.
      const found = await inTime(client.lookupAccounts([...new Set(some)].map((id) => idOf('budget', id))))
      const free = new Map(
        found.map((account) => [
          account.id,
          account.credits_posted - account.debits_posted - account.debits_pending,
        ]),
      )
      for (const resourceId of some) {
        const available = free.get(idOf('budget', resourceId))
        if (available === undefined) throw new UnknownResourceError(resourceId)
        answers.push({ resourceId, available: Number(available) })
      }
    }
    return answers
  }

  return {
    createResources,
    hold,
    async confirm(id): Promise<ConfirmOutcome> {
      const status = await end(id, 'post')
      switch (status) {
        case CreateTransferStatus.created:
        case CreateTransferStatus.exists:
        case CreateTransferStatus.pending_transfer_already_posted:
          return { kind: 'confirmed' }
        case CreateTransferStatus.pending_transfer_already_voided:
        case CreateTransferStatus.pending_transfer_expired:
        case CreateTransferStatus.pending_transfer_not_found:
          return { kind: 'gone' }
        default:
          throw unexpected([{ status }])
      }
    },
    async release(id): Promise<ReleaseOutcome> {
      const status = await end(id, 'void')
      switch (status) {
        case CreateTransferStatus.created:
        case CreateTransferStatus.exists:
        case CreateTransferStatus.pending_transfer_already_voided:
          return { kind: 'released' }
        case CreateTransferStatus.pending_transfer_already_posted:
          return { kind: 'already-confirmed' }
        case CreateTransferStatus.pending_transfer_expired:
        case CreateTransferStatus.pending_transfer_not_found:
          return { kind: 'gone' }
        default:
          throw unexpected([{ status }])
      }
    },
    availability,
    async expireDue() {
      return 0 // TigerBeetle does it.
    },
    async close() {},
  }
}

/** The answer, or an error when it takes longer than anything takes: then nobody knows what became of the request. */
export async function inTime<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`TigerBeetle did not answer within ${CALL_DEADLINE_MS} ms`)),
      CALL_DEADLINE_MS,
    )
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}

/** All but the last are linked to the next one. */
function chained(transfers: readonly Transfer[]): readonly Transfer[] {
  return transfers.map((transfer, at) =>
    at === transfers.length - 1 ? transfer : { ...transfer, flags: transfer.flags | TransferFlags.linked },
  )
}

/** The first 128 bits of a hash: as unlikely to meet another as a random id, and never 0 or the maximum, which are reserved. */
function hashOf(...parts: readonly (string | number)[]): bigint {
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest()
  return (digest.readBigUInt64BE(0) << 64n) | digest.readBigUInt64BE(8)
}

function unexpected(results: readonly Pick<CreateTransferResult, 'status'>[]): Error {
  return new Error(
    `TigerBeetle answered ${results.map(({ status }) => CreateTransferStatus[status] ?? status).join(', ')}`,
  )
}

/** The transfer is there already, the same or another. */
const EXISTS: ReadonlySet<CreateTransferStatus> = new Set([
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

const EMPTY_ACCOUNT: Omit<Account, 'id' | 'ledger' | 'code'> = {
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
