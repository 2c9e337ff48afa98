/** The process that serves a shop, from its owner's side: it is replaced when it ends. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { reasonOf } from '../../harness/errors.ts'
import { NEW_SPACE_FLAGS } from '../../harness/service/workers/new-space.ts'
import { Bundle } from './bundle.ts'
import type { Answered, Ask, FromShopkeeper, ShopJob, ShopOwner, ToShopkeeper } from './messages.ts'

/** Loading a strategy and connecting takes a second; a busy machine needs longer. */
const OPEN_DEADLINE_MS = 60_000
/** Longer than the shop takes to answer what is in flight. */
const CLOSE_DEADLINE_MS = 25_000
const BACK_OFF_MS_FIRST = 50
const BACK_OFF_MS_MAX = 5_000
/** Failures in a row, after which the shop ends. */
const FAILURES_MAX = 6

/** The serving process could not open; `code` is the system's, if any. */
class ShopkeeperError extends Error {
  override readonly name = 'ShopkeeperError'
  readonly code: string | undefined
  constructor(why: string, code: string | undefined) {
    super(why)
    this.code = code
  }
}

export interface ServingOptions {
  readonly owner: ShopOwner
  /** Called when a process ended that was not told to. */
  readonly onRestart: (how: string) => void
}

export class ShopServing implements AsyncDisposable {
  readonly #options: ServingOptions
  readonly #failed = new AbortController()
  #child: ChildProcess | undefined
  #keeping: Promise<void> | undefined
  #isClosing: boolean = false
  #strategy: ShopJob['strategy'] | undefined
  restarts = 0

  constructor(options: ServingOptions) {
    this.#options = options
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Aborted, with the reason, when no process can serve. */
  get failed(): AbortSignal {
    return this.#failed.signal
  }

  /** Returns the address. Must be called once. */
  async open(job: ShopJob): Promise<string> {
    const { crash: _, ...later } = job
    const { address, ended } = await this.#start(job)
    // The next process takes the same port, whichever the system has chosen, and crashes nowhere on purpose.
    this.#keeping = this.#keep({ ...later, port: Number(new URL(address).port) }, ended)
    return address
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true
    const child = this.#child
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit')
      send(child, { kind: 'close' })
      const waiting = new AbortController()
      await Promise.race([
        ended,
        delay(CLOSE_DEADLINE_MS, undefined, { signal: waiting.signal }).catch(() => undefined),
      ])
      waiting.abort()
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL')
        await ended
      }
    }
    await this.#keeping
  }

  /** Never rejects. */
  async #keep(job: ShopJob, first: Promise<string>): Promise<void> {
    let ended = first
    let failures = 0
    while (!this.#isClosing) {
      const how = await ended
      if (this.#isClosing) return
      this.restarts += 1
      this.#options.onRestart(how)
      await delay(Math.min(BACK_OFF_MS_FIRST * 2 ** failures, BACK_OFF_MS_MAX))
      try {
        const strategy = this.#strategy ?? job.strategy
        ;({ ended } = await this.#start({ ...job, strategy }))
        failures = 0
      } catch (error) {
        failures += 1
        if (failures >= FAILURES_MAX) {
          this.#failed.abort(new Error(`the shop cannot be served: ${reasonOf(error)}`))
          return
        }
        ended = Promise.resolve(reasonOf(error))
      }
    }
  }

  async #start(job: ShopJob): Promise<{ readonly address: string; readonly ended: Promise<string> }> {
    const child = fork(new URL('./shopkeeper.ts', import.meta.url), {
      serialization: 'advanced',
      execArgv: [...process.execArgv, ...NEW_SPACE_FLAGS],
    })
    this.#child = child
    child.on('error', () => undefined)
    const ended = once(child, 'exit').then(([code, signal]) => String(signal ?? `exit code ${code}`))
    this.#answer(child)
    try {
      return { address: await opened(child, job, ended), ended }
    } catch (error) {
      child.kill('SIGKILL')
      await ended
      throw error
    }
  }

  #answer(child: ChildProcess): void {
    const { owner } = this.#options
    const answers = new Bundle<Answered>((all) => send(child, { kind: 'answers', answers: all }))
    const answer = ({ ask, method, args }: Ask): void => {
      const call = owner[method] as (...given: readonly unknown[]) => Promise<unknown>
      call.apply(owner, [...args]).then(
        (value) => answers.add({ ask, value }),
        (error: unknown) => answers.add({ ask, why: reasonOf(error) }),
      )
    }
    child.on('message', (message: FromShopkeeper) => {
      if (message.kind === 'asks') for (const each of message.asks) answer(each)
      if (message.kind === 'switched') this.#strategy = message.strategy
    })
  }
}

async function opened(child: ChildProcess, job: ShopJob, ended: Promise<string>): Promise<string> {
  const done = new AbortController()
  try {
    return await Promise.race([
      new Promise<string>((resolve, reject) => {
        const listener = (message: FromShopkeeper): void => {
          if (message.kind === 'open') resolve(message.address)
          if (message.kind === 'failed') reject(new ShopkeeperError(message.why, message.code))
        }
        child.on('message', listener)
        done.signal.addEventListener('abort', () => child.off('message', listener))
        send(child, { kind: 'open', job })
      }),
      ended.then((how) => {
        throw new ShopkeeperError(`the serving process ended: ${how}`, undefined)
      }),
      delay(OPEN_DEADLINE_MS, undefined, { signal: done.signal }).then(() => {
        throw new ShopkeeperError(`the serving process did not open within ${OPEN_DEADLINE_MS} ms`, undefined)
      }),
    ])
  } finally {
    done.abort()
  }
}

/** The channel may be closed, now or before the message is sent. */
function send(child: ChildProcess, message: ToShopkeeper): void {
  if (child.connected) child.send(message, () => undefined)
}
