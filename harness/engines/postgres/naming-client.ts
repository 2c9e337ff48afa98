/**
 * A connection that prepares what it is asked for: each text once, for any user of the connection, so that a
 * strategy, a user's file and a program beside them differ in their statements alone.
 *
 * A prepared statement can be lost (DISCARD ALL, DEALLOCATE, a pooler) or outdated (a column was changed).
 * The server then says so before it executes anything. Outside a transaction, and for the first statement of
 * one, the text is prepared again and sent once more. Inside a transaction, which has failed by then, that is
 * told in one sentence, and the next transaction prepares it again.
 */
import pg from 'pg'
import { codeOf } from '../engine-error.ts'
import { type Answered, Flight } from './flight.ts'
import { isPreparable, type Statement } from './statement.ts'
import { StatementNames } from './statement-names.ts'

const NO_SUCH_STATEMENT = '26000'
const STATEMENT_EXISTS = '42P05'
const NOT_SUPPORTED = '0A000'

export type ClientClass = new (config?: pg.ClientConfig) => pg.Client

/** `isPreparing`: if not, statements are sent whole, and travel with BEGIN and COMMIT all the same. */
export function namingClient(isPreparing: boolean): ClientClass {
  class NamingClient extends pg.Client {
    readonly #names = isPreparing ? new StatementNames() : undefined
    #flight: Flight | undefined

    constructor(config?: pg.ClientConfig) {
      super(config)
      this.connection.on('parseComplete', () => this.#flight?.prepared())
    }

    // The library's overloads cannot be repeated here: it accepts a text or an object,
    // values, and a callback or none.
    // biome-ignore lint/suspicious/noExplicitAny: the types of the overridden method
    override query(...asked: any[]): any {
      const statement = this.#statementOf(asked)
      if (statement === undefined) return Reflect.apply(super.query, this, asked)
      const callback: unknown = asked.at(-1)
      if (typeof callback === 'function') {
        this.#send(statement, undefined, callback as Answered)
        return undefined
      }
      return new Promise((resolve, reject) => {
        this.#send(statement, undefined, (error, result) => (error ? reject(error) : resolve(result)))
      })
    }

    /**
     * Undefined for what the library sends by itself: plain texts, statements that somebody else has named.
     */
    #statementOf([first, values]: readonly unknown[]): Statement | undefined {
      if (typeof first === 'string') {
        return this.#isNamed(first) ? { text: first, values: Array.isArray(values) ? values : [] } : undefined
      }
      if (!isOurs(first)) return undefined
      return first.begin !== undefined || first.commits === true || this.#isNamed(first.text)
        ? first
        : undefined
    }

    #isNamed(text: string): boolean {
      return this.#names !== undefined && (this.#names.has(text) || isPreparable(text))
    }

    /** `before`: the error of the first time, if this is the second. */
    #send(statement: Statement, before: Error | undefined, answered: Answered): void {
      const flight = new Flight(statement, {
        names: this.#names,
        onSubmit: (sent) => {
          this.#flight = sent
          return this.getTransactionStatus() !== 'I'
        },
        onlyOutside: before,
        answered: (error, result) => {
          this.#flight = undefined
          if (!error || !this.#hasOutdated(flight, error)) return answered(error, result)
          if (flight.wasInTransaction || before !== undefined) return answered(told(error), result)
          const again = () => this.#send(statement, error, answered)
          if (statement.begin === undefined) return again()
          // The BEGIN before it may have succeeded.
          void super.query('rollback', (failed: Error | null) => (failed ? answered(error, result) : again()))
        },
      })
      super.query(flight as unknown as pg.Submittable)
    }

    /** Whether it failed on a prepared statement, which is then forgotten. */
    #hasOutdated({ used }: Flight, error: Error): boolean {
      if (used.length === 0) return false
      if (isOutdated(error)) {
        for (const known of used) this.#names?.forget(known)
        return true
      }
      const code = codeOf(error)
      if (code !== NO_SUCH_STATEMENT && code !== STATEMENT_EXISTS) return false
      this.#names?.forgetAll()
      return true
    }
  }
  return NamingClient as ClientClass
}

function isOutdated(error: Error): boolean {
  if (codeOf(error) !== NOT_SUPPORTED) return false
  const { routine } = error as { readonly routine?: unknown }
  return routine === 'RevalidateCachedQuery' || /cached plan/i.test(error.message)
}

/** The same error, for a reader. */
function told(error: Error): Error {
  const why = isOutdated(error)
    ? 'a table was changed while a statement on it was prepared'
    : 'a prepared statement was gone from its session (DISCARD ALL, or a pooler that POSTGRES_PREPARED=off suits)'
  error.message = `${why}, so the transaction had no effect, and the next one prepares it again: ${error.message}`
  return error
}

const OURS: ReadonlySet<string> = new Set(['text', 'values', 'begin', 'commits'])

function isOurs(asked: unknown): asked is Statement {
  return (
    typeof asked === 'object' &&
    asked !== null &&
    'text' in asked &&
    'values' in asked &&
    Array.isArray(asked.values) &&
    Object.keys(asked).every((key) => OURS.has(key))
  )
}
