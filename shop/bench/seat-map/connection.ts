/** HTTP over one kept connection, one request at a time: a client library would take more than the server. */
import { connect, type Socket } from 'node:net'

const HEAD_END = Buffer.from('\r\n\r\n')
const OPEN_DEADLINE_MS = 20_000

export interface Answered {
  readonly status: number
  readonly bytes: number
}

export class Connection implements Disposable {
  readonly #socket: Socket
  #told: ((answer: Answered | undefined) => void) | undefined
  #head: Buffer = Buffer.alloc(0)
  #status = 0
  /** Bytes of the answer that are still to come, once its head is there. */
  #missing: number | undefined
  #bytes = 0

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk) => this.#hear(chunk))
    socket.on('close', () => this.#tell(undefined))
  }

  /** Undefined if the server does not accept it in time. */
  static async open(port: number, from: string): Promise<Connection | undefined> {
    const socket = connect({ port, host: '127.0.0.1', localAddress: from, noDelay: true })
    socket.on('error', () => socket.destroy())
    const isOpen = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), OPEN_DEADLINE_MS)
      socket.once('connect', () => resolve(true))
      socket.once('close', () => resolve(false))
      socket.once('connect', () => clearTimeout(timer))
    })
    if (!isOpen) socket.destroy()
    return isOpen ? new Connection(socket) : undefined
  }

  /** Undefined if the connection ends before the answer. */
  ask(request: string): Promise<Answered | undefined> {
    return new Promise((resolve) => {
      if (this.#socket.destroyed) {
        resolve(undefined)
        return
      }
      this.#told = resolve
      this.#socket.write(request)
    })
  }

  /** Every byte that comes from now on, of an answer that does not end. */
  listen(request: string, heard: (chunk: Buffer) => void): void {
    this.#socket.removeAllListeners('data')
    this.#socket.on('data', heard)
    this.#socket.write(request)
  }

  [Symbol.dispose](): void {
    this.#socket.destroy()
  }

  #hear(chunk: Buffer): void {
    this.#bytes += chunk.length
    if (this.#missing === undefined) {
      this.#head = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk])
      const end = this.#head.indexOf(HEAD_END)
      if (end < 0) return
      const head = this.#head.toString('latin1', 0, end)
      this.#status = Number(head.slice(9, 12))
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
      this.#missing = length - (this.#head.length - end - HEAD_END.length)
    } else this.#missing -= chunk.length
    if (this.#missing > 0) return
    const answer = { status: this.#status, bytes: this.#bytes }
    this.#head = Buffer.alloc(0)
    this.#missing = undefined
    this.#bytes = 0
    this.#tell(answer)
  }

  #tell(answer: Answered | undefined): void {
    const told = this.#told
    this.#told = undefined
    told?.(answer)
  }
}
