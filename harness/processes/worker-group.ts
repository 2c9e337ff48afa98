/**
 * Several processes that play one plan together, each its share of the callers. What they record is merged on
 * the monotonic clock, which every process of a host shares; that they do is verified and not believed.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { monotonicMs, returnedNowUs } from '../clock.ts'
import { perishWithProcess } from '../engines/local/lifetime.ts'
import { signalProcess } from '../engines/local/process-identity.ts'
import type { HistoryHeader } from '../history/record.ts'
import type { Performance, Players } from '../performance/performance.ts'
import type { Percentiles } from '../results/figures.ts'
import { type Job, OPERATIONS_FD, type Order, type PlayedHere, type Report } from './messages.ts'
import { operationsOf, STREAM_BYTES_MAX } from './operation-stream.ts'

/** Beside the time of the play itself. */
export interface WorkerGroupOptions {
  readonly count: number
  readonly job: Omit<Job, 'share'>
  readonly playMsMax: number
  /** The resources are what the operations are checked against. */
  readonly header: HistoryHeader
  readonly signal?: AbortSignal
}

export interface WorkerGroup extends Players, AsyncDisposable {}

const PLAYER = fileURLToPath(new URL('./player.ts', import.meta.url))
/** To load a strategy and to connect: a second; a machine with much else to do gets its time. */
const OPEN_DEADLINE_MS = 60_000
/** For a warm-up or a play, beyond its own limits. */
const GRACE_MS = 30_000
/** To give connections back and to end; then it is ended. */
const CLOSE_DEADLINE_MS = 5_000
/** So many round trips; one alone may be slow, and a slow one tells little. */
const CLOCK_SAMPLES = 15
/** For the last of what a process wrote to arrive here. */
const DRAIN_DEADLINE_MS = 5_000
const DRAIN_POLL_MS = 2
const STDERR_CHARACTERS_MAX = 2_000

/** Rejects, with every process ended, where one of them cannot take part. */
export async function startWorkerGroup(options: WorkerGroupOptions): Promise<WorkerGroup> {
  const { count, job, playMsMax, header, signal } = options
  await using undo = new AsyncDisposableStack()
  const processes = Array.from({ length: count }, (_, index) => undo.use(new PlayingProcess(index, count)))
  const forget = perishWithProcess({
    stopNow: () => {
      for (const each of processes) each.killNow()
    },
  })
  undo.defer(forget)
  const all = <T>(step: (each: PlayingProcess) => Promise<T>): Promise<readonly T[]> =>
    Promise.all(processes.map(step))

  await all((each) =>
    each.ask(
      { kind: 'open', job: { ...job, share: { index: each.index, of: count } } },
      'opened',
      OPEN_DEADLINE_MS,
    ),
  )
  await all((each) => each.proveSameClock())
  const owned = undo.move()
  return {
    async warmUp() {
      await all((each) => each.ask({ kind: 'warm-up' }, 'warm', job.warmupMs + job.settleMsMax + GRACE_MS))
    },
    async play() {
      const abort = (): void => {
        for (const each of processes) each.tell({ kind: 'abort' })
      }
      signal?.addEventListener('abort', abort, { once: true })
      if (signal?.aborted) abort()
      try {
        const reports = await all((each) => each.play(playMsMax + job.settleMsMax + GRACE_MS))
        await all((each) => each.proveSameClock())
        return merged(processes, reports, header)
      } finally {
        signal?.removeEventListener('abort', abort)
      }
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function merged(
  processes: readonly PlayingProcess[],
  reports: readonly (PlayedHere | undefined)[],
  header: HistoryHeader,
): Performance {
  const streams = processes.map((each) => operationsOf(each.stream(), header, each.endedUs()))
  const there = reports.flatMap((report) => report ?? [])
  const ended = new Set(there.map((each) => each.ended))
  const unsettled = there.reduce((sum, each) => sum + each.unsettled, 0)
  return {
    played: streams
      .flatMap(({ played }) => played)
      .sort((one, other) => one.operation.returnedUs - other.operation.returnedUs),
    elapsedMs: Math.max(0, ...there.map((each) => each.elapsedMs)),
    ended: (['aborted', 'no-answers', 'time'] as const).find((each) => ended.has(each)) ?? 'demand',
    poolWaitMs: worst(there.map((each) => each.poolWaitMs)),
    poolWaitSeconds: there.reduce((sum, each) => sum + each.poolWaitSeconds, 0),
    connectionSeconds: there.reduce((sum, each) => sum + each.connectionSeconds, 0),
    batched: there.flatMap((each) => each.batched),
    sessions: there.flatMap((each) => each.sessions),
    lost: processes.flatMap((each, index) =>
      reports[index] === undefined
        ? [`${each.end()}, with ${streams[index]?.cutShort ?? 0} calls in flight`]
        : [],
    ),
    // Each process has waited by itself.
    settle: async () => unsettled,
  }
}

/** Percentiles cannot be added up: of each, that of the process which had it worst. */
function worst(all: readonly Percentiles[]): Percentiles {
  const most = (of: (each: Percentiles) => number): number => Math.max(0, ...all.map(of))
  return {
    count: all.reduce((sum, { count }) => sum + count, 0),
    p50: most(({ p50 }) => p50),
    p95: most(({ p95 }) => p95),
    p99: most(({ p99 }) => p99),
    max: most(({ max }) => max),
  }
}

type ReportOf<Kind extends Report['kind']> = Extract<Report, { readonly kind: Kind }>

class PlayingProcess implements AsyncDisposable {
  /** 0 for the first. */
  readonly index: number
  readonly #of: number
  readonly #child: ChildProcess
  readonly #chunks: Buffer[] = []
  #bytes = 0
  #isDrained: boolean = false
  #said = ''
  #end: { readonly how: string; readonly us: number } | undefined
  #hear: (report: Report) => void = () => undefined
  #hearEnd: () => void = () => undefined

  constructor(index: number, of: number) {
    this.index = index
    this.#of = of
    this.#child = fork(PLAYER, {
      cwd: process.cwd(),
      execArgv: [],
      // In order: nothing to read, nothing to print, last words, messages, operations.
      stdio: ['ignore', 'ignore', 'pipe', 'ipc', 'pipe'],
      // Out of the terminal's reach: an interrupt is the run's to handle, and the process
      // ends with the run's channel.
      detached: true,
    })
    this.#child.on('message', (report: Report) => this.#hear(report))
    this.#child.on('error', () => undefined)
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#said = (this.#said + chunk.toString()).slice(-STDERR_CHARACTERS_MAX)
    })
    this.#child.once('exit', (code, signal) => {
      this.#end = { how: signal ?? `exit code ${code}`, us: returnedNowUs() }
      this.#hearEnd()
    })
    const operations = this.#child.stdio[OPERATIONS_FD]
    if (!(operations instanceof Readable))
      throw new Error('a playing process has no way to tell its operations')
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

  /** Everything that was written, in one piece. */
  stream(): Buffer {
    return Buffer.concat(this.#chunks)
  }

  /** When its calls in flight ended unanswered, if they did. */
  endedUs(): number {
    return this.#end?.us ?? returnedNowUs()
  }

  /** How it ended before its time, as a clause. */
  end(): string {
    const why =
      this.#bytes > STREAM_BYTES_MAX
        ? 'it recorded more than a run can keep'
        : (this.#end?.how ?? 'it did not answer any more')
    const line = this.#said.split('\n').findLast((each) => /error/i.test(each))
    const said = line === undefined ? '' : `: ${line.trim()}`
    return `process ${this.index + 1} of ${this.#of} ended before its time (${why}${said})`
  }

  tell(order: Order): void {
    // A process that is gone hears nothing, and its end is noticed elsewhere.
    if (this.#child.connected) this.#child.send(order, () => undefined)
  }

  /** Undefined where it ended, or had to be ended, without an answer. */
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
      this.#hear = resolve
      this.#hearEnd = () => resolve(undefined)
      this.tell(order)
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
    // What it wrote is still on its way: all of it, or what it wrote before its end.
    const endMs = monotonicMs() + DRAIN_DEADLINE_MS
    while (monotonicMs() < endMs) {
      if (report === undefined ? this.#isDrained : this.#bytes >= report.streamBytes) return report
      await delay(DRAIN_POLL_MS)
    }
    if (report === undefined) return undefined
    throw new Error(`the operations of process ${this.index + 1} of ${this.#of} did not all arrive`)
  }

  /**
   * The other's time must lie between asking for it and hearing it, every time. Two clocks that are not the
   * same one would have to be set alike to within a round trip, which is a fraction of a millisecond.
   */
  async proveSameClock(): Promise<void> {
    for (let sample = 0; sample < CLOCK_SAMPLES && this.#end === undefined; sample += 1) {
      const askedMs = monotonicMs()
      const report = await this.#asked({ kind: 'clock' }, 'clock', OPEN_DEADLINE_MS)
      const heardMs = monotonicMs()
      if (report !== undefined && (report.nowMs < askedMs || report.nowMs > heardMs)) {
        throw new Error(
          `the clocks of two processes do not agree (${report.nowMs} ms is not between ${askedMs} and ${heardMs}), so no order of their operations can be told`,
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
        this.#hearEnd = resolve
      })
      this.tell({ kind: 'close' })
      const timer = setTimeout(() => this.killNow(), CLOSE_DEADLINE_MS)
      await ended
      clearTimeout(timer)
    }
    if (this.#child.connected) this.#child.disconnect()
    this.#child.stdio[OPERATIONS_FD]?.destroy()
  }
}
