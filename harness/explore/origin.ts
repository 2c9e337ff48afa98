/**
 * What caused a request: a call, or the strategy itself (a timer, a queue that it empties in the background).
 * Node's async context carries this through the whole call. A connection that is opened within a call does
 * not lead through a gate.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import net from 'node:net'

export interface Origin {
  /** False: the strategy itself, outside any call. */
  readonly isCall: boolean
  /** Called for a connection that is opened around the gates. */
  onConnection(): void
  /** Called for bytes on a connection that was opened earlier around the gates; absent: not watched. */
  onBytes?(): void
}

const origins = new AsyncLocalStorage<Origin>()

export function withOrigin<Result>(origin: Origin, work: () => Result): Result {
  return origins.run(origin, work)
}

/** Work that the scheduler does for a strategy is not the strategy's own. */
export function withoutOrigin<Result>(work: () => Result): Result {
  return origins.exit(work)
}

export function isOfACall(): boolean {
  return origins.getStore()?.isCall === true
}

/** Work outside any call: a timer that the strategy set when it was opened. */
export function isOfTheStrategyItself(): boolean {
  return origins.getStore()?.isCall === false
}

let watchers = 0
const { connect, write } = net.Socket.prototype
/** What is printed is no request. */
const PRINTED = new Set<number | undefined>([1, 2])

/** Reports each connection that an origin opens, until disposed. */
export function watchConnections(): Disposable {
  if (watchers++ === 0) {
    net.Socket.prototype.connect = function (this: net.Socket, ...where: unknown[]): net.Socket {
      origins.getStore()?.onConnection()
      return Reflect.apply(connect, this, where)
    }
    net.Socket.prototype.write = function (this: net.Socket, ...what: unknown[]): boolean {
      if (!('fd' in this && PRINTED.has(this.fd as number))) origins.getStore()?.onBytes?.()
      return Reflect.apply(write, this, what)
    }
  }
  return {
    [Symbol.dispose]() {
      if (--watchers > 0) return
      net.Socket.prototype.connect = connect
      Reflect.deleteProperty(net.Socket.prototype, 'write')
    },
  }
}

/** Whether the running code is of this origin. */
export function isOf(origin: Origin): boolean {
  return origins.getStore() === origin
}

/** Whether the running code belongs to some other origin than this one. */
export function isOfAnother(origin: Origin | undefined): boolean {
  const running = origins.getStore()
  return running !== undefined && running !== origin
}
