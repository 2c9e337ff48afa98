/**
 * Starts and ends the processes that answer for one service behind one port.
 * Connections are dealt out in turn.
 */
import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { reasonOf } from '../engines/engine-error.ts'
import { perishWithProcess } from '../engines/local/lifetime.ts'
import type { StoreReader } from './store-reader.ts'
import type { FromWorker, ToWorker, WorkerFigures, WorkerJob } from './worker-messages.ts'

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url))
/** To load a strategy and to connect: a second; a machine with much else to do gets its time. */
const OPEN_DEADLINE_MS = 60_000
const FIGURES_DEADLINE_MS = 10_000
/** Longer than a worker drains. */
const CLOSE_DEADLINE_MS = 25_000

export interface Workers extends AsyncDisposable {
  readonly address: string
  figures(): Promise<readonly WorkerFigures[]>
}

/** A worker could not do what it was told; `code` is the system's, where it has one. */
class WorkerError extends Error {
  readonly code: string | undefined
  constructor(why: string, code: string | undefined) {
    super(why)
    this.code = code
  }
}

/** Rejects, with every process ended, where one of them cannot serve. */
export async function startWorkers(count: number, job: WorkerJob, store: StoreReader): Promise<Workers> {
  // Sets of sold units travel whole between processes.
  cluster.setupPrimary({ exec: WORKER, serialization: 'advanced' })
  await using undo = new AsyncDisposableStack()
  const workers: ServingProcess[] = []
  undo.defer(
    perishWithProcess({
      stopNow: () => {
        for (const each of workers) each.killNow()
      },
    }),
  )
  for (let at = 0; at < count; at++) workers.push(undo.use(new ServingProcess(store)))
  const opened = await Promise.all(
    workers.map((each) => each.ask({ kind: 'open', job }, 'open', OPEN_DEADLINE_MS)),
  )
  const owned = undo.move()
  return {
    address: opened[0]?.address ?? '',
    async figures() {
      const told = await Promise.all(
        workers.map((each) => each.ask({ kind: 'figures' }, 'figures', FIGURES_DEADLINE_MS)),
      )
      return told.map(({ figures }) => figures)
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

class ServingProcess {
  readonly #worker: Worker
  readonly #ended: Promise<unknown>

  constructor(store: StoreReader) {
    this.#worker = cluster.fork()
    this.#ended = once(this.#worker, 'exit')
    this.#worker.on('message', (message: FromWorker) => {
      if (message.kind === 'sold') this.#answer(message.ask, store.sold(message.resources))
      if (message.kind === 'status') this.#answer(message.ask, store.status(message.id))
    })
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
          this.#worker.send(message)
        }),
        this.#ended.then(() => {
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

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#worker.isDead()) return
    this.#worker.send({ kind: 'close' } satisfies ToWorker)
    const done = new AbortController()
    await Promise.race([this.#ended, delay(CLOSE_DEADLINE_MS, undefined, { signal: done.signal })]).catch(
      () => {},
    )
    done.abort()
    if (!this.#worker.isDead()) {
      this.killNow()
      await this.#ended
    }
  }

  #answer(ask: number, reading: ReturnType<StoreReader['sold'] | StoreReader['status']>): void {
    reading.then(
      (answer) => this.#worker.send({ kind: 'read', ask, answer } satisfies ToWorker),
      (error: unknown) => this.#worker.send({ kind: 'read', ask, why: reasonOf(error) } satisfies ToWorker),
    )
  }
}
