/**
 * A resource is three accounts: Operator funds Budget with the capacity, once, and holds move units from
 * Budget to Spent.
 */
import { AccountFlags, CreateAccountStatus, CreateTransferStatus } from 'tigerbeetle-node'
import { type Availability, type Resource, type ResourceId, UnknownResourceError } from '../../../strategy.ts'
import { type Book, CODE, EMPTY_ACCOUNT, EXISTS, unexpected } from './book.ts'
import { EVENTS_PER_REQUEST_MAX, inTime } from './calls.ts'

export async function createResources(book: Book, resources: readonly Resource[]): Promise<void> {
  const perRequest = Math.floor(EVENTS_PER_REQUEST_MAX / 3)
  for (let from = 0; from < resources.length; from += perRequest) {
    const some = resources.slice(from, from + perRequest)
    await createAccounts(book, some)
    await fund(book, some)
  }
}

async function createAccounts(book: Book, resources: readonly Resource[]): Promise<void> {
  const { ledger } = book
  const accounts = resources.flatMap(({ id }) => [
    { ...EMPTY_ACCOUNT, ledger, id: book.idOf('operator', id), code: CODE.operator },
    {
      ...EMPTY_ACCOUNT,
      ledger,
      id: book.idOf('budget', id),
      code: CODE.budget,
      flags: AccountFlags.debits_must_not_exceed_credits,
    },
    { ...EMPTY_ACCOUNT, ledger, id: book.idOf('spent', id), code: CODE.spent },
  ])
  for (const { status } of await inTime(book.client.createAccounts(accounts))) {
    if (status !== CreateAccountStatus.created && status !== CreateAccountStatus.exists) {
      throw new Error(`an account could not be created: ${CreateAccountStatus[status]}`)
    }
  }
}

async function fund(book: Book, resources: readonly Resource[]): Promise<void> {
  const funds = resources.map(({ id, capacity }) =>
    book.transferOf({
      id: book.idOf('fund', id),
      debit_account_id: book.idOf('operator', id),
      credit_account_id: book.idOf('budget', id),
      amount: BigInt(capacity),
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
