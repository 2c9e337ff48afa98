/** A hold is one pending transfer per line from Budget to Spent, all in one linked chain. */
import { type CreateTransferResult, CreateTransferStatus, TransferFlags } from 'tigerbeetle-node'
import {
  type HoldId,
  type HoldOutcome,
  type HoldRequest,
  type Line,
  UnknownResourceError,
} from '../../../strategy.ts'
import { inIdOrder } from '../lines.ts'
import { type Book, chained, EXISTS, unexpected } from './book.ts'
import { inTime } from './calls.ts'
import { availability } from './resources.ts'

export async function hold(book: Book, request: HoldRequest): Promise<HoldOutcome> {
  const lines = inIdOrder(request.lines)
  const payload = book.payloadOf(lines)
  const submitted = await book.send(
    chained(
      lines.map(({ resourceId, quantity }, at) => {
        const { budget, spent } = book.accountsOf(resourceId)
        return book.transferOf({
          id: book.idOf('hold', request.holdId, at),
          debit_account_id: budget,
          credit_account_id: spent,
          amount: BigInt(quantity),
          timeout: request.ttlMs / 1_000,
          user_data_128: payload,
          user_data_64: BigInt(lines.length),
          flags: TransferFlags.pending,
        })
      }),
    ),
  )
  if (submitted.kind === 'queue-full') return { kind: 'contended', reason: submitted.kind, attempts: 1 }
  const { results } = submitted
  // In a failed chain, one member says why, and the others only that the chain failed.
  const at = results.findIndex(({ status }) => status !== CreateTransferStatus.linked_event_failed)
  const result = results[at]
  const line = lines[at]
  if (result === undefined || line === undefined) throw unexpected(results)
  return outcomeOf(book, { request, line, lineCount: lines.length, payload }, result)
}

interface Sent {
  readonly request: HoldRequest
  /** The line that the result is about. */
  readonly line: Line
  readonly lineCount: number
  readonly payload: bigint
}

function outcomeOf(
  book: Book,
  { request, line, lineCount, payload }: Sent,
  result: CreateTransferResult,
): HoldOutcome | Promise<HoldOutcome> {
  switch (result.status) {
    case CreateTransferStatus.created:
      book.remember(request.holdId, lineCount)
      return { kind: 'held', deadlineMs: Number(result.timestamp) / 1e6 + request.ttlMs, attempts: 1 }
    case CreateTransferStatus.id_already_failed:
      return refusedBefore(book, request)
    case CreateTransferStatus.exceeds_credits:
      return { kind: 'sold-out', resourceId: line.resourceId, attempts: 1 }
    case CreateTransferStatus.debit_account_not_found:
    case CreateTransferStatus.credit_account_not_found:
      throw new UnknownResourceError(line.resourceId)
    default:
      if (!EXISTS.has(result.status)) throw unexpected([result])
      return replayed(book, request.holdId, payload)
  }
}

/**
 * TigerBeetle keeps a refused id refused, whatever the request is now. The answer is sold-out only if a line
 * is short at this moment; if none is, only the id is in the way.
 */
async function refusedBefore(book: Book, { lines }: HoldRequest): Promise<HoldOutcome> {
  const answers = await availability(
    book,
    lines.map(({ resourceId }) => resourceId),
  )
  const short = lines.find(({ quantity }, at) => (answers[at]?.available ?? 0) < quantity)
  return short === undefined
    ? { kind: 'contended', reason: 'id-refused', attempts: 1 }
    : { kind: 'sold-out', resourceId: short.resourceId, attempts: 1 }
}

/** The first answer to this id, if it was held for the same lines. */
async function replayed(book: Book, id: HoldId, payload: bigint): Promise<HoldOutcome> {
  const [first] = await inTime(book.client.lookupTransfers([book.idOf('hold', id, 0)]))
  if (first === undefined || first.user_data_128 !== payload) return { kind: 'id-reused' }
  return { kind: 'held', deadlineMs: Number(first.timestamp) / 1e6 + first.timeout * 1_000, attempts: 1 }
}
