/**
 * Detects a pooler between this program and a PostgreSQL server. A pooler may ignore or refuse settings that
 * a connection sends at its start, and may assign every transaction to another session: then a search path
 * that was set once applies to another user, and our writes land in another user's tables. So the pooler is
 * detected first, and each connection is opened in the way that works there.
 *
 * - `direct`: settings sent at a connection's start hold for its session.
 * - `session`: a pooler lends a session for the life of a connection, but drops the settings sent at its
 *   start: they are set again.
 * - `transaction`: a pooler lends a session for one transaction. Everything is set inside each transaction,
 *   and state that must outlive one (a session lock, a temporary table) cannot work.
 */
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { codeOf, EngineError, reasonOf } from '../engine-error.ts'
import {
  ADMIN_SESSION,
  adminConfig,
  clientConfig,
  type Pooling,
  type PostgresTarget,
  printableUrl,
} from './connection.ts'
import type { ClientClass } from './naming-client.ts'
import {
  type NamedSettings,
  sessionSettings,
  settableThere,
  settingsOverridden,
  transactionSettings,
} from './session.ts'
import type { Statement } from './statement.ts'

/** The number of probes; a pooler that rotates sessions shows it in the first few. */
const ROUNDS = 8
const PROBE_SCHEMA = 'holdfast_probe'

/** What is known about a server before any other request is sent to it. */
export interface Surroundings {
  readonly pooling: Pooling
  /** Whether a statement that a connection has prepared is there whichever session serves it. */
  readonly prepares: boolean
  /** Settings of the experiment that a session can set there, by name. */
  readonly sets: readonly string[]
  /** Settings of the experiment that differ from a session's settings there, one clause each. */
  readonly overridden: readonly string[]
}

/**
 * Throws an `EngineError` if a pooler lends sessions for single statements, which makes transactions
 * impossible.
 */
export async function probeSurroundings(target: PostgresTarget): Promise<Surroundings> {
  const bare = { ...target, pooling: 'session' } as const
  const { sets, overridden } = await withClient(bare, async (client) => ({
    sets: await settableThere(client),
    overridden: await settingsOverridden(client),
  }))
  const isKept = await keepsStartupSettings({ ...target, sets })
  // If settings at the start are kept, a role's own timeouts do not end anything.
  const session = isKept ? { ...target, sets } : bare
  const clients = [new pg.Client(adminConfig(session)), new pg.Client(adminConfig(session))] as const
  for (const client of clients) client.on('error', () => undefined)
  try {
    for (const client of clients) await client.connect()
    const isShared = await sharesSessions(clients, sets)
    const prepares = !isShared || (await keepsPrepared(clients, sets))
    const pooling = isShared ? 'transaction' : isKept ? 'direct' : 'session'
    return { pooling, prepares, sets, overridden }
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
    // PgBouncer, unless it is configured to ignore them.
    if (codeOf(error) === '08P01') return false
    if (/unsupported startup parameter/i.test(reasonOf(error))) return false
    throw error
  } finally {
    await client.end().catch(() => undefined)
  }
}

async function withClient<T>(target: PostgresTarget, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(adminConfig(target))
  client.on('error', () => undefined)
  try {
    await client.connect()
    return await use(client)
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** Whether two connections are ever served by one session, or one by two; found out without writing. */
async function sharesSessions(
  [one, other]: readonly [pg.Client, pg.Client],
  sets: readonly string[],
): Promise<boolean> {
  const first = await sessionOf(one)
  for (let round = 0; round < ROUNDS; round += 1) {
    await other.query(beginHolding(sets))
    const held = await sessionOf(other)
    const now = await sessionOf(one)
    await other.query('commit')
    if (held === first || now !== first) return true
  }
  return false
}

/** In one message: a role may be given no time for a transaction, or to be idle in it. */
function beginHolding(sets: readonly string[]): string {
  const ended = Object.entries(transactionSettings(sessionSettings(ADMIN_SESSION, sets)))
    .filter(([name]) => name.endsWith('_timeout'))
    .map(([name, value]) => `set local ${name} = ${value}`)
  return ['begin', ...ended].join('; ')
}

/**
 * Whether the pooler prepares a statement again on each session that it lends (PgBouncer since 1.21, with
 * max_prepared_statements). Only a session that is not the one that prepared it can show that; where the
 * pooler lends no other, it is not proven, and nothing is prepared.
 */
async function keepsPrepared(
  [one, other]: readonly [pg.Client, pg.Client],
  sets: readonly string[],
): Promise<boolean> {
  const name = `holdfast_probe_${randomBytes(4).toString('hex')}`
  const servedBy = async (): Promise<number | undefined> => {
    const { rows } = await one.query<{ pid: number }>({ name, text: 'select pg_backend_pid() as pid' })
    return rows[0]?.pid
  }
  try {
    const first = await servedBy()
    for (let round = 0; round < ROUNDS; round += 1) {
      await other.query(beginHolding(sets))
      try {
        if ((await servedBy()) !== first) return true
      } finally {
        await other.query('commit')
      }
    }
    return false
  } catch (error) {
    const code = codeOf(error)
    if (code === NO_SUCH_STATEMENT || code === STATEMENT_EXISTS) return false
    throw error
  }
}

const NO_SUCH_STATEMENT = '26000'
const STATEMENT_EXISTS = '42P05'

async function sessionOf(client: pg.ClientBase): Promise<number | undefined> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  return rows[0]?.pid
}

/** Sets up a new session of a pool, and verifies that it is ours before anything is written on it. */
export async function claimSession(
  client: pg.ClientBase,
  target: PostgresTarget,
  { schema, settings }: { readonly schema: string | undefined; readonly settings: NamedSettings },
): Promise<void> {
  if (target.pooling === 'session') {
    // Without delay: a role may be allowed little time between two statements.
    await client.query(
      'select set_config(name, value, false) from unnest($1::text[], $2::text[]) as asked (name, value)',
      [Object.keys(settings), Object.values(settings)],
    )
  }
  if (schema === undefined) return
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
  // A pooler reports its own number to a client; audits need the real session.
  if ('processID' in client) client.processID = rows[0].pid
}

type QueryCallback = (error: Error | null | undefined, result: pg.QueryResult) => void

/**
 * A client behind a pooler that lends sessions for one transaction: settings are sent with each BEGIN, and a
 * statement outside a transaction gets its own transaction. Statements are sent one after another, in the
 * order of the calls.
 */
export function transactionScoped(Client: ClientClass, settings: NamedSettings): ClientClass {
  const setting = Object.entries(settings)
    .map(([name, value]) => `set local ${pg.escapeIdentifier(name)} = ${pg.escapeLiteral(value)}`)
    .join('; ')
  class TransactionScopedClient extends Client {
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
      const { begin, commits, ...bare } = partsOf(asked[0])
      if (begin !== undefined || commits === true) {
        if (begin !== undefined) await send(`${begun(begin)}; ${setting}`)
        const answer = await send(bare)
        if (commits === true) await send('commit')
        return answer
      }
      if (this.getTransactionStatus() !== 'I') return await send(...asked)
      if (ENDS.test(text)) return await send(...asked)
      if (BEGINS.test(text)) return await send(`${begun(text)}; ${setting}`)
      await send(`${begun('begin')}; ${setting}`)
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
  return TransactionScopedClient as ClientClass
}

/**
 * A default that is set inside a transaction only affects the next one, so this one states its modes
 * explicitly.
 */
function begun(text: string): string {
  const asked = text.replace(/;\s*$/, '')
  const level = /isolation\s+level/i.test(asked) ? [] : ['isolation level read committed']
  const access = /read\s+(only|write)\b/i.test(asked) ? [] : ['read write']
  const deferrable = /deferrable/i.test(asked) ? [] : ['not deferrable']
  const modes = [...level, ...access, ...deferrable].join(', ')
  if (modes === '') return asked
  const isBare = /^\s*(begin(\s+(work|transaction))?|start\s+transaction)\s*$/i.test(asked)
  return isBare ? `${asked} ${modes}` : `${asked}, ${modes}`
}

const BEGINS = /^\s*(begin|start\s+transaction)\b/i
const ENDS = /^\s*(commit|rollback|end|abort)\b/i

/** Of a statement that BEGIN or COMMIT travels with: here each is sent by itself. */
function partsOf(asked: unknown): Partial<Statement> {
  return typeof asked === 'object' && asked !== null ? (asked as Partial<Statement>) : {}
}

function textOf(asked: unknown): string {
  if (typeof asked === 'string') return asked
  return typeof asked === 'object' && asked !== null && 'text' in asked ? String(asked.text) : ''
}
