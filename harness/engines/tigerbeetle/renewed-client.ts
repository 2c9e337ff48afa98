/**
 * A client that recovers by itself. The library's own client reconnects to replicas, however long they were
 * gone; but if the cluster gives its session to another client, every later request fails.
 */
import type { Client } from 'tigerbeetle-node'
import { monotonicMs } from '../../clock.ts'
import { codeOf } from '../engine-error.ts'

/** The error of every request after a client has lost its session. */
const SESSION_IS_LOST: ReadonlySet<string> = new Set(['ERR_CLIENT_EVICTED', 'ERR_CLIENT_CLOSED'])
/** Limits how often two processes can take each other's session. */
const RENEW_EVERY_MS = 1_000

export interface RenewedClient {
  /** The request that finds the session lost fails; later requests use a new session. */
  send<T>(request: (client: Client) => Promise<T>): Promise<T>
  /** Stops the renewal, and returns the current client. */
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
