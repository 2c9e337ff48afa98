/** What a request touches: two read-only requests commute; no other distinction is made. */
import type { Touch } from '../engine.ts'

export interface TigerbeetleTouch extends Touch {
  readonly store: 'tigerbeetle'
  readonly effect: 'read' | 'any'
}

export function touching(effect: 'read' | 'any'): TigerbeetleTouch {
  return {
    store: 'tigerbeetle',
    effect,
    conflictsWith: (other) => !(effect === 'read' && (other as TigerbeetleTouch).effect === 'read'),
  }
}
