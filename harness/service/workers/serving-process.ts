/** A worker from its owner's side: a process that may end at any time. */
import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { reasonOf } from '../../errors.ts'
import type { FromWorker, OwnersAnswer, ToWorker, WorkerJob, WorkerQuestion } from './messages.ts'

/** Loading a strategy and connecting takes a second; a busy machine needs longer. */
const OPEN_DEADLINE_MS = 60_000
/** Longer than a worker takes to drain. */
const CLOSE_DEADLINE_MS = 25_000

/** A worker could not do what was requested; `code` is the system's, if any. */
class WorkerError extends Error {
  readonly code: string | undefined
  constructor(why: string, code: string | undefined) {
    super(why)
    this.code = code
  }
}

/** How a worker ended, for a log. */
export interface WorkerEnd {
  readonly code: number | null
  readonly signal: string | null
}

export class ServingProcess implements AsyncDisposable {
  readonly #worker: Worker
  readonly ended: Promise<WorkerEnd>
  #hasOpened: boolean = false

  /** `answer` may reject: the reason is sent to the worker. */
  constructor(answer: (question: WorkerQuestion) => Promise<OwnersAnswer>) {
    this.#worker = cluster.fork()
    this.ended = once(this.#worker, 'exit').then(([code, signal]) => ({ code, signal }))
    // A message that can no longer be sent is reported here; the caller that waits for the answer sees the
    // process end.
    this.#worker.on('error', () => undefined)
    this.#worker.on('message', (message: FromWorker) => {
      if (message.kind !== 'question') return
      const { ask, question } = message
      answer(question).then(
        (found) => this.#send({ kind: 'answer', ask, answer: found }),
        (error: unknown) => this.#send({ kind: 'answer', ask, why: reasonOf(error) }),
      )
    })
  }

  get pid(): number | undefined {
    return this.#worker.process.pid
  }

  /** Whether it has opened, and has not ended since. */
  get isServing(): boolean {
    return this.#hasOpened && !this.#worker.isDead() && this.#worker.isConnected()
  }

  /** Returns the address on which it serves. */
  async open(job: WorkerJob): Promise<string> {
    const { address } = await this.ask({ kind: 'open', job }, 'open', OPEN_DEADLINE_MS)
    this.#hasOpened = true
    return address
  }

  /** Rejects when the worker fails, ends, or does not answer in time. */
  async ask<Kind extends FromWorker['kind']>(
    message: ToWorker,
    kind: Kind,
    deadlineMs: number,
  ): Promise<Extract<FromWorker, { kind: Kind }>> {
    const done = new AbortController()
    try {
      return await Promise.race([
        new Promise<Extract<FromWorker, { kind: Kind }>>((resolve, reject) => {
          const listener = (answer: FromWorker): void => {
            if (answer.kind === 'failed') reject(new WorkerError(answer.why, answer.code))
            else if (answer.kind === kind) resolve(answer as Extract<FromWorker, { kind: Kind }>)
          }
          this.#worker.on('message', listener)
          done.signal.addEventListener('abort', () => this.#worker.off('message', listener))
          this.#send(message)
        }),
        this.ended.then(() => {
          throw new WorkerError('a worker of the service ended', undefined)
        }),
        delay(deadlineMs, undefined, { signal: done.signal }).then(() => {
          throw new WorkerError(`a worker of the service did not answer within ${deadlineMs} ms`, undefined)
        }),
      ])
    } finally {
      done.abort()
    }
  }

  killNow(): void {
    this.#worker.process.kill('SIGKILL')
  }

  /**
   * It stops accepting connections at once, and ends when the requests in flight are answered or the time
   * limit has passed.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#worker.isDead()) return
    this.#send({ kind: 'close' })
    const done = new AbortController()
    await Promise.race([this.ended, delay(CLOSE_DEADLINE_MS, undefined, { signal: done.signal })]).catch(
      () => {},
    )
    done.abort()
    if (!this.#worker.isDead()) {
      this.killNow()
      await this.ended
    }
  }

  /** The channel may be closed, now or before the message is sent. */
  #send(message: ToWorker): void {
    if (!this.#worker.isConnected()) return
    this.#worker.process.send?.(message, undefined, undefined, () => undefined)
  }
}
