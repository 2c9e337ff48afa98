/**
 * One message to the server and its answer: a statement, perhaps with the BEGIN before it and the COMMIT after
 * it, by name where it is prepared.
 *
 * Everything is followed by a single Sync. After an error the server skips everything up to it: where BEGIN
 * fails, the statement does not run outside a transaction, and where the statement fails, nothing is committed.
 * (The library's pipeline mode sends a Sync after every statement, so that the next would run all the same.)
 */
import pg from 'pg'
import { isPreparable, type Statement } from './statement.ts'
import type { PreparedName, StatementNames } from './statement-names.ts'

export type Answered = (error: Error | null | undefined, result: pg.QueryResult) => void

/** What the library asks of a query that it sends; its types name only a part of it. */
interface LibraryQuery {
  callback: Answered
  handleCommandComplete(message: { readonly text: string }, connection: pg.Connection): void
  handleError(error: Error, connection: pg.Connection): void
  _canceledDueToError: Error | false
}

const LibraryQuery = pg.Query as unknown as new (config: { readonly text: string }) => LibraryQuery

/** The library's messages, collected, so that one write sends them all. */
interface Outbox {
  parse(message: { readonly name: string; readonly text: string }): void
  bind(message: {
    readonly statement: string
    readonly values: readonly unknown[]
    readonly valueMapper: (value: unknown) => unknown
  }): void
  describe(message: { readonly type: 'P' }): void
  execute(message: object): void
  close(message: { readonly type: 'S'; readonly name: string }): void
  sync(): void
}

const parts: Uint8Array[] = []
const outbox = new pg.Connection({
  stream: { writable: true, write: (part: Uint8Array) => parts.push(part) },
} as unknown as pg.ConnectionConfig) as unknown as Outbox
const { prepareValue } = (pg as unknown as { utils: { prepareValue(value: unknown): unknown } }).utils

const UNNAMED = ''

export class Flight extends LibraryQuery {
  readonly #statement: Statement
  readonly #names: StatementNames | undefined
  readonly #onSubmit: (flight: Flight) => boolean
  /** Prepared with this flight, in the order of the server's confirmations. */
  readonly #preparing: (PreparedName | undefined)[] = []
  readonly #onlyOutside: Error | undefined
  #begins: boolean
  #isDone: boolean = false
  /** Those that it was sent by. */
  readonly used: PreparedName[] = []
  /** Whether a transaction was open when it was sent. */
  wasInTransaction: boolean = false

  /**
   * `names`: undefined where nothing is prepared. `onSubmit`: called when its turn has come; says whether a
   * transaction is open. `onlyOutside`: it is sent a second time, and fails with this error instead if a
   * transaction has begun meanwhile, which it would become a part of.
   */
  constructor(
    statement: Statement,
    of: {
      readonly names: StatementNames | undefined
      readonly onSubmit: (flight: Flight) => boolean
      readonly onlyOutside: Error | undefined
      readonly answered: Answered
    },
  ) {
    super({ text: statement.text })
    this.#statement = statement
    this.#names = of.names
    this.#onSubmit = of.onSubmit
    this.#onlyOutside = of.onlyOutside
    this.#begins = statement.begin !== undefined
    this.callback = of.answered
  }

  /** Called by the library when the connection is free. */
  submit({ stream }: pg.Connection): Error | null {
    this.wasInTransaction = this.#onSubmit(this)
    if (this.#onlyOutside !== undefined && this.wasInTransaction) return this.#onlyOutside
    const { begin, text, values, commits = false } = this.#statement
    try {
      for (const name of this.#names?.takeUnwanted() ?? []) outbox.close({ type: 'S', name })
      if (begin !== undefined) this.#put(begin, [], false)
      this.#put(text, values, true)
      if (commits) this.#put('commit', [], false)
      outbox.sync()
      // The end of the connection, which fails it, is already on its way.
      if (!stream.writable) return null
      stream.write(parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts))
      return null
    } catch (error) {
      // A value that cannot be written down: nothing was sent.
      return error instanceof Error ? error : new Error(String(error))
    } finally {
      parts.length = 0
    }
  }

  #put(text: string, values: readonly unknown[], isAnswered: boolean): void {
    const names = this.#names
    const known = names && (!isAnswered || names.has(text) || isPreparable(text)) ? names.of(text) : undefined
    if (known !== undefined) this.used.push(known)
    const statement = known?.name ?? UNNAMED
    if (known?.isPrepared !== true) {
      outbox.parse({ name: statement, text })
      this.#preparing.push(known)
    }
    outbox.bind({ statement, values, valueMapper: prepareValue })
    if (isAnswered) outbox.describe({ type: 'P' })
    outbox.execute({})
  }

  /** The server has confirmed the next text. */
  prepared(): void {
    const known = this.#preparing.shift()
    if (known !== undefined) known.isPrepared = true
  }

  override handleCommandComplete(message: { readonly text: string }, connection: pg.Connection): void {
    if (this.#begins) {
      this.#begins = false
    } else if (!this.#isDone) {
      this.#isDone = true
      super.handleCommandComplete(message, connection)
    } else if (message.text !== 'COMMIT') {
      this._canceledDueToError = new Error(`COMMIT was answered ${message.text}`)
    }
  }
}
