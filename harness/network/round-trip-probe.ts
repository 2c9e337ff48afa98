/**
 * Measures round trips through a proxy of the network while it is in use. Both ends of the measured
 * connection are in the proxies' own thread, so that the load of that thread is part of what is measured.
 */
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { Conditions, RoundTrips } from './conditions.ts'
import type { DelayLine } from './delay-line.ts'
import { Relay } from './relay.ts'

/** Enough for a median in a second, and rarely enough that the thread sleeps most of the time. */
const EVERY_MS = 25
/** As many as are kept: the last five minutes. */
const SAMPLES_MAX = 12_000
const PING = Buffer.from('.')

export class RoundTripProbe {
  readonly #echo: Server
  readonly #relay: Relay
  readonly #socket: Socket
  readonly #timer: NodeJS.Timeout
  /** When each ping that has no answer yet was sent. */
  readonly #sentMs: number[] = []
  readonly #tripsMs: number[] = []

  private constructor(parts: { readonly echo: Server; readonly relay: Relay; readonly socket: Socket }) {
    this.#echo = parts.echo
    this.#relay = parts.relay
    this.#socket = parts.socket
    this.#socket.on('data', (bytes: Buffer) => this.#answered(bytes.length))
    this.#socket.on('error', () => undefined)
    this.#timer = setInterval(() => this.#ping(), EVERY_MS)
    this.#ping()
  }

  static async open(conditions: Conditions, line: DelayLine): Promise<RoundTripProbe> {
    const echo = createServer({ noDelay: true }, (socket) => {
      socket.on('error', () => undefined)
      socket.pipe(socket)
    })
    echo.listen({ host: '127.0.0.1', port: 0 })
    await once(echo, 'listening')
    const address = echo.address()
    if (address === null || typeof address === 'string') throw new Error('the echo does not listen')
    const relay = await Relay.open({ host: '127.0.0.1', port: address.port }, conditions, line)
    const socket = connect({ ...relay.address(), noDelay: true })
    await once(socket, 'connect')
    return new RoundTripProbe({ echo, relay, socket })
  }

  set(conditions: Conditions): void {
    this.#tripsMs.length = 0
    this.#relay.set(conditions)
  }

  read(): RoundTrips {
    const sorted = Float64Array.from(this.#tripsMs).sort()
    const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0
    return { count: sorted.length, medianMs: at(0.5), p95Ms: at(0.95) }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#socket.destroy()
    await this.#relay.close()
    await new Promise<void>((resolve) => this.#echo.close(() => resolve()))
  }

  #ping(): void {
    this.#sentMs.push(performance.now())
    this.#socket.write(PING)
  }

  /** Answers come in the order of the pings, one byte each. */
  #answered(count: number): void {
    const nowMs = performance.now()
    for (const sentMs of this.#sentMs.splice(0, count)) this.#tripsMs.push(nowMs - sentMs)
    if (this.#tripsMs.length > SAMPLES_MAX) this.#tripsMs.splice(0, this.#tripsMs.length - SAMPLES_MAX)
  }
}
