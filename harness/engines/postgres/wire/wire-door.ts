/**
 * An address of PostgreSQL for one client of a test body, for code that opens its connections itself, in
 * whatever language. What comes there goes on to the server, on the tables of this run.
 */
import { connect, createServer, type Server, type Socket } from 'node:net'
import { monotonicMs } from '../../../clock.ts'
import type { Gate } from '../../engine.ts'
import { addressOf, type PostgresTarget } from '../connection.ts'
import { openingIn, withOption } from './messages.ts'
import { WireSession } from './wire-session.ts'

/** Encryption is refused with one letter; what is on loopback needs none. */
const NOT_ENCRYPTED = 'N'
/** A client that has heard its answer usually asks again within a few milliseconds, whatever runs it. */
const THINKING_MS_MAX = 50
const OPENING_BYTES_MAX = 20_000

export class WireDoor implements AsyncDisposable {
  readonly #target: PostgresTarget
  readonly #schema: string
  readonly #gate: Gate
  readonly #server: Server
  readonly #sessions = new Set<WireSession>()
  readonly #sockets = new Set<Socket>()
  #movedMs = 0
  #address: Promise<string> | undefined

  constructor(target: PostgresTarget, schema: string, gate: Gate) {
    this.#target = target
    this.#schema = schema
    this.#gate = gate
    this.#server = createServer((client) => this.#welcome(client))
    // It keeps no process alive that has nothing else to do.
    this.#server.unref()
  }

  /** Listens when it is first asked for. */
  address(): Promise<string> {
    this.#moved()
    this.#address ??= new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(0, '127.0.0.1', () => {
        const at = this.#server.address()
        const port = typeof at === 'object' && at !== null ? at.port : 0
        const { user, password, database } = this.#target
        const account = [user, password ?? ''].map(encodeURIComponent).join(':')
        resolve(`postgres://${account}@127.0.0.1:${port}/${encodeURIComponent(database)}`)
      })
    })
    return this.#address
  }

  get isUsed(): boolean {
    return this.#address !== undefined
  }

  /** Whether its code may be about to ask something: it has just connected, or has just heard an answer. */
  get isThinking(): boolean {
    const all = [...this.#sessions]
    if (all.some(({ isOpening }) => isOpening)) return true
    if (!this.isUsed || monotonicMs() - this.#movedMs > THINKING_MS_MAX) return false
    return all.every(({ isHeard }) => isHeard)
  }

  /** Those that the engine would miss. */
  sessions(): readonly number[] {
    return [...this.#sessions].flatMap(({ isInHand, pid }) => (isInHand && pid !== undefined ? [pid] : []))
  }

  /** Cuts those that are in hand. */
  cut(): void {
    for (const session of [...this.#sessions]) if (session.isInHand) session.end()
  }

  #moved(): void {
    this.#movedMs = monotonicMs()
  }

  #welcome(client: Socket): void {
    this.#moved()
    this.#sockets.add(client)
    client.on('close', () => this.#sockets.delete(client))
    client.on('error', () => client.destroy())
    let said = Buffer.alloc(0)
    const open = (data: Buffer): void => {
      said = Buffer.concat([said, data])
      try {
        if (said.length > OPENING_BYTES_MAX) throw new RangeError('this is no client of PostgreSQL')
        const opening = openingIn(said)
        if (opening === undefined) return
        said = said.subarray(opening.bytes.length)
        if (opening.kind === 'encryption') {
          client.write(NOT_ENCRYPTED)
          return
        }
        client.off('data', open)
        if (opening.kind === 'cancel') this.#pass(client, opening.bytes)
        else this.#begin(client, withOption(opening.bytes, `-csearch_path=${this.#schema},pg_catalog`))
      } catch {
        client.destroy()
      }
    }
    client.on('data', open)
  }

  #toServer(): Socket {
    const server = connect(addressOf(this.#target))
    this.#sockets.add(server)
    server.on('close', () => this.#sockets.delete(server))
    return server
  }

  /** The request to cancel a statement, which the server does not answer. */
  #pass(client: Socket, bytes: Buffer): void {
    const server = this.#gate.openBehind(() => this.#toServer())
    server.on('error', () => client.destroy())
    server.on('close', () => client.destroy())
    server.end(bytes)
  }

  #begin(client: Socket, startup: Buffer): void {
    const server = this.#gate.openBehind(() => this.#toServer())
    const session: WireSession = new WireSession({
      client,
      server,
      gate: this.#gate,
      onMove: () => this.#moved(),
      onEnd: () => this.#sessions.delete(session),
    })
    this.#sessions.add(session)
    server.write(startup)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    if (!this.#server.listening) return
    await new Promise((closed) => this.#server.close(closed))
  }
}
