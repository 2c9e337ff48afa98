/** What a request touches: two that only read commute, and nothing else is told apart. */
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
