/** One of the processes that run the callers of a trial, as the run sees it: asked, killed, closed. */
import { type ChildProcess, fork } from 'node:child_process'
import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { monotonicMs, returnedNowUs } from '../clock.ts'
import { signalProcess } from '../engines/local/process-identity.ts'
import { OPERATIONS_FD, type Order, type PlayedHere, type Report } from './messages.ts'
import { STREAM_BYTES_MAX } from './operation-stream.ts'

/** To load a strategy and to connect; takes about a second on an idle machine. */
export const OPEN_DEADLINE_MS = 60_000
const PLAYER = fileURLToPath(new URL('./player.ts', import.meta.url))
/** To close its connections and exit; after that it is killed. */
const CLOSE_DEADLINE_MS = 5_000
/** Several round trips: a slow one constrains the clocks little. */
const CLOCK_SAMPLES = 15
/** For the last bytes written by a process to arrive here. */
const DRAIN_DEADLINE_MS = 5_000
const DRAIN_POLL_MS = 2
const STDERR_CHARACTERS_MAX = 2_000

type ReportOf<Kind extends Report['kind']> = Extract<Report, { readonly kind: Kind }>

export class PlayingProcess implements AsyncDisposable {
  /** 0 for the first. */
  readonly index: number
  readonly #of: number
  readonly #child: ChildProcess
  readonly #chunks: Buffer[] = []
  #bytes = 0
  #isDrained: boolean = false
  #stderr = ''
  #end: { readonly how: string; readonly us: number } | undefined
  #onReport: (report: Report) => void = () => undefined
  #onEnd: () => void = () => undefined

  constructor(index: number, of: number) {
    this.index = index
    this.#of = of
    this.#child = fork(PLAYER, {
      cwd: process.cwd(),
      execArgv: [],
      // stdin, stdout, stderr, messages, operations.
      stdio: ['ignore', 'ignore', 'pipe', 'ipc', 'pipe'],
      // In a process group of its own, so that Ctrl-C reaches only the run. The process exits
      // when the channel to the run closes.
      detached: true,
    })
    this.#child.on('message', (report: Report) => this.#onReport(report))
    this.#child.on('error', () => undefined)
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-STDERR_CHARACTERS_MAX)
    })
    this.#child.once('exit', (code, signal) => {
      this.#end = { how: signal ?? `exit code ${code}`, us: returnedNowUs() }
      this.#onEnd()
    })
    const operations = this.#child.stdio[OPERATIONS_FD]
    if (!(operations instanceof Readable)) throw new Error('a worker process has no pipe for its operations')
    operations.once('close', () => {
      this.#isDrained = true
    })
    operations.on('data', (chunk: Buffer) => {
      this.#bytes += chunk.length
      if (this.#bytes > STREAM_BYTES_MAX) this.killNow()
      else this.#chunks.push(chunk)
    })
    operations.on('error', () => undefined)
  }

  /** All operations written so far. */
  stream(): Buffer {
    return Buffer.concat(this.#chunks)
  }

  /** The end of calls that were still in flight: the exit of the process. */
  endedUs(): number {
    return this.#end?.us ?? returnedNowUs()
  }

  /** How it ended too early, as a clause. */
  end(): string {
    const why =
      this.#bytes > STREAM_BYTES_MAX
        ? 'it recorded more operations than a run can keep'
        : (this.#end?.how ?? 'it stopped answering')
    const line = this.#stderr.split('\n').findLast((each) => /error/i.test(each))
    const detail = line === undefined ? '' : `: ${line.trim()}`
    return `process ${this.index + 1} of ${this.#of} ended too early (${why}${detail})`
  }

  send(order: Order): void {
    // An exit is handled by its listener.
    if (this.#child.connected) this.#child.send(order, () => undefined)
  }

  /** Undefined if the process exited or was killed without an answer. */
  async #asked<Kind extends Report['kind']>(
    order: Order,
    kind: Kind,
    deadlineMs: number,
  ): Promise<ReportOf<Kind> | undefined> {
    if (this.#end !== undefined) return undefined
    let timer: NodeJS.Timeout | undefined
    const report = await new Promise<Report | undefined>((resolve) => {
      timer = setTimeout(() => {
        this.killNow()
        resolve(undefined)
      }, deadlineMs)
      this.#onReport = resolve
      this.#onEnd = () => resolve(undefined)
      this.send(order)
    })
    clearTimeout(timer)
    if (report?.kind === 'failed') throw new Error(report.why)
    return report?.kind === kind ? (report as ReportOf<Kind>) : undefined
  }

  async ask<Kind extends Report['kind']>(
    order: Order,
    kind: Kind,
    deadlineMs: number,
  ): Promise<ReportOf<Kind>> {
    const report = await this.#asked(order, kind, deadlineMs)
    if (report === undefined) throw new Error(this.end())
    return report
  }

  async play(deadlineMs: number): Promise<PlayedHere | undefined> {
    const report = await this.#asked({ kind: 'play' }, 'played', deadlineMs)
    // Its operations arrive on another pipe, and may arrive later than its report or exit.
    const endMs = monotonicMs() + DRAIN_DEADLINE_MS
    while (monotonicMs() < endMs) {
      if (report === undefined ? this.#isDrained : this.#bytes >= report.streamBytes) return report
      await delay(DRAIN_POLL_MS)
    }
    if (report === undefined) return undefined
    throw new Error(`the operations of process ${this.index + 1} of ${this.#of} did not all arrive`)
  }

  /**
   * Each reading of the process must lie between the request and its answer. Two different clocks would have
   * to agree to within a round trip, a fraction of a millisecond.
   */
  async proveSameClock(): Promise<void> {
    for (let sample = 0; sample < CLOCK_SAMPLES && this.#end === undefined; sample += 1) {
      const askedMs = monotonicMs()
      const report = await this.#asked({ kind: 'clock' }, 'clock', OPEN_DEADLINE_MS)
      const answeredMs = monotonicMs()
      if (report !== undefined && (report.nowMs < askedMs || report.nowMs > answeredMs)) {
        throw new Error(
          `the clocks of two processes do not agree (${report.nowMs} ms is not between ${askedMs} and ${answeredMs}), so their operations cannot be ordered`,
        )
      }
    }
  }

  killNow(): void {
    const { pid } = this.#child
    if (pid !== undefined && this.#end === undefined) signalProcess(pid, 'SIGKILL')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#end === undefined && this.#child.pid !== undefined) {
      const ended = new Promise<void>((resolve) => {
        this.#onEnd = resolve
      })
      this.send({ kind: 'close' })
      const timer = setTimeout(() => this.killNow(), CLOSE_DEADLINE_MS)
      await ended
      clearTimeout(timer)
    }
    if (this.#child.connected) this.#child.disconnect()
    this.#child.stdio[OPERATIONS_FD]?.destroy()
  }
}
