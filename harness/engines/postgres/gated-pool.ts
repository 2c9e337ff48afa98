/**
 * What a reader's own code is handed instead of its pg.Pool: the same calls, each statement through a gate.
 * Everything that such code uses of a pool is here (`query`, `connect`, `release`, callbacks); what would
 * bypass the gate (a cursor, a stream, a notification) is refused with a sentence.
 */
import { EventEmitter } from 'node:events'
import pg from 'pg'
import type { GatedLease, GatedLeases } from './gate.ts'

type Callback = (error: unknown, result?: unknown) => void

const NO_CURSOR =
  'a cursor or a stream reads in steps that cannot be put in order: read all rows with one query in a test that is explored'

/** Query builders that have no connection of their own in hand ask for its name, or for its class. */
class GatedPool extends EventEmitter {
  readonly options = {}
  readonly totalCount = 0
  readonly idleCount = 0
  readonly waitingCount = 0
  readonly #leases: GatedLeases

  constructor(leases: GatedLeases) {
    super()
    this.#leases = leases
  }

  query(...given: readonly unknown[]): Promise<unknown> | undefined {
    const lease = this.#leases.take()
    return toldTo(given, (first, values) => sent(lease, first, values).finally(() => lease.release()))
  }

  connect(callback?: (error: unknown, client?: unknown, release?: unknown) => void): unknown {
    const client = new GatedClient(this.#leases.take())
    if (callback === undefined) return Promise.resolve(client)
    setImmediate(callback, undefined, client, (error?: unknown) => client.release(error))
    return undefined
  }

  /** The pool behind it is not this code's to end. */
  end(callback?: () => void): Promise<void> {
    callback?.()
    return Promise.resolve()
  }
}

Object.setPrototypeOf(GatedPool.prototype, pg.Pool.prototype)

/** Its name must not be taken for a pool's. */
class GatedClient extends EventEmitter {
  readonly #lease: GatedLease

  constructor(lease: GatedLease) {
    super()
    this.#lease = lease
  }

  query(...given: readonly unknown[]): Promise<unknown> | undefined {
    return toldTo(given, (first, values) => sent(this.#lease, first, values))
  }

  release(error?: unknown): void {
    if (error === undefined || error === false) this.#lease.release()
    else this.#lease.cut()
  }

  escapeIdentifier(text: string): string {
    return pg.escapeIdentifier(text)
  }

  escapeLiteral(text: string): string {
    return pg.escapeLiteral(text)
  }
}

export function gatedPool(leases: GatedLeases): pg.Pool {
  return new GatedPool(leases) as unknown as pg.Pool
}

/** A text or an object, then values, then a callback; only the first must be there. */
function toldTo(
  given: readonly unknown[],
  ask: (first: unknown, values: unknown) => Promise<unknown>,
): Promise<unknown> | undefined {
  const callback = given.find((each): each is Callback => typeof each === 'function')
  const [first, second] = given
  const answer = ask(first, second === callback ? undefined : second)
  if (callback === undefined) return answer
  answer.then(
    (result) => callback(undefined, result),
    (error: unknown) => callback(error),
  )
  return undefined
}

async function sent(lease: GatedLease, first: unknown, values: unknown): Promise<unknown> {
  const of = Array.isArray(values) ? (values as readonly unknown[]) : undefined
  if (typeof first === 'string') {
    // Without values the library sends a text whole.
    return await lease.query({ text: first, values: of ?? [] }, { text: first, ...(of && { values: of }) })
  }
  if (typeof first !== 'object' || first === null || !('text' in first) || 'submit' in first) {
    throw new TypeError(NO_CURSOR)
  }
  const config = of === undefined ? first : { ...first, values: of }
  const own = 'values' in config && Array.isArray(config.values) ? (config.values as readonly unknown[]) : []
  return await lease.query({ text: String(first.text), values: own }, config)
}
