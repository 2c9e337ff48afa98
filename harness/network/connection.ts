/** One connection through a proxy: a socket to the client, a socket to the server, and a pipe each way. */
import type { Socket } from 'node:net'
import type { Toward } from './conditions.ts'
import type { DelayLine } from './delay-line.ts'
import type { Link } from './link.ts'
import { Pipe } from './pipe.ts'

export interface ConnectionParts {
  /** Paused until the server is connected. */
  readonly client: Socket
  /** Connecting. */
  readonly server: Socket
  readonly links: Readonly<Record<Toward, Link>>
  readonly line: DelayLine
  readonly connectDeadlineMs: number
  /** Bytes that arrived; the handler sends them on, or does not. */
  readonly onBytes: (connection: Connection, toward: Toward, bytes: Buffer) => void
  /** Whether what happens at the sending end of this direction is hidden from the other end. */
  readonly hides: (connection: Connection, toward: Toward, what: 'end' | 'reset') => boolean
  readonly onConnected: (connection: Connection) => void
  readonly onOver: (connection: Connection, wasConnected: boolean) => void
}

export class Connection {
  readonly #client: Socket
  readonly #server: Socket
  readonly #pipes: Readonly<Record<Toward, Pipe>>
  readonly #onOver: (wasConnected: boolean) => void
  readonly #connectTimer: NodeJS.Timeout
  #isConnected: boolean = false
  #isOver: boolean = false
  /** The end that is gone without the other being told. */
  #gone: Toward | undefined

  constructor(parts: ConnectionParts) {
    const { client, server, links, line } = parts
    this.#client = client
    this.#server = server
    this.#pipes = {
      server: new Pipe(client, server, { link: links.server, line }),
      client: new Pipe(server, client, { link: links.client, line }),
    }
    this.#onOver = (wasConnected) => parts.onOver(this, wasConnected)
    this.#connectTimer = setTimeout(() => this.reset(), parts.connectDeadlineMs)
    server.once('connect', () => {
      clearTimeout(this.#connectTimer)
      this.#isConnected = true
      parts.onConnected(this)
      client.resume()
    })
    this.#listen('client', parts)
    this.#listen('server', parts)
  }

  #listen(end: Toward, { onBytes, hides }: ConnectionParts): void {
    const from = this.#socket(end)
    const toward = end === 'client' ? 'server' : 'client'
    from.setNoDelay(true)
    from.on('data', (bytes: Buffer) => {
      if (this.#gone === undefined) onBytes(this, toward, bytes)
    })
    from.on('end', () => {
      if (this.#gone !== undefined) return
      if (hides(this, toward, 'end')) this.lose(end)
      else this.#pipes[toward].end()
    })
    // What went wrong is told to the other end by the reset below.
    from.on('error', () => undefined)
    from.once('close', (isBroken) => {
      if (this.#gone === end || this.#isOver) return
      if (this.#gone === undefined && isBroken && this.#isConnected && hides(this, toward, 'reset'))
        this.lose(end)
      else if (isBroken || this.#gone !== undefined) this.reset()
      else if (this.#client.closed && this.#server.closed) this.#end()
    })
  }

  send(toward: Toward, bytes: Buffer): void {
    this.#pipes[toward].send(bytes)
  }

  keep(toward: Toward, isKept: boolean): void {
    this.#pipes[toward].keep(isKept)
  }

  passedBytes(toward: Toward): number {
    return this.#pipes[toward].passedBytes
  }

  /** Both ends are told that the connection is gone. */
  reset(): void {
    if (this.#isOver) return
    resetNow(this.#client)
    // A socket that is not connected yet has nothing to reset.
    if (this.#isConnected) resetNow(this.#server)
    else this.#server.destroy()
    this.#end()
  }

  /** One end is gone; the other is not told, and what it sends is swallowed. */
  lose(gone: Toward): void {
    if (this.#isOver || this.#gone !== undefined) return
    this.#gone = gone
    for (const pipe of Object.values(this.#pipes)) pipe.drop()
    resetNow(this.#socket(gone))
    // It may have been held back by what was under way.
    this.#socket(gone === 'client' ? 'server' : 'client').resume()
  }

  #socket(end: Toward): Socket {
    return end === 'client' ? this.#client : this.#server
  }

  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#connectTimer)
    for (const pipe of Object.values(this.#pipes)) pipe.drop()
    this.#onOver(this.#isConnected)
  }
}

/**
 * Without waiting for what was written and not taken yet. Only TCP has a reset: the socket of a path is
 * closed. So is one whose sending direction has ended, because a reset while that is under way fails, and
 * leaves the socket open.
 */
function resetNow(socket: Socket): void {
  if (socket.remotePort === undefined || socket.writableEnded) socket.destroy()
  else socket.resetAndDestroy()
}
