/**
 * A proxy before one server, as it works in its thread: it accepts connections on a port of the loopback
 * interface, and opens one to the server for each.
 */
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { ActiveFault } from './active-fault.ts'
import type { Address, Conditions, NetworkFault, Passed, ProxyAddress, Struck, Toward } from './conditions.ts'
import { Connection } from './connection.ts'
import type { DelayLine } from './delay-line.ts'
import { Link } from './link.ts'

const HOST = '127.0.0.1'
/** More than any of the clients wait for themselves. */
const CONNECT_DEADLINE_MS = 10_000
/** Far more than a pool or a set of clients opens at once. */
const BACKLOG = 1_024

export class Relay {
  readonly #line: DelayLine
  readonly #links: Readonly<Record<Toward, Link>>
  readonly #server: Server
  readonly #open = new Set<Connection>()
  readonly #faults = new Map<number, ActiveFault>()
  #to: Address
  #connections = 0
  #unreachable = 0
  /** Of connections that are over. */
  readonly #passed = { server: 0, client: 0 }

  private constructor(to: Address, line: DelayLine) {
    this.#to = to
    this.#line = line
    this.#links = { server: new Link({ isDelayed: false }), client: new Link({ isDelayed: true }) }
    // Half-open: one end may have sent everything, and still wait for an answer.
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (client) =>
      this.#accept(client),
    )
  }

  /** Rejects if no port can be listened on. */
  static async open(to: Address, conditions: Conditions, line: DelayLine): Promise<Relay> {
    const relay = new Relay(to, line)
    relay.set(conditions)
    relay.#server.listen({ host: HOST, port: 0, backlog: BACKLOG })
    await once(relay.#server, 'listening')
    return relay
  }

  address(): ProxyAddress {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the proxy does not listen')
    return { host: HOST, port: address.port }
  }

  set(conditions: Conditions): void {
    for (const link of Object.values(this.#links)) link.set(conditions)
  }

  /** For connections that are opened from now on. */
  retarget(to: Address): void {
    this.#to = to
  }

  inflict(id: number, fault: NetworkFault): void {
    this.#faults.set(id, new ActiveFault(fault, { all: () => this.#open }))
  }

  struck(id: number): Struck {
    return this.#fault(id).struck()
  }

  /** What it struck until then; the fault is forgotten. */
  heal(id: number): Struck {
    const fault = this.#fault(id)
    this.#faults.delete(id)
    fault.heal()
    // Another one may keep what this one kept.
    for (const other of this.#faults.values()) for (const each of this.#open) other.opened(each)
    return fault.struck()
  }

  passed(): Passed {
    const bytes = (toward: Toward) =>
      [...this.#open].reduce((sum, each) => sum + each.passedBytes(toward), this.#passed[toward])
    return {
      connections: this.#connections,
      open: this.#open.size,
      unreachable: this.#unreachable,
      bytesToServer: bytes('server'),
      bytesToClient: bytes('client'),
    }
  }

  /** Resets every connection. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    for (const each of [...this.#open]) each.reset()
    await closed
  }

  #fault(id: number): ActiveFault {
    const fault = this.#faults.get(id)
    if (fault === undefined) throw new Error('the fault is healed already')
    return fault
  }

  #accept(client: Socket): void {
    client.on('error', () => undefined)
    for (const fault of this.#faults.values()) {
      if (!fault.refuses()) continue
      client.resetAndDestroy()
      return
    }
    this.#connections += 1
    const connection = new Connection({
      client,
      server: connect({ ...this.#to, allowHalfOpen: true }),
      links: this.#links,
      line: this.#line,
      connectDeadlineMs: CONNECT_DEADLINE_MS,
      onConnected: (each) => {
        for (const fault of this.#faults.values()) fault.opened(each)
      },
      hides: (each, toward, what) => {
        const active = [...this.#faults.values()]
        return active.some((fault) => fault.hides(each, toward, what))
      },
      onBytes: (each, toward, bytes) => this.#forward(each, toward, bytes),
      onOver: (each, wasConnected) => this.#forget(each, wasConnected),
    })
    this.#open.add(connection)
  }

  #forward(connection: Connection, toward: Toward, bytes: Buffer): void {
    for (const fault of this.#faults.values()) {
      const fate = fault.fateOf(connection, toward, bytes)
      if (fate === 'passes') continue
      if (fate === 'is swallowed and cut') connection.reset()
      return
    }
    connection.send(toward, bytes)
  }

  #forget(connection: Connection, wasConnected: boolean): void {
    this.#open.delete(connection)
    for (const toward of ['server', 'client'] as const) this.#passed[toward] += connection.passedBytes(toward)
    if (!wasConnected) this.#unreachable += 1
    for (const fault of this.#faults.values()) fault.over(connection)
  }
}
