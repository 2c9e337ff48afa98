/**
 * What a statement touches, and when the order of two may matter: the rules and their reasons are in
 * explore/footprint.ts.
 */
import type { Touch } from '../engine.ts'

/**
 * `start` and `end`: of a transaction that only read without locks. `session`: it may change the session.
 * `read`: at READ COMMITTED; `snapshot`: at a higher level. `hidden`: written inside a transaction at READ
 * COMMITTED that is still open. `time`: a deadline passes.
 */
export type Effect = 'start' | 'end' | 'session' | 'read' | 'snapshot' | 'hidden' | 'any' | 'time'

export type Tables = readonly string[] | 'all'

export interface PostgresTouch extends Touch {
  readonly store: 'postgres'
  readonly effect: Effect
  readonly tables: Tables
}

export function touching(effect: Effect, tables: Tables): PostgresTouch {
  const touch: PostgresTouch = {
    store: 'postgres',
    effect,
    tables,
    conflictsWith: (other) => conflict(touch, other as PostgresTouch),
  }
  return touch
}

function conflict(one: PostgresTouch, other: PostgresTouch): boolean {
  if (one.effect === 'session' || other.effect === 'session') return true
  return !commute(one.effect, other.effect) && haveOneInCommon(one.tables, other.tables)
}

function commute(one: Effect, other: Effect): boolean {
  if (one === 'end' || other === 'end') return true
  if (one === 'start' || other === 'start') return one !== 'time' && other !== 'time'
  return COMMUTING.has(`${one} ${other}`)
}

const COMMUTING: ReadonlySet<string> = new Set([
  'read read',
  'read snapshot',
  'snapshot read',
  'snapshot snapshot',
  'read hidden',
  'hidden read',
])

function haveOneInCommon(one: Tables, other: Tables): boolean {
  if (one === 'all' || other === 'all') return true
  return one.some((table) => other.includes(table))
}
