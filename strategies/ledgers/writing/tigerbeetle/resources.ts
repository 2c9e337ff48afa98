/**
 * A resource is three accounts: Operator funds Budget with the capacity, once, and holds move units from
 * Budget to Spent.
 */
import { AccountFlags, CreateAccountStatus, CreateTransferStatus } from 'tigerbeetle-node'
import { type Availability, type Resource, type ResourceId, UnknownResourceError } from '../../../strategy.ts'
import { type Book, CODE, EMPTY_ACCOUNT, EXISTS, unexpected } from './book.ts'
import { EVENTS_PER_REQUEST_MAX, inTime } from './calls.ts'

/** Requests that wait for an answer while the next ones are prepared. */
const REQUESTS_AT_ONCE = 2

/** The accounts of a resource, and the transfer that funds it: hashed once. */
interface NamedResource {
  readonly capacity: bigint
  readonly operator: bigint
  readonly budget: bigint
  readonly spent: bigint
  readonly fund: bigint
}

export async function createResources(book: Book, resources: readonly Resource[]): Promise<void> {
  const perRequest = Math.floor(EVENTS_PER_REQUEST_MAX / 3)
  let next = 0
  const createSome = async (): Promise<void> => {
    while (next < resources.length) {
      const from = next
      next += perRequest
      const some = resources.slice(from, from + perRequest).map((resource) => named(book, resource))
      await createAccounts(book, some)
      await fund(book, some)
    }
  }
  // Both are over before an error is thrown, so that nothing is written afterwards.
  const ended = await Promise.allSettled(Array.from({ length: REQUESTS_AT_ONCE }, createSome))
  for (const each of ended) if (each.status === 'rejected') throw each.reason
}

function named(book: Book, { id, capacity }: Resource): NamedResource {
  return {
    capacity: BigInt(capacity),
    operator: book.idOf('operator', id),
    budget: book.idOf('budget', id),
    spent: book.idOf('spent', id),
    fund: book.idOf('fund', id),
  }
}

async function createAccounts(book: Book, resources: readonly NamedResource[]): Promise<void> {
  const { ledger } = book
  const flags = AccountFlags.debits_must_not_exceed_credits
  const accounts = resources.flatMap(({ operator, budget, spent }) => [
    { ...EMPTY_ACCOUNT, ledger, id: operator, code: CODE.operator },
    { ...EMPTY_ACCOUNT, ledger, id: budget, code: CODE.budget, flags },
    { ...EMPTY_ACCOUNT, ledger, id: spent, code: CODE.spent },
  ])
  for (const { status } of await inTime(book.client.createAccounts(accounts))) {
    if (status !== CreateAccountStatus.created && status !== CreateAccountStatus.exists) {
      throw new Error(`an account could not be created: ${CreateAccountStatus[status]}`)
    }
  }
}

async function fund(book: Book, resources: readonly NamedResource[]): Promise<void> {
  const funds = resources.map(({ capacity, operator, budget, fund: id }) =>
    book.transferOf({
      id,
      debit_account_id: operator,
      credit_account_id: budget,
      amount: capacity,
      code: CODE.fund,
    }),
  )
  const results = await inTime(book.client.createTransfers(funds))
  if (results.some(({ status }) => status !== CreateTransferStatus.created && !EXISTS.has(status))) {
    throw unexpected(results)
  }
}

export async function availability(book: Book, ids: readonly ResourceId[]): Promise<readonly Availability[]> {
  const answers: Availability[] = []
  for (let from = 0; from < ids.length; from += EVENTS_PER_REQUEST_MAX) {
    const some = ids.slice(from, from + EVENTS_PER_REQUEST_MAX)
    // Missing accounts leave no gap in the answer, and an id requested twice may come back once.
    const budgets = [...new Set(some)].map((id) => book.idOf('budget', id))
    const found = await inTime(book.client.lookupAccounts(budgets))
    const free = new Map(
      found.map((account) => [
        account.id,
        account.credits_posted - account.debits_posted - account.debits_pending,
      ]),
    )
    for (const resourceId of some) {
      const available = free.get(book.idOf('budget', resourceId))
      if (available === undefined) throw new UnknownResourceError(resourceId)
      answers.push({ resourceId, available: Number(available) })
    }
  }
  return answers
}
