/**
 * What every session of this program sets for itself, whatever the server, the database or the role sets
 * (`ALTER ROLE … SET lock_timeout`): a strategy is judged by what it does, and not by what an administrator
 * once set for others.
 *
 * The rule: a setting that changes an answer or ends a call is set. A setting that only changes the speed
 * (`jit`, `work_mem`, `synchronous_commit`) is not changed but reported: it belongs to the server that was
 * chosen.
 */
import type pg from 'pg'

/** Ended by the server: longer than any wait for a row lock that a run expects. */
export const STATEMENT_DEADLINE_MS = 30_000
/** An idle transaction holds its locks no longer than this. */
const IDLE_IN_TRANSACTION_DEADLINE_MS = 30_000

interface SessionSetting {
  readonly name: string
  readonly value: string
  readonly reason: string
}

const SETTINGS: readonly SessionSetting[] = [
  {
    name: 'idle_in_transaction_session_timeout',
    value: String(IDLE_IN_TRANSACTION_DEADLINE_MS),
    reason: 'Longer than any critical section, short enough that no lock stays permanently.',
  },
  {
    name: 'lock_timeout',
    value: '0',
    reason: 'A strategy that waits would give up, and look like one that does not wait.',
  },
  {
    name: 'transaction_timeout',
    value: '0',
    reason: 'A queue before a hot row would be cut off, and its buyers be told nothing certain.',
  },
  {
    name: 'idle_session_timeout',
    value: '0',
    reason: 'Connections of a pool wait for their turn.',
  },
  {
    name: 'default_transaction_isolation',
    value: 'read committed',
    reason:
      'Statements that begin no transaction (confirm, release) run at the level that they were written for.',
  },
  {
    name: 'default_transaction_read_only',
    value: 'off',
    reason: 'Nothing could be sold.',
  },
  {
    name: 'default_transaction_deferrable',
    value: 'off',
    reason: 'Beginning a transaction would wait for others.',
  },
  {
    name: 'extra_float_digits',
    value: '1',
    reason: 'Deadlines are read as numbers, and 0 would round their microseconds away.',
  },
  {
    name: 'DateStyle',
    value: 'ISO, MDY',
    reason: 'The client library reads moments in this form.',
  },
]

/** Settings for the start or end of a session. For a pooler's sessions, they are left to the pooler. */
const OF_THE_SESSION: ReadonlySet<string> = new Set(['idle_session_timeout'])

export interface SessionKind {
  readonly applicationName: string
  readonly schema?: string
  readonly statementDeadlineMs: number
}

export type NamedSettings = Readonly<Record<string, string>>

/** What a session sets on a server that has all of it. */
export const SESSION_SETTING_NAMES: readonly string[] = SETTINGS.map(({ name }) => name)

/** Those that a server has: an old one lacks the newest, and another product may lack any. */
export async function settableThere(client: pg.ClientBase): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(
    'select name from unnest($1::text[]) as name where current_setting(name, true) is not null',
    [SESSION_SETTING_NAMES],
  )
  return rows.map(({ name }) => name)
}

/** The settings of such a session, by name. `sets`: names of those that the server has. */
export function sessionSettings(session: SessionKind, sets: readonly string[]): NamedSettings {
  return {
    ...Object.fromEntries(
      SETTINGS.flatMap(({ name, value }) => (sets.includes(name) ? [[name, value]] : [])),
    ),
    statement_timeout: String(session.statementDeadlineMs),
    ...(session.schema !== undefined && { search_path: session.schema }),
  }
}

/** The same for one transaction of a session that is lent to another client afterwards. */
export function transactionSettings(settings: NamedSettings): NamedSettings {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !OF_THE_SESSION.has(name)))
}

/** In the format of a connection's `options`, where a space ends a value. */
export function startupOptions(settings: NamedSettings): readonly string[] {
  return Object.entries(settings).map(
    ([name, value]) => `-c ${name}=${value.replaceAll(/[\\ ]/g, (sign) => `\\${sign}`)}`,
  )
}

/**
 * Settings that a plain session has here instead of the experiment's, one clause each: set by the server, its
 * database or the role.
 */
export async function settingsOverridden(client: pg.ClientBase): Promise<readonly string[]> {
  const ours: NamedSettings = {
    ...Object.fromEntries(SETTINGS.map(({ name, value }) => [name, value])),
    statement_timeout: String(STATEMENT_DEADLINE_MS),
  }
  // Without the unit that `current_setting` adds for a reader. Built-in values are not a choice.
  const { rows } = await client.query<{ name: string; setting: string; value: string }>(
    `select name, setting, current_setting(name) as value
     from pg_settings where name = any ($1::text[]) and setting is distinct from boot_val order by name`,
    [Object.keys(ours)],
  )
  return rows.flatMap(({ name, setting, value }) =>
    ours[name] === setting ? [] : [`${name} = ${ours[name]} instead of ${value}`],
  )
}
