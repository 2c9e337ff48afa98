/** What a network can be like, what can happen to it, and what that struck: plain data, for any thread. */

/** Where a server listens: a port, or the path of a socket. */
export type Address = { readonly host: string; readonly port: number } | { readonly path: string }

/** An address that a proxy has: always a port on the loopback interface. */
export interface ProxyAddress {
  readonly host: string
  readonly port: number
}

/** Gives the address to connect to instead of a server's own: a proxy before it. */
export type Route = (to: Address) => Promise<ProxyAddress>

/** The end of a connection that bytes travel to. */
export type Toward = 'client' | 'server'

export interface Conditions {
  /**
   * Milliseconds added to each round trip. All of it is put on the answers: a half of a millisecond on each
   * way would be two waits that are each too long by the resolution of a timer, and the sum is the same.
   */
  readonly latencyMs: number
  /** At most so many milliseconds more, drawn for each piece of an answer. The order of bytes is kept. */
  readonly jitterMs?: number
  /** For the draws; the same seed draws the same. */
  readonly seed?: number
  /** In each direction, shared by all connections; without a limit where absent. */
  readonly bytesPerSecond?: number
}

export const NO_DELAY: Conditions = { latencyMs: 0 }

/**
 * `containing`: only requests in which this text stands. A request that is encrypted, or that arrives in
 * pieces with the text across two of them, is not recognised, and the fault has not struck.
 */
export type NetworkFault =
  /** Every connection that is open now is reset, at both ends. */
  | { readonly kind: 'cut' }
  /**
   * One end of every connection that is open now is gone, and the other is not told: what it sends is
   * swallowed. When the fault is healed, it is told by a reset.
   */
  | { readonly kind: 'half-open'; readonly gone: Toward }
  /**
   * Bytes are swallowed, and connections stay open. A stream never has a gap: a connection that lost bytes is
   * reset when the fault is healed, as by the timeout of TCP. One that lost none goes on.
   */
  | { readonly kind: 'black-hole'; readonly toward: Toward | 'both' }
  /** Bytes are kept, and delivered when the fault is healed, as after an outage that TCP survives. */
  | { readonly kind: 'stall'; readonly toward: Toward | 'both' }
  /** A request is delivered, the next answer on its connection is swallowed, and the connection is reset. */
  | { readonly kind: 'lost-answer'; readonly times: number; readonly containing?: string }
  /** A request is swallowed, and its connection is reset. */
  | { readonly kind: 'lost-request'; readonly times: number; readonly containing?: string }
  /**
   * A request, and all that follows on its connection, is kept, and delivered when the fault is healed: its
   * client stands still just before that step, as the server sees it. Other connections go on.
   */
  | { readonly kind: 'hold-back'; readonly times: number; readonly containing?: string }
  /** New connections are reset as soon as they are opened. */
  | { readonly kind: 'refuse' }

/** What a fault did. All zero: it did not strike, and a test in which it was to strike proves nothing. */
export interface Struck {
  /** Connections that were cut, lost bytes, were held up or were refused. */
  readonly connections: number
  /** Bytes that were swallowed or kept. */
  readonly bytes: number
  /** Requests or answers that were lost, where the fault counts them. */
  readonly messages: number
}

export function hasStruck({ connections, bytes, messages }: Struck): boolean {
  return connections + bytes + messages > 0
}

/** What passed through one proxy since it was opened. */
export interface Passed {
  /** Connections that were opened through it. */
  readonly connections: number
  /** Connections that are open now. */
  readonly open: number
  /** Connections that could not be opened, since the server refused or did not answer. */
  readonly unreachable: number
  readonly bytesToServer: number
  readonly bytesToClient: number
}

/** Round trips through the proxies of one network, measured while they are in use. */
export interface RoundTrips {
  /** How many were measured. */
  readonly count: number
  /** Milliseconds; 0 if none was measured. */
  readonly medianMs: number
  readonly p95Ms: number
}
