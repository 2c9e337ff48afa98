/**
 * What stands between this program and a PostgreSQL server. A pooler may ignore or refuse what a connection
 * asks for when it starts, and may hand every transaction to another session: then a search path that was set
 * once is somebody else's, and what we write lands in their tables. So it is found out first, and each
 * connection is opened in the way that works there.
 *
 * - `direct`: what a connection asks for at its start holds for its session.
 * - `session`: a pooler lends a session for the life of a connection, but drops what was asked at
 *   its start: it is set again.
 * - `transaction`: a pooler lends a session for one transaction. Everything is set inside each transaction,
 *   and nothing that must outlive one (a lock of the session, a temporary table) can work.
 */
import pg from 'pg'
import { codeOf, EngineError, reasonOf } from '../engine-error.ts'
import { adminConfig, clientConfig, type Pooling, type PostgresTarget, printableUrl } from './connection.ts'

/** Of each probe; a pooler that hands sessions out in turn shows it in the first few. */
const ROUNDS = 8
const PROBE_SCHEMA = 'holdfast_probe'

/**
 * Throws an `EngineError` where a pooler lends sessions for single statements, with which no
 * transaction is possible.
 */
export async function probePooling(target: PostgresTarget): Promise<Pooling> {
  const isKept = await keepsStartupSettings(target)
  const session = { ...target, pooling: 'session' } as const
  const clients = [new pg.Client(adminConfig(session)), new pg.Client(adminConfig(session))] as const
  for (const client of clients) client.on('error', () => undefined)
  try {
    for (const client of clients) await client.connect()
    if (await sharesSessions(clients)) return 'transaction'
    return isKept ? 'direct' : 'session'
  } catch (error) {
    if (/transaction blocks not allowed/i.test(reasonOf(error))) {
      throw new EngineError({
        engine: 'postgres',
        problem: 'wrong-server',
        message: `The pooler at ${printableUrl(target)} lends sessions for single statements, so no transaction can be made.`,
        remedy:
          'set pool_mode = session (or transaction) in the pooler, or name the server itself in POSTGRES_URL',
        cause: error,
      })
    }
    throw error
  } finally {
    await Promise.all(clients.map((client) => client.end().catch(() => undefined)))
  }
}

async function keepsStartupSettings(target: PostgresTarget): Promise<boolean> {
  const asked = { applicationName: 'holdfast-admin', schema: PROBE_SCHEMA, statementDeadlineMs: 1_000 }
  const client = new pg.Client(clientConfig({ ...target, pooling: 'direct' }, asked))
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rows } = await client.query<{ path: string; timeout: string }>(
      `select current_setting('search_path') as path, current_setting('statement_timeout') as timeout`,
    )
    return rows[0]?.path === PROBE_SCHEMA && rows[0].timeout === '1s'
  } catch (error) {
    // PgBouncer, unless it is told to ignore them.
    if (codeOf(error) === '08P01' || /unsupported startup parameter/i.test(reasonOf(error))) return false
    throw error
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** Whether two connections are ever served by one session, or one by two: nothing is written to find out. */
async function sharesSessions([one, other]: readonly [pg.Client, pg.Client]): Promise<boolean> {
  const first = await sessionOf(one)
  for (let round = 0; round < ROUNDS; round += 1) {
    await other.query('begin')
    const held = await sessionOf(other)
    const now = await sessionOf(one)
    await other.query('commit')
    if (held === first || now !== first) return true
  }
  return false
}

async function sessionOf(client: pg.ClientBase): Promise<number | undefined> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  return rows[0]?.pid
}

/** Sets a new session of a pool up, and proves that it is ours before anything is written on it. */
export async function claimSession(
  client: pg.ClientBase,
  target: PostgresTarget,
  { schema, settings }: { readonly schema: string; readonly settings: Readonly<Record<string, string>> },
): Promise<void> {
  if (target.pooling === 'session') {
    for (const [name, value] of Object.entries(settings)) {
      await client.query('select set_config($1, $2, false)', [name, value])
    }
  }
  const { rows } = await client.query<{ schema: string | null; pid: number }>(
    'select current_schema() as schema, pg_backend_pid() as pid',
  )
  if (rows[0]?.schema !== schema) {
    throw new EngineError({
      engine: 'postgres',
      problem: 'wrong-server',
      message: `A session of ${printableUrl(target)} works in schema "${rows[0]?.schema ?? 'none'}" instead of "${schema}", so nothing is written on it.`,
      remedy: 'name the server itself in POSTGRES_URL, without a pooler before it',
    })
  }
  // A pooler tells a client a number of its own; audits look for the session that really works.
  if ('processID' in client) client.processID = rows[0].pid
}

type QueryCallback = (error: Error | null | undefined, result: pg.QueryResult) => void

/**
 * A client behind a pooler that lends sessions for one transaction: settings travel with each BEGIN, and a
 * statement outside a transaction gets one of its own. Statements are sent one after another, in the order
 * in which they were asked.
 */
export function transactionScoped(
  settings: Readonly<Record<string, string>>,
): new (
  config?: pg.ClientConfig,
) => pg.Client {
  const setting = Object.entries(settings)
    .map(([name, value]) => `set local ${pg.escapeIdentifier(name)} = ${pg.escapeLiteral(value)}`)
    .join('; ')
  class TransactionScopedClient extends pg.Client {
    #turn: Promise<unknown> = Promise.resolve()

    // The library's overloads cannot be repeated here: it accepts a text or an object,
    // values, and a callback or none.
    // biome-ignore lint/suspicious/noExplicitAny: the types of the overridden method
    override query(...asked: any[]): any {
      const callback: unknown = typeof asked.at(-1) === 'function' ? asked.pop() : undefined
      const answer = this.#turn.then(() => this.#scoped(asked))
      this.#turn = answer.catch(() => undefined)
      if (callback === undefined) return answer
      const call = callback as QueryCallback
      answer.then(
        (result) => call(null, result),
        (error: Error) => call(error, undefined as unknown as pg.QueryResult),
      )
      return undefined
    }

    async #scoped(asked: readonly unknown[]): Promise<pg.QueryResult> {
      const send = (...statement: readonly unknown[]): Promise<pg.QueryResult> =>
        Reflect.apply(super.query, this, statement) as Promise<pg.QueryResult>
      const text = textOf(asked[0])
      if (this.getTransactionStatus() !== 'I') return await send(...asked)
      if (ENDS.test(text)) return await send(...asked)
      if (BEGINS.test(text)) return await send(`${text.replace(/;\s*$/, '')}; ${setting}`)
      await send(`begin; ${setting}`)
      try {
        const result = await send(...asked)
        await send('commit')
        return result
      } catch (error) {
        await send('rollback').catch(() => undefined)
        throw error
      }
    }
  }
  return TransactionScopedClient as new (
    config?: pg.ClientConfig,
  ) => pg.Client
}

const BEGINS = /^\s*(begin|start\s+transaction)\b/i
const ENDS = /^\s*(commit|rollback|end|abort)\b/i

function textOf(asked: unknown): string {
  if (typeof asked === 'string') return asked
  return typeof asked === 'object' && asked !== null && 'text' in asked ? String(asked.text) : ''
}
