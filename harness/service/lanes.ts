/**
 * Handles pipelined requests of one connection one after another, as they are answered: a connection has one
 * slot at a time.
 */
import type { Socket } from 'node:net'
import { Problem } from './problems.ts'

/** Read ahead, each with its body. */
const WAITING_MAX = 8

interface Lane {
  last: Promise<unknown>
  waiting: number
}

export class Lanes {
  /** Of connections with work in progress. */
  readonly #lanes = new Map<Socket, Lane>()

  /** Throws a `Problem` of kind `overloaded` if too many wait on the same connection. */
  inTurn<T>(socket: Socket, work: () => Promise<T>): Promise<T> {
    const lane = this.#lanes.get(socket)
    if (lane === undefined) {
      const first = work()
      this.#follow(socket, { last: first, waiting: 0 }, first)
      return first
    }
    if (lane.waiting >= WAITING_MAX) {
      return Promise.reject(
        new Problem('overloaded', `${WAITING_MAX} requests wait on this connection already`),
      )
    }
    lane.waiting += 1
    const next = lane.last
      .catch(() => undefined)
      .then(() => {
        lane.waiting -= 1
        // The client is gone, so its request need not begin.
        if (socket.destroyed) throw new Problem('overloaded', 'the client is gone')
        return work()
      })
    lane.last = next
    this.#follow(socket, lane, next)
    return next
  }

  #follow(socket: Socket, lane: Lane, work: Promise<unknown>): void {
    this.#lanes.set(socket, lane)
    const ends = (): void => {
      if (lane.last === work) this.#lanes.delete(socket)
    }
    work.then(ends, ends)
  }
}
