/**
 * What a statement of PostgreSQL touches, told from its text. In doubt it touches anything: that costs schedules, and loses none.
 */
import type { Touch } from './footprint.ts'

/** What a session is in the middle of. */
export interface SessionState {
  /** No transaction, one that only read without locks, or one that did more. */
  readonly transaction: 'none' | 'clean' | 'used'
  readonly isReadCommitted: boolean
}

export const FRESH_SESSION: SessionState = { transaction: 'none', isReadCommitted: true }

const NOTHING: readonly Touch[] = []
const START: readonly Touch[] = [{ store: 'postgres', effect: 'start' }]
const READ: readonly Touch[] = [{ store: 'postgres', effect: 'read' }]
const SNAPSHOT: readonly Touch[] = [{ store: 'postgres', effect: 'snapshot' }]
const HIDDEN: readonly Touch[] = [{ store: 'postgres', effect: 'hidden' }]
const ANY: readonly Touch[] = [{ store: 'postgres', effect: 'any' }]

/** What a statement that succeeded touched, and the state of the session after it. */
export function after(
  sql: string,
  state: SessionState,
): { readonly touches: readonly Touch[]; readonly state: SessionState } {
  const text = sql.trim().toLowerCase()
  if (/^(begin|start transaction)\b/.test(text)) {
    const isReadCommitted = !/serializable|repeatable read/.test(text)
    return { touches: START, state: { transaction: 'clean', isReadCommitted } }
  }
  if (/^(commit|rollback|end|abort)\b/.test(text)) {
    const isNothing = state.transaction !== 'used' && state.isReadCommitted
    return { touches: isNothing ? NOTHING : ANY, state: FRESH_SESSION }
  }
  if (isPlainRead(text)) return { touches: state.isReadCommitted ? READ : SNAPSHOT, state }
  const isOpen = state.transaction !== 'none'
  const isHidden = isOpen && state.isReadCommitted && isPlainWrite(text)
  return { touches: isHidden ? HIDDEN : ANY, state: isOpen ? { ...state, transaction: 'used' } : state }
}

/** What may stand before a parenthesis and changes nothing, and takes no lock. What is not listed may do anything. */
const HARMLESS: ReadonlySet<string> = new Set(
  `all and any array_agg as bool_and by cast clock_timestamp coalesce count else exists extract from greatest in least lower max
   min not now on or over row_number select sum then unnest values when where`.split(/\s+/),
)

const LOCKING = /\bfor (update|no key update|share|key share)\b/

function isPlainRead(text: string): boolean {
  return /^select\b/.test(text) && !LOCKING.test(text) && !/\binto\b/.test(text) && isHarmless(text)
}

/** It locks nothing but the rows it writes. What its sub-selects read, they read as any statement does. */
function isPlainWrite(text: string): boolean {
  return /^(with|update|insert|delete)\b/.test(text) && !LOCKING.test(text) && isHarmless(text)
}

/** The names of tables, of parts of the statement, and of columns that are named anew. */
const NAMES = /(\bwith|,)\s+\w+ as (materialized )?\(|\binsert into \w+ \(|\bwith ordinality \w+ \(/g

function isHarmless(text: string): boolean {
  const spaced = text.replaceAll(/\s+/g, ' ').replaceAll(NAMES, ' ')
  return [...spaced.matchAll(/([a-z_"][\w."]*)\s*\(/g)].every(([, name]) => HARMLESS.has(name ?? ''))
}
