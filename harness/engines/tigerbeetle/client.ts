/**
 * Clients of a cluster, lent out one at a time. A client keeps one request in flight and queues the others,
 * so two trials on one client would wait for each other. Also, a cluster keeps only 64 sessions: a discarded
 * client keeps its session until that is the oldest one, so a new client for every trial would push out those
 * still in use. With lending, a run needs only as many clients as it uses at once.
 */
import { createRequire } from 'node:module'
import type { Client } from 'tigerbeetle-node'
import { installCommandOf } from '../../optional-packages.ts'
import { NoAnswerError, within } from '../../within.ts'
import { codeOf, EngineError, reasonOf } from '../engine-error.ts'
import { renewedClient } from './renewed-client.ts'

/**
 * From requesting a session to its first answer: half a second, or a few while replicas elect their primary.
 */
const SESSION_DEADLINE_MS = 15_000
/** Time limit for a client that was lent before to show that it still has its session. */
const STILL_THERE_DEADLINE_MS = 2_000
/** Two thirds of a cluster's 64 sessions. */
const CLIENTS_LENT_MAX = 42

export interface LentClient {
  readonly client: Client
  /**
   * The borrower can no longer use it. If a request is in flight, the client is destroyed and the request
   * fails.
   */
  giveBack(): void
}

export interface Clients {
  lend(): Promise<LentClient>
  destroy(): void
}

export function clientVersion(): string {
  const found: unknown = createRequire(import.meta.url)('tigerbeetle-node/package.json')
  const version =
    typeof found === 'object' && found !== null && 'version' in found ? found.version : undefined
  if (typeof version === 'string') return version
  throw new Error('tigerbeetle-node does not tell its version')
}

/** There is no connection before the first client is lent. */
export async function openClients(cluster: {
  readonly clusterId: bigint
  readonly addresses: readonly string[]
}): Promise<Clients> {
  const { createClient, RequestError, ErrorCodes } = await loadLibrary()
  const idle: Client[] = []
  const lent = new Set<LentClient>()
  /** About to be lent. */
  let asked = 0
  let isDestroyed = false

  function open(): Client {
    return createClient({ cluster_id: cluster.clusterId, replica_addresses: [...cluster.addresses] })
  }

  async function proven(client: Client, deadlineMs: number): Promise<Client> {
    try {
      await within(deadlineMs, client.lookupAccounts([1n]))
      return client
    } catch (error) {
      client.destroy()
      throw error
    }
  }

  async function next(): Promise<Client> {
    for (let client = idle.pop(); client !== undefined; client = idle.pop()) {
      // It may have lost its session to others. Then another is opened, which reports a failure of the
      // cluster.
      const same = await proven(client, STILL_THERE_DEADLINE_MS).catch(() => undefined)
      if (same !== undefined) return same
    }
    return await proven(open(), SESSION_DEADLINE_MS)
  }

  return {
    async lend() {
      if (isDestroyed) throw new Error('the engine is closed, and its clients with it')
      if (lent.size + asked >= CLIENTS_LENT_MAX) {
        throw new Error(`${CLIENTS_LENT_MAX} clients are in use, and a cluster has few sessions to give`)
      }
      asked += 1
      const real = await next().finally(() => {
        asked -= 1
      })
      if (isDestroyed) {
        real.destroy()
        throw new Error('the engine is closed, and its clients with it')
      }
      const renewed = renewedClient(real, open)
      let isOver = false
      let underWay = 0
      const request = async <T>(send: (client: Client) => Promise<T>): Promise<T> => {
        if (isOver) throw new RequestError(ErrorCodes.ERR_CLIENT_CLOSED)
        underWay += 1
        try {
          return await renewed.send(send)
        } finally {
          underWay -= 1
        }
      }
      const giveBack = (): void => {
        if (isOver) return
        isOver = true
        lent.delete(lending)
        const last = renewed.last()
        if (underWay > 0 || isDestroyed) last.destroy()
        else idle.push(last)
      }
      const lending: LentClient = {
        client: {
          createAccounts: (batch) => request((client) => client.createAccounts(batch)),
          createTransfers: (batch) => request((client) => client.createTransfers(batch)),
          lookupAccounts: (batch) => request((client) => client.lookupAccounts(batch)),
          lookupTransfers: (batch) => request((client) => client.lookupTransfers(batch)),
          getAccountTransfers: (filter) => request((client) => client.getAccountTransfers(filter)),
          getAccountBalances: (filter) => request((client) => client.getAccountBalances(filter)),
          queryAccounts: (filter) => request((client) => client.queryAccounts(filter)),
          queryTransfers: (filter) => request((client) => client.queryTransfers(filter)),
          destroy: giveBack,
        },
        giveBack,
      }
      lent.add(lending)
      return lending
    },
    destroy() {
      isDestroyed = true
      for (const each of [...lent]) each.giveBack()
      for (const client of idle.splice(0)) client.destroy()
    },
  }
}

/**
 * Imported here and not at the top: it loads a native library, which does not exist for every platform of the
 * other engines.
 */
async function loadLibrary(): Promise<typeof import('tigerbeetle-node')> {
  // To detect the C library, it requests a report of the whole process, which by default resolves the name of
  // every connected host: with slow name resolution that takes seconds.
  const report: NodeJS.ProcessReport & { excludeNetwork?: boolean | undefined } = process.report
  const { excludeNetwork } = report
  report.excludeNetwork = true
  try {
    return await import('tigerbeetle-node')
  } catch (error) {
    throw new EngineError({
      engine: 'tigerbeetle',
      problem: 'missing',
      message: `The TigerBeetle client does not load on this system: ${reasonOf(error)}.`,
      remedy: installCommandOf('TigerBeetle'),
    })
  } finally {
    report.excludeNetwork = excludeNetwork
  }
}

/** Turns an error of the first request into a sentence. */
export function sessionFailure(shown: string, thrown: unknown): EngineError {
  if (thrown instanceof EngineError) return thrown
  const failure = (problem: EngineError['problem'], message: string, remedy: string): EngineError =>
    new EngineError({ engine: 'tigerbeetle', problem, message, remedy, cause: thrown })
  if (thrown instanceof NoAnswerError) {
    return failure(
      'unreachable',
      `What listens at ${shown} did not answer as a TigerBeetle cluster does (${thrown.message}).`,
      'fix TIGERBEETLE_ADDRESSES and TIGERBEETLE_CLUSTER, or start a majority of the replicas',
    )
  }
  switch (codeOf(thrown)) {
    case 'ERR_CLIENT_RELEASE_TOO_HIGH':
      return failure(
        'wrong-server',
        `The cluster at ${shown} is older than the client ${clientVersion()}, which may not be newer than it.`,
        `upgrade the cluster to ${clientVersion()}`,
      )
    case 'ERR_CLIENT_RELEASE_TOO_LOW':
      return failure(
        'wrong-server',
        `The cluster at ${shown} no longer takes clients as old as ${clientVersion()}.`,
        'npm install --save-exact tigerbeetle-node@<a version that it takes>',
      )
    default:
      return failure(
        'unreachable',
        `The cluster at ${shown} cannot be used: ${reasonOf(thrown)}.`,
        'fix TIGERBEETLE_ADDRESSES and TIGERBEETLE_CLUSTER',
      )
  }
}
