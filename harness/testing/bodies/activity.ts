/**
 * What a test body is doing besides waiting for its statements: timers, files, cryptography, name look-ups.
 * Such work comes to an end by itself, and the next step of a schedule is chosen after it. A long timer is a
 * deadline that the body keeps for itself: nobody waits for it as long as a client can move.
 */
import { createHook } from 'node:async_hooks'
import { isOf, type Origin } from '../../explore/origin.ts'

/** A body that sleeps for longer is taken to keep a deadline. */
const SLEEP_MS_MAX = 1_000

/** Types of Node's asynchronous work that end by themselves. */
const WORK: ReadonlySet<string> = new Set([
  'Immediate',
  'FSREQCALLBACK',
  'FSREQPROMISE',
  'GETADDRINFOREQWRAP',
  'GETNAMEINFOREQWRAP',
  'ZLIB',
])
/** Of cryptography: also made for calls that wait for the result, and these are over when they return. */
const JOBS: ReadonlySet<string> = new Set([
  'HASHREQUEST',
  'PBKDF2REQUEST',
  'RANDOMBYTESREQUEST',
  'SCRYPTREQUEST',
])

export class Activity implements Disposable {
  readonly #going = new Set<number>()
  /** Node tells of the end of those that nobody waited for when memory is collected, if at all. */
  readonly #jobs = new Map<number, object>()
  readonly #hook: ReturnType<typeof createHook>

  /** Watches all work of this origin. */
  constructor(origin: Origin) {
    const end = (id: number): void => {
      this.#going.delete(id)
      this.#jobs.delete(id)
    }
    this.#hook = createHook({
      init: (id, type, _trigger, resource) => {
        if (JOBS.has(type) && isOf(origin)) this.#jobs.set(id, resource)
        if (isWork(type, resource) && isOf(origin)) this.#going.add(id)
      },
      after: end,
      destroy: end,
    }).enable()
  }

  /** Whether something is going on that will end by itself. */
  get isGoing(): boolean {
    for (const [id, job] of this.#jobs) if (!hasCallback(job)) this.#jobs.delete(id)
    return this.#going.size > 0 || this.#jobs.size > 0
  }

  [Symbol.dispose](): void {
    this.#hook.disable()
  }
}

/** What is called with the result; absent where the caller has waited for it. */
function hasCallback(job: object): boolean {
  return typeof Reflect.get(job, 'ondone') === 'function'
}

function isWork(type: string, resource: object): boolean {
  if (WORK.has(type)) return true
  if (type !== 'Timeout') return false
  // The fields of Node's own timers; without them it is taken for a short one.
  const { _idleTimeout: ms = 0, _repeat: repeat = null } = resource as {
    readonly _idleTimeout?: number
    readonly _repeat?: number | null
  }
  return repeat === null && ms <= SLEEP_MS_MAX
}
