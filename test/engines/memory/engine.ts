/**
 * An engine for tests: a few texts by key in this process, read, written, and swapped if they are as expected. It is one folder, and
 * one line wherever a list of engines is passed in; the harness knows nothing of it.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { monotonicMs } from '../../../harness/clock.ts'
import {
  type Engine,
  type EngineKind,
  type Explorable,
  type Gate,
  type Namespace,
  NOTHING_HAPPENS,
  type Touch,
} from '../../../harness/engines/engine.ts'

/** What a strategy is handed as `memory`. */
export interface Memory {
  read(key: string): Promise<string | undefined>
  write(key: string, text: string): Promise<void>
  /** Writes if what is there is what was expected, and says whether it was. */
  swap(key: string, expected: string | undefined, text: string): Promise<boolean>
}

/** What a witness reads. */
export type MemoryStore = Map<string, string>

/** `Date.now()` tells whole milliseconds. */
const CLOCK_ERROR_MS = 1

export const memory: EngineKind = {
  name: 'memory',
  title: 'Memory',
  example: 'nothing: it is always there',
  isBundled: true,
  injectableEvents: ['time-passes'],
  async open() {
    return engine
  },
  async attach() {
    throw new Error('it lives in one process')
  },
}

const engine: Engine = {
  name: 'memory',
  version: 'Memory 1',
  source: 'this process',
  durability: { label: 'none', settings: { kept: 'no' }, storage: undefined },
  settings: {},
  caveats: [],
  lost: new AbortController().signal,
  describe: () => 'Memory 1 (this process)',
  async openNamespace(): Promise<Namespace> {
    const store: MemoryStore = new Map()
    return {
      connections: memoryOn(store),
      store,
      sessions: () => [],
      leftOpen: async () => [],
      attachment: () => undefined,
      readClock: async () => ({ offsetMs: Date.now() - monotonicMs(), errorMs: CLOCK_ERROR_MS }),
      explorable: explorable(store),
      async [Symbol.asyncDispose]() {},
    }
  },
  async [Symbol.asyncDispose]() {},
}

function memoryOn(store: MemoryStore): Memory {
  return {
    async read(key) {
      await nextTurn()
      return store.get(key)
    },
    async write(key, text) {
      await nextTurn()
      store.set(key, text)
    },
    async swap(key, expected, text) {
      await nextTurn()
      if (store.get(key) !== expected) return false
      store.set(key, text)
      return true
    },
  }
}

interface MemoryTouch extends Touch {
  readonly isRead: boolean
}

function touching(isRead: boolean): MemoryTouch {
  return { store: 'memory', isRead, conflictsWith: (other) => !(isRead && (other as MemoryTouch).isRead) }
}

function explorable(store: MemoryStore): Explorable {
  return {
    ...NOTHING_HAPPENS,
    gated: (gate) => ({
      connections: gatedMemory(memoryOn(store), gate),
      sessions: () => [],
      forget: () => 0,
      hasSent: () => false,
    }),
    async clear() {
      store.clear()
      return true
    },
    anything: touching(false),
    // Its clock is that of the process, which is moved along.
    clock: { make: async () => {}, moveTo: async () => [touching(false)], reset: async () => {} },
  }
}

function gatedMemory(direct: Memory, gate: Gate): Memory {
  const pass = async <Answer>(text: string, isRead: boolean, send: () => Promise<Answer>): Promise<Answer> =>
    (await gate.pass({
      store: 'memory',
      text,
      shape: text,
      send,
      tell: (answer) => (typeof answer === 'boolean' ? String(answer) : 'done'),
      touched: () => [touching(isRead)],
      isRefusal: () => false,
    })) as Answer
  return {
    read: (key) => pass(`read ${key}`, true, () => direct.read(key)),
    write: (key, text) => pass(`write ${key}`, false, () => direct.write(key, text)),
    swap: (key, expected, text) => pass(`swap ${key}`, false, () => direct.swap(key, expected, text)),
  }
}
