/** What a command touches: keys, or prefixes of keys. An unknown command touches every key. */
import type { Touch } from '../engine.ts'

export interface RedisTouch extends Touch {
  readonly store: 'redis'
  readonly keys: readonly string[]
  readonly onlyReads: boolean
}

export function touching(keys: readonly string[], onlyReads = false): RedisTouch {
  return {
    store: 'redis',
    keys,
    onlyReads,
    conflictsWith(other) {
      const { keys: others, onlyReads: bothRead } = other as RedisTouch
      if (onlyReads && bothRead) return false
      return keys.some((key) => others.some((each) => key.startsWith(each) || each.startsWith(key)))
    },
  }
}

/** Every key begins with this. */
export const EVERYTHING: RedisTouch = touching([''])
/** What a passing deadline also changes. */
const CLOCK: RedisTouch = touching(['the clock'], true)
const NOTHING: RedisTouch = touching([])

/** Commands of strategies that change nothing, and whose answer no clock changes. */
const ONLY_READ: ReadonlySet<string> = new Set(['mget', 'hpexpiretime'])
/** Commands that the client library does not know: their key is their first argument. */
const KEY_FIRST: ReadonlySet<string> = new Set(['delifeq'])

/** The keys of a command, of which the library knows only those of commands that it knows itself. */
export function keysOf(command: string, keys: readonly string[], args: readonly string[]): readonly string[] {
  return keys.length === 0 && KEY_FIRST.has(command.toLowerCase()) ? args.slice(0, 1) : keys
}

/**
 * What a command touches. A script is given keys, but may use others; a command without keys may touch all
 * (KEYS, SCAN, FLUSHALL, EXEC).
 */
export function touchedBy(command: string, keys: readonly string[]): RedisTouch {
  const name = command.toLowerCase()
  if (name === 'time') return CLOCK
  if (name === 'ping' || name === 'echo') return NOTHING
  if (ONLY_READ.has(name) && keys.length > 0) return touching(keys, true)
  const isScript = /^(eval|fcall)/.test(name)
  return isScript || keys.length === 0 ? EVERYTHING : touching(keys)
}
