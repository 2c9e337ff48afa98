/** What a command touches: keys, or what keys begin with. A script makes every key that it touches from the keys it is given. */
import type { Touch } from '../engine.ts'

export interface RedisTouch extends Touch {
  readonly store: 'redis'
  readonly keys: readonly string[]
}

export function touching(keys: readonly string[]): RedisTouch {
  return {
    store: 'redis',
    keys,
    conflictsWith: (other) =>
      keys.some((key) =>
        (other as RedisTouch).keys.some((each) => key.startsWith(each) || each.startsWith(key)),
      ),
  }
}

/** Every key begins so. */
export const EVERYTHING: RedisTouch = touching([''])
