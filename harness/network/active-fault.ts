/** A fault that is in force at one proxy, what it does to bytes on their way, and what it struck. */
import type { NetworkFault, Struck, Toward } from './conditions.ts'
import type { Connection } from './connection.ts'

/** What becomes of bytes that arrived at the proxy. */
export type Fate = 'passes' | 'is swallowed' | 'is swallowed and cut'

/** What faults see of a proxy. */
export interface OpenConnections {
  all(): Iterable<Connection>
}

export class ActiveFault {
  readonly fault: NetworkFault
  readonly #on: OpenConnections
  /** Not kept for their own sake: a connection that is over is forgotten with the fault. */
  readonly #struck = new WeakSet<Connection>()
  /** Those that must be reset when the fault is healed. */
  readonly #damaged = new Set<Connection>()
  /** Those whose next answer is lost. */
  readonly #awaiting = new Set<Connection>()
  /** Those whose requests are kept. */
  readonly #kept = new Set<Connection>()
  #timesLeft: number
  #connections = 0
  #bytes = 0
  #messages = 0

  constructor(fault: NetworkFault, on: OpenConnections) {
    this.fault = fault
    this.#on = on
    this.#timesLeft = 'times' in fault ? fault.times : 0
    const open = [...on.all()]
    if (fault.kind === 'cut') for (const each of open) this.#cut(each)
    if (fault.kind === 'half-open') {
      for (const each of open) {
        this.#strike(each)
        this.#damaged.add(each)
        each.lose(fault.gone)
      }
    }
    for (const each of open) this.opened(each)
  }

  /** Applies it to a connection that is new, or was there before. */
  opened(connection: Connection): void {
    if (this.fault.kind !== 'stall') return
    for (const toward of directions(this.fault.toward)) connection.keep(toward, true)
  }

  /** Whether a new connection is reset at once. */
  refuses(): boolean {
    if (this.fault.kind !== 'refuse') return false
    this.#connections += 1
    return true
  }

  fateOf(connection: Connection, toward: Toward, bytes: Buffer): Fate {
    const { fault } = this
    switch (fault.kind) {
      case 'black-hole':
        if (!directions(fault.toward).includes(toward)) return 'passes'
        this.#strike(connection, bytes.length)
        this.#damaged.add(connection)
        return 'is swallowed'
      case 'stall':
        // The pipe keeps them.
        if (directions(fault.toward).includes(toward)) this.#strike(connection, bytes.length)
        return 'passes'
      case 'hold-back':
        return this.#fateOfHeldBack(connection, toward, bytes, fault.containing)
      case 'lost-request':
        return this.#fateOfRequest(connection, toward, bytes, fault.containing)
      case 'lost-answer':
        return this.#fateOfAnswer(connection, toward, bytes, fault.containing)
      default:
        return 'passes'
    }
  }

  /** An end that is gone is told to the other one when the fault is healed. */
  hides(connection: Connection, toward: Toward, what: 'end' | 'reset'): boolean {
    const { fault } = this
    // A stalled pipe keeps an orderly end, as it keeps bytes.
    const isHidden = fault.kind === 'black-hole' || (fault.kind === 'stall' && what === 'reset')
    if (!isHidden || !directions(fault.toward).includes(toward)) return false
    this.#strike(connection)
    this.#damaged.add(connection)
    return true
  }

  /** The pipe keeps them, from this request on. */
  #fateOfHeldBack(connection: Connection, toward: Toward, bytes: Buffer, text: string | undefined): Fate {
    if (toward !== 'server') return 'passes'
    if (this.#kept.has(connection)) this.#strike(connection, bytes.length)
    else if (this.#timesLeft > 0 && stands(text, bytes)) {
      this.#timesLeft -= 1
      this.#messages += 1
      this.#strike(connection, bytes.length)
      this.#kept.add(connection)
      connection.keep('server', true)
    }
    return 'passes'
  }

  #fateOfRequest(connection: Connection, toward: Toward, bytes: Buffer, text: string | undefined): Fate {
    if (toward !== 'server' || this.#timesLeft === 0 || !stands(text, bytes)) return 'passes'
    this.#timesLeft -= 1
    this.#messages += 1
    this.#strike(connection, bytes.length)
    return 'is swallowed and cut'
  }

  #fateOfAnswer(connection: Connection, toward: Toward, bytes: Buffer, text: string | undefined): Fate {
    if (toward === 'server') {
      if (this.#timesLeft > 0 && !this.#awaiting.has(connection) && stands(text, bytes)) {
        this.#timesLeft -= 1
        this.#awaiting.add(connection)
      }
      return 'passes'
    }
    if (!this.#awaiting.delete(connection)) return 'passes'
    this.#messages += 1
    this.#strike(connection, bytes.length)
    return 'is swallowed and cut'
  }

  /** It is over: nothing of it can be healed any more. */
  over(connection: Connection): void {
    this.#damaged.delete(connection)
    this.#awaiting.delete(connection)
    this.#kept.delete(connection)
  }

  /** Undone as far as it can be: a connection that is broken stays broken, and is told so. */
  heal(): void {
    for (const each of [...this.#damaged]) each.reset()
    this.#damaged.clear()
    this.#awaiting.clear()
    for (const each of this.#kept) each.keep('server', false)
    this.#kept.clear()
    if (this.fault.kind !== 'stall') return
    for (const each of this.#on.all())
      for (const toward of directions(this.fault.toward)) each.keep(toward, false)
  }

  struck(): Struck {
    return { connections: this.#connections, bytes: this.#bytes, messages: this.#messages }
  }

  #cut(connection: Connection): void {
    this.#strike(connection)
    connection.reset()
  }

  #strike(connection: Connection, bytes = 0): void {
    this.#bytes += bytes
    if (this.#struck.has(connection)) return
    this.#struck.add(connection)
    this.#connections += 1
  }
}

function directions(toward: Toward | 'both'): readonly Toward[] {
  return toward === 'both' ? ['client', 'server'] : [toward]
}

function stands(text: string | undefined, bytes: Buffer): boolean {
  return text === undefined || bytes.includes(text)
}
