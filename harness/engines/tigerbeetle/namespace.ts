/**
 * A separate ledger in a cluster that may hold others, with clients for it. Nothing in TigerBeetle can be
 * deleted.
 */
import { randomInt } from 'node:crypto'
import type { Account, Client, Transfer } from 'tigerbeetle-node'
import type { TigerbeetleStore } from '../../../strategies/ledgers/stores.ts'
import { within } from '../../within.ts'
import { readingOf } from '../clock-reading.ts'
import type { ClockReading, Namespace, NamespaceOptions } from '../engine.ts'
import { type ClusterAddresses, parseAddress } from './addresses.ts'
import type { TigerbeetleAttachment } from './attach.ts'
import { type Clients, type LentClient, openClients } from './client.ts'
import { explorable } from './explorable.ts'
import { observedTigerbeetle } from './observed-client.ts'

export interface TigerbeetleNamespace extends Namespace {
  readonly connections: { readonly client: Client; readonly ledger: number }
  readonly store: TigerbeetleStore
  /**
   * For the strategy alone: it has one request in flight and queues the others. It waits forever for an
   * answer, so its user needs a deadline, after which the outcome is unknown.
   */
  readonly client: Client
  /** For audits and clock readings, so that they do not wait in the strategy's queue. */
  readonly observer: Client
  /**
   * Never used by another run, now or later. Ids of accounts and transfers belong to the whole cluster, so
   * ids that are derived from names must include this number in the hash.
   */
  readonly ledger: number
}

/**
 * Ledgers are claimed on this one, which has the highest number: by creating an account there, which only one
 * run can do.
 */
const CLAIMS_LEDGER = 0xffff_ffff
const CLAIM_CODE = 1
/** "Holdfast" in ASCII, above the number of the ledger. */
const CLAIM_PREFIX = 0x486f_6c64_6661_7374n << 64n
/** Two random ledgers out of four thousand million rarely collide. */
const CLAIM_ATTEMPTS_MAX = 16
const REQUEST_DEADLINE_MS = 10_000

/** As in the library's enumerations, which are not loaded here: it may be missing on this system. */
const CREATED = 4_294_967_295
const EXISTS = 21

export async function createNamespace(
  clients: Clients,
  cluster: ClusterAddresses,
  through?: NamespaceOptions['through'],
): Promise<TigerbeetleNamespace> {
  const lent: LentClient[] = []
  const { clusterId } = cluster
  const addresses = through === undefined ? cluster.addresses : await routed(cluster.addresses, through)
  // A client of the engine's is connected to the replicas themselves.
  const own = through === undefined ? undefined : await openClients({ clusterId, addresses })
  const giveBack = (): void => {
    for (const each of lent.splice(0)) each.giveBack()
    own?.destroy()
  }
  try {
    const strategys = await (own ?? clients).lend()
    lent.push(strategys)
    const observers = await clients.lend()
    lent.push(observers)
    const ledger = await claimLedger(observers.client)
    const client = observedTigerbeetle(strategys.client)
    return {
      client,
      observer: observers.client,
      ledger,
      connections: { client, ledger },
      store: { observer: observers.client, ledger },
      sessions: () => [],
      leftOpen: async () => [],
      attachment: (): TigerbeetleAttachment => ({ clusterId: String(clusterId), addresses, ledger }),
      explorable: explorable(client, ledger),
      readClock: () => readClock(observers.client),
      async [Symbol.asyncDispose]() {
        giveBack()
      },
    }
  } catch (error) {
    giveBack()
    throw error
  }
}

function routed(
  addresses: readonly string[],
  through: NonNullable<NamespaceOptions['through']>,
): Promise<readonly string[]> {
  return Promise.all(
    addresses.map(async (address) => {
      const { host, port } = await through(parseAddress(address))
      return `${host}:${port}`
    }),
  )
}

async function claimLedger(observer: Client): Promise<number> {
  for (let attempt = 1; attempt <= CLAIM_ATTEMPTS_MAX; attempt += 1) {
    const ledger = randomInt(1, CLAIMS_LEDGER)
    const theirs = await within(
      REQUEST_DEADLINE_MS,
      observer.queryAccounts({ ...EVERYTHING, ledger, limit: 1 }),
    )
    if (theirs.length > 0) continue
    const claim = {
      ...EMPTY_ACCOUNT,
      id: CLAIM_PREFIX | BigInt(ledger),
      ledger: CLAIMS_LEDGER,
      code: CLAIM_CODE,
    }
    const [result] = await within(REQUEST_DEADLINE_MS, observer.createAccounts([claim]))
    if (result?.status === CREATED) return ledger
    if (result?.status !== EXISTS) throw new Error(`a ledger could not be claimed: status ${result?.status}`)
  }
  throw new Error(`no free ledger was found in ${CLAIM_ATTEMPTS_MAX} attempts`)
}

/**
 * The primary assigns a time to every request that may write; timeouts are compared with the same time, and
 * the answer contains it even if nothing was written. A transfer without an id is never written.
 */
async function readClock(observer: Client): Promise<ClockReading> {
  return await readingOf(
    () => within(REQUEST_DEADLINE_MS, observer.createTransfers([EMPTY_TRANSFER])),
    ([result]) => (result?.timestamp ? Number(result.timestamp / 1_000n) / 1_000 : Number.NaN),
  )
}

const EVERYTHING = {
  user_data_128: 0n,
  user_data_64: 0n,
  user_data_32: 0,
  code: 0,
  timestamp_min: 0n,
  timestamp_max: 0n,
  flags: 0,
} as const

const EMPTY_ACCOUNT: Account = {
  id: 0n,
  debits_pending: 0n,
  debits_posted: 0n,
  credits_pending: 0n,
  credits_posted: 0n,
  user_data_128: 0n,
  user_data_64: 0n,
  user_data_32: 0,
  reserved: 0,
  ledger: 0,
  code: 0,
  flags: 0,
  timestamp: 0n,
}

const EMPTY_TRANSFER: Transfer = {
  id: 0n,
  debit_account_id: 0n,
  credit_account_id: 0n,
  amount: 0n,
  pending_id: 0n,
  user_data_128: 0n,
  user_data_64: 0n,
  user_data_32: 0,
  timeout: 0,
  ledger: 0,
  code: 0,
  flags: 0,
  timestamp: 0n,
}
