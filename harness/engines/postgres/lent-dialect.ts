/**
 * The dialect of the Kysely instances that strategies receive. It saves round trips where nobody can tell:
 *
 * - BEGIN is sent with the first statement of a transaction. By itself it takes no snapshot and no lock, so
 *   nothing is different from when it was asked for. A transaction that ends before its first statement is
 *   never begun.
 * - COMMIT is sent with a statement that is marked as the last one (`endsTransaction`, which the ledgers set
 *   where no answer decides whether to commit).
 */
import {
  type CompiledQuery,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect,
  type DialectAdapter,
  type Driver,
  type Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  type QueryCompiler,
  type QueryResult,
  type TransactionSettings,
} from 'kysely'
import { CompileOnce } from './compile-once.ts'
import type { Statement } from './statement.ts'

/** A pool, or what stands between it and a strategy. */
export interface LendingPool {
  connect(): Promise<StatementClient>
}

export interface StatementClient {
  query(statement: Statement): Promise<unknown>
  release(): void
}

export class LentDialect implements Dialect {
  readonly #pool: LendingPool

  constructor(pool: LendingPool) {
    this.#pool = pool
  }

  createDriver(): Driver {
    return new LentDriver(this.#pool)
  }

  createQueryCompiler(): QueryCompiler {
    return new CompileOnce()
  }

  createAdapter(): DialectAdapter {
    return new PostgresAdapter()
  }

  // biome-ignore lint/suspicious/noExplicitAny: the type of the interface
  createIntrospector(db: Kysely<any>): DatabaseIntrospector {
    return new PostgresIntrospector(db)
  }
}

/** It never ends the pool, which the code that opened it closes. */
class LentDriver implements Driver {
  readonly #pool: LendingPool
  readonly #connections = new WeakMap<StatementClient, LentConnection>()

  constructor(pool: LendingPool) {
    this.#pool = pool
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    const client = await this.#pool.connect()
    let connection = this.#connections.get(client)
    if (connection === undefined) {
      connection = new LentConnection(client)
      this.#connections.set(client, connection)
    }
    return connection
  }

  async beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    const { isolationLevel, accessMode } = settings
    const modes = [
      ...(isolationLevel === undefined ? [] : [`isolation level ${isolationLevel}`]),
      ...(accessMode === undefined ? [] : [accessMode]),
    ]
    lent(connection).begin(modes.length === 0 ? 'begin' : `start transaction ${modes.join(' ')}`)
  }

  commitTransaction(connection: DatabaseConnection): Promise<void> {
    return lent(connection).commit()
  }

  rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    return lent(connection).rollback()
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    lent(connection).release()
  }

  async destroy(): Promise<void> {}
}

function lent(connection: DatabaseConnection): LentConnection {
  if (connection instanceof LentConnection) return connection
  throw new TypeError('this connection is another dialect’s')
}

/**
 * `begun`: BEGIN has not been sent. `beginning`: it is under way with the first statement. `failed`: that
 * statement failed, perhaps because BEGIN did. `ended`: COMMIT went with the last statement.
 */
type Transaction =
  | { readonly kind: 'none' | 'open' | 'failed' | 'ended' }
  | { readonly kind: 'begun'; readonly begin: string }
  | { readonly kind: 'beginning'; readonly first: Promise<unknown> }

class LentConnection implements DatabaseConnection {
  readonly #client: StatementClient
  #transaction: Transaction = { kind: 'none' }

  constructor(client: StatementClient) {
    this.#client = client
  }

  begin(begin: string): void {
    this.#transaction = { kind: 'begun', begin }
  }

  async executeQuery<Row>(compiled: CompiledQuery): Promise<QueryResult<Row>> {
    const { command, rowCount, rows } = await this.#sent(compiled)
    const isChange = CHANGES.has(command)
    return {
      ...(isChange && { numAffectedRows: BigInt(rowCount ?? 0) }),
      rows: (rows ?? []) as Row[],
    }
  }

  // biome-ignore lint/correctness/useYield: nothing here is streamed
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('the connections that strategies receive stream no rows')
  }

  async #sent(compiled: CompiledQuery): Promise<LibraryAnswer> {
    // Nothing of a transaction may be sent before it is certain that it has begun.
    if (this.#transaction.kind === 'beginning') await this.#transaction.first.catch(() => undefined)
    const { sql: text, parameters: values } = compiled
    const commits = 'endsTransaction' in compiled && compiled.endsTransaction === true
    const now = this.#transaction
    switch (now.kind) {
      case 'none':
        return (await this.#client.query({ text, values })) as LibraryAnswer
      case 'failed':
        throw Object.assign(
          new Error('the first statement of this transaction failed: only ROLLBACK is left'),
          {
            code: IN_FAILED_TRANSACTION,
          },
        )
      case 'ended':
        throw new Error('COMMIT went with the statement that was marked as the last one of this transaction')
      case 'begun':
        return (await this.#first({
          text,
          values,
          begin: now.begin,
          ...(commits && { commits }),
        })) as LibraryAnswer
      case 'open':
      case 'beginning': {
        const answer = await this.#client.query(commits ? { text, values, commits } : { text, values })
        if (commits) this.#transaction = { kind: 'ended' }
        return answer as LibraryAnswer
      }
    }
  }

  async #first(statement: Statement): Promise<unknown> {
    const first = this.#client.query(statement)
    this.#transaction = { kind: 'beginning', first }
    try {
      const answer = await first
      this.#transaction = { kind: statement.commits === true ? 'ended' : 'open' }
      return answer
    } catch (error) {
      this.#transaction = { kind: 'failed' }
      throw error
    }
  }

  async commit(): Promise<void> {
    const { kind } = this.#transaction
    if (kind === 'begun' || kind === 'ended') {
      this.#transaction = { kind: 'none' }
      return
    }
    await this.#end('commit')
  }

  async rollback(): Promise<void> {
    const { kind } = this.#transaction
    if (kind === 'ended') throw new Error('COMMIT went with the last statement of this transaction')
    if (kind === 'begun') {
      this.#transaction = { kind: 'none' }
      return
    }
    await this.#end('rollback')
  }

  /** A transaction that failed may have failed to begin: then this is a warning. */
  async #end(text: 'commit' | 'rollback'): Promise<void> {
    if (this.#transaction.kind === 'beginning') await this.#transaction.first.catch(() => undefined)
    await this.#client.query({ text, values: [] })
    this.#transaction = { kind: 'none' }
  }

  /** What was left unended on it is not this connection's to end: it is found, and told, as left open. */
  release(): void {
    this.#transaction = { kind: 'none' }
    this.#client.release()
  }
}

const IN_FAILED_TRANSACTION = '25P02'
const CHANGES: ReadonlySet<string> = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE'])

interface LibraryAnswer {
  readonly command: string
  readonly rowCount: number | null
  readonly rows?: readonly unknown[]
}
