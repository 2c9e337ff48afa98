/**
 * A client that comes back by itself. The library's own finds replicas again, however long they were gone;
 * but one whose session the cluster has given to another fails every request from then on.
 */
import type { Client } from 'tigerbeetle-node'
import { monotonicMs } from '../../clock.ts'
import { codeOf } from '../engine-error.ts'

/** Requests of a client that has lost its session fail so, for ever. */
const SESSION_IS_LOST: ReadonlySet<string> = new Set(['ERR_CLIENT_EVICTED', 'ERR_CLIENT_CLOSED'])
/** Two processes that take each other's session do so no more often than this. */
const RENEW_EVERY_MS = 1_000

export interface RenewedClient {
  /** The request that finds its session lost fails; those that follow have another one. */
  send<T>(request: (client: Client) => Promise<T>): Promise<T>
  /** Ends the renewing, and answers the client that is in use. */
  last(): Client
}

export function renewedClient(first: Client, open: () => Client): RenewedClient {
  let client = first
  let renewedMs = Number.NEGATIVE_INFINITY
  let isOver = false

  function renew(failed: Client): void {
    if (isOver || client !== failed || monotonicMs() - renewedMs < RENEW_EVERY_MS) return
    renewedMs = monotonicMs()
    failed.destroy()
    client = open()
  }

  return {
    async send(request) {
      const asked = client
      try {
        return await request(asked)
      } catch (error) {
        if (SESSION_IS_LOST.has(codeOf(error) ?? '')) renew(asked)
        throw error
      }
    },
    last() {
      isOver = true
      return client
    },
  }
}
