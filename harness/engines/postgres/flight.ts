/**
 * One message to the server and its answer: a statement, perhaps with the BEGIN before it and the COMMIT
 * after it, by name where it is prepared.
 *
 * Everything is followed by a single Sync. After an error the server skips everything up to it: where BEGIN
 * fails, the statement does not run outside a transaction, and where the statement fails, nothing is
 * committed. (The library's pipeline mode sends a Sync after every statement, so that the next would run all
 * the same.)
 */
import pg from 'pg'
import { type AnswerColumns, columnsOf, NO_COLUMNS, type Row, rowOf } from './columns.ts'
import { isPreparable, type Statement } from './statement.ts'
import type { PreparedName, StatementNames } from './statement-names.ts'

export type Answered = (error: Error | null | undefined, result: pg.QueryResult) => void

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
const NO_VALUES: readonly unknown[] = []

/**
 * What the library calls on a query that it sends, in this order: `submit`, then what the server answers. It
 * reads rows as the library does, but a prepared statement describes its columns only once: were they others
 * later, the server would refuse the statement as outdated.
 */
export class Flight implements pg.Submittable {
  readonly #statement: Statement
  readonly #names: StatementNames | undefined
  readonly #onSubmit: (flight: Flight) => boolean
  readonly #onlyOutside: Error | undefined
  /** Prepared with this flight, in the order of the server's confirmations. */
  readonly #preparing: (PreparedName | undefined)[] = []
  readonly #rows: Row[] = []
  #columns: AnswerColumns = NO_COLUMNS
  #begins: boolean
  #completed: string | undefined
  #failure: Error | undefined
  /** Replaced by the library, which adds its time limit. */
  callback: Answered
  /** Those that it was sent by. */
  readonly used: PreparedName[] = []
  #own: PreparedName | undefined
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
    this.#statement = statement
    this.#names = of.names
    this.#onSubmit = of.onSubmit
    this.#onlyOutside = of.onlyOutside
    this.#begins = statement.begin !== undefined
    this.callback = of.answered
  }

  /** Called by the library when the connection is free. An error: nothing was sent. */
  submit({ stream }: pg.Connection): Error | null {
    this.wasInTransaction = this.#onSubmit(this)
    if (this.#onlyOutside !== undefined && this.wasInTransaction) return this.#onlyOutside
    // The end of the connection, which fails it, is already on its way.
    if (!stream.writable) return null
    const { begin, text, values, commits = false } = this.#statement
    try {
      for (const name of this.#names?.takeUnwanted() ?? []) outbox.close({ type: 'S', name })
      if (begin !== undefined) this.#put(begin, NO_VALUES)
      this.#putOwn(text, values)
      if (commits) this.#put('commit', NO_VALUES)
      outbox.sync()
      stream.write(parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts))
      return null
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error))
    } finally {
      parts.length = 0
    }
  }

  /** BEGIN and COMMIT answer nothing. */
  #put(text: string, values: readonly unknown[]): void {
    this.#bind(text, values, this.#names?.of(text))
    outbox.execute({})
  }

  #putOwn(text: string, values: readonly unknown[]): void {
    const names = this.#names
    this.#own = names && (names.has(text) || isPreparable(text)) ? names.of(text) : undefined
    this.#bind(text, values, this.#own)
    if (this.#own?.columns === undefined) outbox.describe({ type: 'P' })
    else this.#columns = this.#own.columns
    outbox.execute({})
  }

  #bind(text: string, values: readonly unknown[], known: PreparedName | undefined): void {
    if (known !== undefined) this.used.push(known)
    const statement = known?.name ?? UNNAMED
    if (known?.isPrepared !== true) {
      outbox.parse({ name: statement, text })
      this.#preparing.push(known)
    }
    outbox.bind({ statement, values, valueMapper: prepareValue })
  }

  /** The server has confirmed the next text. */
  prepared(): void {
    const known = this.#preparing.shift()
    if (known !== undefined) known.isPrepared = true
  }

  handleRowDescription({ fields }: { readonly fields: readonly pg.FieldDef[] }): void {
    this.#columns = columnsOf(fields)
  }

  handleDataRow({ fields: values }: { readonly fields: readonly (string | null)[] }): void {
    if (this.#failure !== undefined) return
    try {
      this.#rows.push(rowOf(this.#columns, values))
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error))
    }
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    if (this.#begins) {
      this.#begins = false
    } else if (this.#completed === undefined) {
      this.#completed = text
      if (this.#own !== undefined) this.#own.columns = this.#columns
    } else if (text !== 'COMMIT') {
      this.#failure = new Error(`COMMIT was answered ${text}`)
    }
  }

  handleEmptyQuery(): void {
    this.#completed = ''
  }

  handleCopyInResponse(connection: pg.Connection): void {
    ;(connection as unknown as { sendCopyFail(why: string): void }).sendCopyFail('nothing is copied here')
  }

  handleCopyData(): void {}

  handlePortalSuspended(): void {}

  handleError(error: Error): void {
    this.callback(error, undefined as unknown as pg.QueryResult)
  }

  handleReadyForQuery(): void {
    if (this.#failure !== undefined) {
      this.handleError(this.#failure)
      return
    }
    const [command = '', ...counts] = (this.#completed ?? '').split(' ')
    this.callback(null, {
      command,
      rowCount: counts.length === 0 ? null : Number(counts.at(-1)),
      oid: counts.length < 2 ? (null as unknown as number) : Number(counts[0]),
      fields: this.#columns.fields as pg.FieldDef[],
      rows: this.#rows,
    })
  }
}
