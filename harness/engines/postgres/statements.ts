/**
 * What a statement of PostgreSQL touches, derived from its text. In doubt it touches everything: that adds
 * schedules, and loses none.
 */
import { type PostgresTouch, type Tables, touching } from './touch.ts'

/** The current state of a session. */
export interface SessionState {
  /**
   * Whether its state is known: not after several statements in one text, nor after a statement that changes
   * the session itself.
   */
  readonly isKnown: boolean
  /** No transaction, a transaction that only read without locks, or one that did more. */
  readonly transaction: 'none' | 'clean' | 'used'
  readonly isReadCommitted: boolean
  /** What the transaction wrote or locked. */
  readonly used: Tables
}

export const FRESH_SESSION: SessionState = {
  isKnown: true,
  transaction: 'none',
  isReadCommitted: true,
  used: [],
}

/** Any statement in it may depend on anything, and anything on it. */
const UNKNOWN_SESSION: SessionState = {
  isKnown: false,
  transaction: 'used',
  isReadCommitted: false,
  used: 'all',
}

/**
 * After a failed statement. PostgreSQL has already ended its transaction and released its locks: the ROLLBACK
 * that follows has no further effect.
 */
export function afterFailure(state: SessionState): SessionState {
  if (!state.isKnown || state.transaction === 'none') return state
  return { ...FRESH_SESSION, transaction: 'clean' }
}

/** What is known of the tables in a schema. */
export interface KnownTables {
  /** Those whose rows depend on no other table: no trigger, no foreign key, no rule. */
  readonly plain: readonly string[]
  /** Everything else there that a statement can name: views, sequences, tables that touch others. */
  readonly others: readonly string[]
}

/** The tables that all strategies share. */
const SHARED_TABLES: KnownTables = { plain: ['resource', 'hold', 'hold_line', 'unit', 'sale'], others: [] }

/** What a successful statement touched, and the session's state after it. */
export function afterStatement(
  sql: string,
  state: SessionState,
  known: KnownTables = SHARED_TABLES,
): { readonly touches: readonly PostgresTouch[]; readonly state: SessionState } {
  const text = sql.trim().toLowerCase().replaceAll(/\s+/g, ' ')
  if (!state.isKnown || isSeveral(sql) || !isUnderstood(text) || namesOneOf(known.others, text)) {
    return { touches: [touching('session', 'all')], state: UNKNOWN_SESSION }
  }
  if (/^(begin|start transaction)\b/.test(text)) {
    const isReadCommitted = !/serializable|repeatable read/.test(text)
    return {
      touches: [touching('start', 'all')],
      state: { isKnown: true, transaction: 'clean', isReadCommitted, used: isReadCommitted ? [] : 'all' },
    }
  }
  if (/^(commit|rollback|end|abort)\b/.test(text)) {
    const isNothing = state.transaction !== 'used' && state.isReadCommitted
    return {
      touches: [isNothing ? touching('end', 'all') : touching('any', state.used)],
      state: FRESH_SESSION,
    }
  }
  const tables = state.isReadCommitted ? tablesOf(text, known) : 'all'
  if (isPlainRead(text))
    return { touches: [touching(state.isReadCommitted ? 'read' : 'snapshot', tables)], state }
  if (!isOfTransaction(text)) {
    const after = { ...state, transaction: 'used', isReadCommitted: false, used: 'all' } as const
    return { touches: [touching('session', 'all')], state: after }
  }
  if (state.transaction === 'none') return { touches: [touching('any', tables)], state }
  const isHidden = state.isReadCommitted && isPlainWrite(text)
  const used = state.used === 'all' || tables === 'all' ? 'all' : [...new Set([...state.used, ...tables])]
  return {
    touches: [touching(isHidden ? 'hidden' : 'any', tables)],
    state: { ...state, transaction: 'used', used },
  }
}

/**
 * Whether a text holds more than one statement. In doubt it does: a semicolon may be in a body that is not
 * parsed.
 */
export function isSeveral(sql: string): boolean {
  const bare = sql
    .replaceAll(/--[^\n]*/g, ' ')
    .replaceAll(/'(?:[^']|'')*'/g, "''")
    .replaceAll(/"(?:[^"]|"")*"/g, '""')
  return /;\s*\S/.test(bare)
}

/**
 * Whether the session's state afterwards is known: no savepoint, no other isolation level, no setting that
 * persists.
 */
function isUnderstood(text: string): boolean {
  if (/^(begin|start transaction|commit|rollback|end|abort)\b/.test(text)) {
    return !/\b(to|chain|prepared|savepoint)\b/.test(text)
  }
  return /^(select|with|insert|update|delete|create)\b/.test(text)
}

function namesOneOf(names: readonly string[], text: string): boolean {
  return names.some((name) => text.includes(name.toLowerCase()))
}

/**
 * The plain tables that a statement names. If it calls a function that may do anything, or writes or reads
 * another table, it touches all. (A table that is only read, in a list after a comma, may be missed: a
 * statement that writes it does name it.)
 */
function tablesOf(text: string, { plain: shared }: KnownTables): Tables {
  if (!isHarmless(text)) return 'all'
  const parts = [...text.matchAll(/(?:\bwith|,) (\w+) as (?:materialized )?\(/g)].map(
    ([, name]) => name ?? '',
  )
  const plain = text.replaceAll(/\bextract ?\(\w+ from /g, 'extract(')
  const named = [...plain.matchAll(/\b(?:from|join|update|into) (?:only )?([a-z_"][\w."]*)/g)]
  const known = [...shared, ...parts, 'unnest', 'set', 'skip', 'nowait']
  const isKnown = ([, name]: RegExpMatchArray) => known.includes(name ?? '')
  if (!named.every(isKnown)) return 'all'
  return shared.filter((table) => new RegExp(`\\b${table}\\b`).test(text))
}

/** Words before a parenthesis that change nothing and take no lock. Anything not listed may do anything. */
const HARMLESS: ReadonlySet<string> = new Set(
  `all and any array_agg as bool_and by cast clock_timestamp coalesce count else exists extract from greatest in least lower max
   min not now on or over row_number select sum then unnest values when where`.split(/\s+/),
)

const LOCKING = /\bfor (update|no key update|share|key share)\b/

function isPlainRead(text: string): boolean {
  return /^select\b/.test(text) && !LOCKING.test(text) && !/\binto\b/.test(text) && isHarmless(text)
}

/** It locks only the rows that it writes. Its sub-selects read like any statement. */
function isPlainWrite(text: string): boolean {
  return /^(with|update|insert|delete)\b/.test(text) && !LOCKING.test(text) && isHarmless(text)
}

/** Locks that end with the transaction, and what their keys are made of. */
const OF_TRANSACTION: ReadonlySet<string> = new Set([
  ...HARMLESS,
  'pg_advisory_xact_lock',
  'pg_try_advisory_xact_lock',
  'hashtext',
  'hashtextextended',
  'current_schema',
])

/** Whether only its writes outlive its transaction. */
function isOfTransaction(text: string): boolean {
  return /^(select|with|insert|update|delete)\b/.test(text) && callsOnly(OF_TRANSACTION, text)
}

/** The names of tables, of parts of the statement, and of columns that are renamed. */
const NAMES = /(\bwith|,)\s+\w+ as (materialized )?\(|\binsert into \w+ \(|\bwith ordinality \w+ \(/g

function isHarmless(text: string): boolean {
  return callsOnly(HARMLESS, text)
}

function callsOnly(names: ReadonlySet<string>, text: string): boolean {
  const spaced = text.replaceAll(NAMES, ' ')
  return [...spaced.matchAll(/([a-z_"][\w."]*)\s*\(/g)].every(([, name]) => names.has(name ?? ''))
}
