/** Reservations as pending transfers. */
import { conformance, explorer, type SourceMutant } from './source-mutant.ts'

const OF = 'tigerbeetle-pending-transfer'
const BOOK = 'ledgers/writing/tigerbeetle/book.ts'
const HOLDS = 'ledgers/writing/tigerbeetle/holds.ts'
const ENDINGS = 'ledgers/writing/tigerbeetle/endings.ts'
const RESOURCES = 'ledgers/writing/tigerbeetle/resources.ts'

// biome-ignore format: a table
export const tigerbeetle: readonly SourceMutant[] = [
  { name: 'lines-not-linked', of: OF, file: BOOK, from: 'flags: transfer.flags | TransferFlags.linked }', to: 'flags: transfer.flags }', judge: explorer('one-of-two'), isInSlice: true },
  { name: 'chain-left-open', of: OF, file: BOOK, from: 'at === transfers.length - 1 ?', to: 'at === transfers.length ?', judge: conformance('a hold takes units', 'error') },
  { name: 'budget-without-limit', of: OF, file: RESOURCES, from: 'const flags = AccountFlags.debits_must_not_exceed_credits', to: 'const flags = 0', judge: explorer('hold') },
  { name: 'funded-again', of: OF, file: RESOURCES, from: "book.idOf('fund', id)", to: "book.idOf('fund', id, performance.now())", judge: conformance('creating resources again changes nothing, and more can be created later') },
  { name: 'pending-not-counted', of: OF, file: RESOURCES, from: ' - account.debits_pending', to: '', judge: conformance('a hold takes units') },
  { name: 'hold-without-timeout', of: OF, file: HOLDS, from: 'timeout: request.ttlMs / 1_000,', to: 'timeout: 0,', judge: conformance('before the deadline the units are not free') },
  { name: 'timeout-in-milliseconds', of: OF, file: HOLDS, from: 'timeout: request.ttlMs / 1_000,', to: 'timeout: request.ttlMs,', judge: conformance('before the deadline the units are not free') },
  { name: 'hold-posted-at-once', of: OF, file: HOLDS, from: 'flags: TransferFlags.pending,', to: 'flags: 0,', judge: conformance('confirm when held', 'error') },
  { name: 'one-unit-a-line', of: OF, file: HOLDS, from: 'amount: BigInt(quantity),', to: 'amount: 1n,', judge: conformance('a hold takes units') },
  { name: 'lines-not-told-apart', of: OF, file: HOLDS, from: "id: book.idOf('hold', request.holdId, at),", to: "id: book.idOf('hold', request.holdId, 0),", judge: conformance('confirm and release apply to all lines') },
  { name: 'line-count-not-written', of: OF, file: HOLDS, from: 'user_data_64: BigInt(lines.length),', to: 'user_data_64: 1n,', judge: conformance('a hold of several lines that another process confirmed') },
  { name: 'refusal-of-the-first-line', of: OF, file: HOLDS, from: 'const line = lines[at]', to: 'const line = lines[0]', judge: conformance('a hold with one impossible line takes nothing of its other lines') },
  { name: 'refused-id-is-sold-out', of: OF, file: HOLDS, from: 'return refusedBefore(book, request)', to: "return { kind: 'sold-out', resourceId: line.resourceId, attempts: 1 }", judge: conformance('declared final') },
  { name: 'transfers-replay-other-lines', of: OF, file: HOLDS, from: ' || first.user_data_128 !== payload', to: '', judge: conformance('otherHold when held') },
  { name: 'transfers-replay-timeout-in-seconds', of: OF, file: HOLDS, from: 'first.timeout * 1_000', to: 'first.timeout', judge: explorer('same-id') },
  { name: 'timestamp-in-microseconds', of: OF, file: HOLDS, from: 'Number(result.timestamp) / 1e6', to: 'Number(result.timestamp) / 1e3', judge: conformance('the deadline is the engine’s time') },
  { name: 'posts-one-unit', of: OF, file: ENDINGS, from: "ending === 'post' ? amount_max : 0n", to: "ending === 'post' ? 1n : 0n", judge: conformance('a hold takes units') },
  { name: 'first-line-posted-only', of: OF, file: ENDINGS, from: 'Array.from({ length: lineCount }', to: 'Array.from({ length: 1 }', judge: conformance('confirm and release apply to all lines') },
  { name: 'confirm-of-what-expired', of: OF, file: ENDINGS, from: "already_voided:\n    case CreateTransferStatus.pending_transfer_expired:\n    case CreateTransferStatus.pending_transfer_not_found:\n      return { kind: 'gone' }", to: "already_voided:\n      return { kind: 'gone' }\n    case CreateTransferStatus.pending_transfer_expired:\n    case CreateTransferStatus.pending_transfer_not_found:\n      return { kind: 'confirmed' }", judge: conformance('confirm when due') },
  { name: 'release-of-a-sale-released', of: OF, file: ENDINGS, from: "return { kind: 'already-confirmed' }", to: "return { kind: 'released' }", judge: explorer('confirm-release') },
]
