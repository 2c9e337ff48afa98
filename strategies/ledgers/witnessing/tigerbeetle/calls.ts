/** Raw reads of one ledger of a cluster. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Account, QueryFilter, Transfer } from 'tigerbeetle-node'
import type { TigerbeetleStore } from '../../stores.ts'

/** The most that one answer can hold, with the server's default message size. */
const PAGE_MAX = 8_189
/** Few enough for the smaller requests of a server that was started for development. */
const LOOKUP_MAX = 1_000
/** The client itself would wait forever. */
const CALL_DEADLINE_MS = 10_000

export const FLAG = { pending: 2, post: 4, void: 8 } as const

const ALL: Omit<QueryFilter, 'ledger'> = {
  user_data_128: 0n,
  user_data_64: 0n,
  user_data_32: 0,
  code: 0,
  timestamp_min: 0n,
  timestamp_max: 0n,
  limit: PAGE_MAX,
  flags: 0,
}

/** All of them, in order of creation. */
export async function transfersOn({ observer, ledger }: TigerbeetleStore): Promise<readonly Transfer[]> {
  const all: Transfer[] = []
  for (;;) {
    const after = (all.at(-1)?.timestamp ?? 0n) + 1n
    const page = await inTime(observer.queryTransfers({ ...ALL, ledger, timestamp_min: after }))
    // A short page may be the limit of a smaller server, so it does not mean the end.
    if (page.length === 0) return all
    all.push(...page)
  }
}

export async function accountsOf(
  { observer }: TigerbeetleStore,
  ids: readonly bigint[],
): Promise<ReadonlyMap<bigint, Account>> {
  const found = new Map<bigint, Account>()
  for (let from = 0; from < ids.length; from += LOOKUP_MAX) {
    const page = await inTime(observer.lookupAccounts(ids.slice(from, from + LOOKUP_MAX)))
    for (const account of page) found.set(account.id, account)
  }
  return found
}

/** Whether there is any account at all. */
export async function hasAccounts({ observer, ledger }: TigerbeetleStore): Promise<boolean> {
  return (await inTime(observer.queryAccounts({ ...ALL, ledger, limit: 1 }))).length > 0
}

/**
 * The cluster reports its time only in the answer to a write; a write that it must refuse changes nothing.
 */
export async function clockNs({ observer, ledger }: TigerbeetleStore): Promise<bigint> {
  const [refusal] = await inTime(observer.createAccounts([{ ...IMPOSSIBLE, ledger }]))
  if (refusal === undefined) throw new Error('TigerBeetle did not report its time')
  return refusal.timestamp
}

/** No account may have the id 0. */
const IMPOSSIBLE: Omit<Account, 'ledger'> = {
  id: 0n,
  debits_pending: 0n,
  debits_posted: 0n,
  credits_pending: 0n,
  credits_posted: 0n,
  user_data_128: 0n,
  user_data_64: 0n,
  user_data_32: 0,
  reserved: 0,
  code: 1,
  flags: 0,
  timestamp: 0n,
}

export async function inTime<T>(answer: Promise<T>): Promise<T> {
  const timer = new AbortController()
  const late = delay(CALL_DEADLINE_MS, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`TigerBeetle did not answer the witness within ${CALL_DEADLINE_MS} ms`)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    timer.abort()
  }
}
