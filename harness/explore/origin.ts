/**
 * Whose doing something is: a call's, or the strategy's own (a timer, a queue that it empties by itself). It
 * is known wherever the call has got to, as Node carries it along. A connection that is opened on the way is
 * one that leads through no gate.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import net from 'node:net'

export interface Origin {
  /** False: the strategy itself, from when it was opened. */
  readonly isCall: boolean
  /** Told of a connection that is opened past the gates. */
  onConnection(): void
}

const origins = new AsyncLocalStorage<Origin>()

export function withOrigin<Result>(origin: Origin, work: () => Result): Result {
  return origins.run(origin, work)
}

/** What is done for a strategy by those who schedule it is not its own doing. */
export function withoutOrigin<Result>(work: () => Result): Result {
  return origins.exit(work)
}

export function isOfACall(): boolean {
  return origins.getStore()?.isCall === true
}

/** Something that nobody called for: a timer that the strategy has set when it was opened. */
export function isOfTheStrategyItself(): boolean {
  return origins.getStore()?.isCall === false
}

let watchers = 0
const connect = net.Socket.prototype.connect

/** Tells origins of the connections that they open, until it is disposed. */
export function watchConnections(): Disposable {
  if (watchers++ === 0) {
    net.Socket.prototype.connect = function (this: net.Socket, ...where: unknown[]): net.Socket {
      origins.getStore()?.onConnection()
      return Reflect.apply(connect, this, where)
    }
  }
  return {
    [Symbol.dispose]() {
      if (--watchers === 0) net.Socket.prototype.connect = connect
    },
  }
}
