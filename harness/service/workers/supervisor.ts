/**
 * Restarts workers: one that ends is replaced, after a wait that grows with the failures in a row, and the
 * log says so. If none serves and none can be started, the service has failed.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { monotonicMs } from '../../clock.ts'
import { reasonOf } from '../../errors.ts'
import type { ServiceLog } from '../log.ts'
import type { ServingProcess, WorkerEnd } from './serving-process.ts'

/** The first restart is quick: most failures are single ones. */
const BACK_OFF_MS_FIRST = 100
const BACK_OFF_MS_MAX = 10_000
/** A worker that ran this long had started successfully. */
const STABLE_MS = 30_000
/**
 * Failures in a row of each worker, with none serving, after which the service fails: with the waits between
 * them, about ten seconds without service.
 */
const FAILURES_MAX = 6

/** The service cannot continue. The message is one sentence. */
class ServiceFailedError extends Error {
  override readonly name = 'ServiceFailedError'
  readonly code = 'service-failed'
}

interface Slot {
  process: ServingProcess
  openedMs: number
  /** In a row. */
  failures: number
}

export interface SupervisorOptions {
  /** Forks a worker. */
  readonly fork: () => ServingProcess
  /** Makes a worker serve; rejects if it cannot. */
  readonly open: (process: ServingProcess) => Promise<unknown>
  readonly log: ServiceLog
}

export class Supervisor implements AsyncDisposable {
  readonly #options: SupervisorOptions
  readonly #slots: Slot[] = []
  readonly #closing = new AbortController()
  readonly #failed = new AbortController()
  #restarts = 0

  constructor(options: SupervisorOptions) {
    this.#options = options
  }

  /** Starts the workers. Must be called once; rejects if one of them cannot serve. */
  async start(count: number): Promise<void> {
    for (let at = 0; at < count; at++) {
      this.#slots.push({ process: this.#options.fork(), openedMs: 0, failures: 0 })
    }
    await Promise.all(this.#slots.map((slot) => this.#open(slot)))
    for (const slot of this.#slots) void this.#keep(slot)
  }

  /** Aborted, with a `ServiceFailedError`, if no worker serves and none can be started. */
  get failed(): AbortSignal {
    return this.#failed.signal
  }

  /** How many workers were restarted. */
  get restarts(): number {
    return this.#restarts
  }

  /** The workers that serve now. */
  serving(): readonly ServingProcess[] {
    return this.#slots.map(({ process }) => process).filter(({ isServing }) => isServing)
  }

  killAllNow(): void {
    this.#closing.abort()
    for (const { process } of this.#slots) process.killNow()
  }

  /** All stop accepting connections first, then drain together. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    await Promise.all(this.#slots.map(({ process }) => process[Symbol.asyncDispose]()))
  }

  async #open(slot: Slot): Promise<void> {
    await this.#options.open(slot.process)
    slot.openedMs = monotonicMs()
    this.#options.log.info({ worker: slot.process.pid }, 'a worker serves')
  }

  async #keep(slot: Slot): Promise<void> {
    while (!this.#isOver()) {
      const end = await slot.process.ended
      if (this.#isOver()) return
      this.#hasEnded(slot, end)
      while (!this.#isOver() && !(await this.#restarted(slot)));
    }
  }

  #hasEnded(slot: Slot, end: WorkerEnd): void {
    const livedMs = monotonicMs() - slot.openedMs
    slot.failures = livedMs < STABLE_MS ? slot.failures + 1 : 1
    const { failures } = slot
    this.#options.log.error({ worker: slot.process.pid, ...end, failures }, 'a worker ended')
    this.#giveUpWhereNothingHelps(`it ended by ${end.signal ?? `exit code ${end.code}`}`)
  }

  /** Waits, and tries once. */
  async #restarted(slot: Slot): Promise<boolean> {
    const waitMs = Math.min(BACK_OFF_MS_FIRST * 2 ** (slot.failures - 1), BACK_OFF_MS_MAX)
    await delay(waitMs, undefined, { signal: this.#closing.signal }).catch(() => undefined)
    if (this.#isOver()) return false
    slot.process = this.#options.fork()
    this.#restarts += 1
    try {
      await this.#open(slot)
      return true
    } catch (error) {
      if (this.#isOver()) return false
      slot.failures += 1
      this.#options.log.error(
        { worker: slot.process.pid, failures: slot.failures, err: error },
        'a worker cannot serve',
      )
      slot.process.killNow()
      await slot.process.ended
      this.#giveUpWhereNothingHelps(reasonOf(error))
      return false
    }
  }

  #isOver(): boolean {
    return this.#closing.signal.aborted || this.#failed.signal.aborted
  }

  #giveUpWhereNothingHelps(why: string): void {
    if (this.serving().length > 0 || this.#slots.some(({ failures }) => failures < FAILURES_MAX)) return
    this.#failed.abort(
      new ServiceFailedError(
        `no worker of the service is left, and none could be started in ${FAILURES_MAX} tries: ${why}`,
      ),
    )
  }
}
