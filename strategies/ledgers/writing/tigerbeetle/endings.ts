/** A confirm posts every line of a hold, a release voids them: each a linked chain, all or none. */
import { amount_max, CreateTransferStatus, TransferFlags } from 'tigerbeetle-node'
import type { ConfirmOutcome, HoldId, ReleaseOutcome } from '../../../strategy.ts'
import { type Book, chained, unexpected } from './book.ts'
import { CALL_DEADLINE_MS, inTime } from './calls.ts'

/** How often a confirm or release whose own id was used up by an earlier failure tries with another. */
const ENDINGS_MAX = 8

/**
 * How long a confirm or release waits for a place in a full queue: half of the time limit for its answer. A
 * hold is answered `contended` instead, but confirm and release have no such outcome.
 */
const PLACE_MS = CALL_DEADLINE_MS / 2

export async function confirm(book: Book, id: HoldId): Promise<ConfirmOutcome> {
  const status = await end(book, id, 'post')
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
}

export async function release(book: Book, id: HoldId): Promise<ReleaseOutcome> {
  const status = await end(book, id, 'void')
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
}

/** Posts or voids every line of a hold, and returns the status that shows the hold's state. */
async function end(book: Book, id: HoldId, ending: 'post' | 'void'): Promise<CreateTransferStatus> {
  const lineCount = await lineCountOf(book, id)
  if (lineCount === 0) return CreateTransferStatus.pending_transfer_not_found
  for (let attempt = 1; attempt <= ENDINGS_MAX; attempt++) {
    const submitted = await book.send(
      chained(
        Array.from({ length: lineCount }, (_, at) =>
          book.transferOf({
            id: book.idOf(ending, id, at, attempt),
            pending_id: book.idOf('hold', id, at),
            amount: ending === 'post' ? amount_max : 0n,
            flags:
              ending === 'post' ? TransferFlags.post_pending_transfer : TransferFlags.void_pending_transfer,
            code: 0,
          }),
        ),
      ),
      PLACE_MS,
    )
    if (submitted.kind === 'queue-full') {
      throw new Error(`the queue stayed full for ${PLACE_MS} ms: the ${ending} of ${id} was not sent`)
    }
    const { results } = submitted
    const result = results.find(({ status }) => status !== CreateTransferStatus.linked_event_failed)
    if (result === undefined) throw unexpected(results)
    if (result.status !== CreateTransferStatus.id_already_failed) return result.status
  }
  throw new Error(`every id for the ${ending} of ${id} has failed before`)
}

async function lineCountOf(book: Book, id: HoldId): Promise<number> {
  const remembered = book.lineCountOf(id)
  if (remembered !== undefined) return remembered
  const [first] = await inTime(book.client.lookupTransfers([book.idOf('hold', id, 0)]))
  if (first === undefined) return 0
  book.remember(id, Number(first.user_data_64))
  return Number(first.user_data_64)
}
