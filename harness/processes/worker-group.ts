/**
 * Several processes that run one plan together, each with a share of the callers. Their records are merged by
 * the monotonic clock, which all processes of a host share; this is verified.
 */
import { perishWithProcess } from '../engines/local/lifetime.ts'
import type { HistoryHeader } from '../history/record.ts'
import type { Performance, Players } from '../performance/performance.ts'
import type { Percentiles } from '../results/figures.ts'
import type { Job, PlayedHere } from './messages.ts'
import { operationsOf } from './operation-stream.ts'
import { OPEN_DEADLINE_MS, PlayingProcess } from './playing-process.ts'

export interface WorkerGroupOptions {
  readonly count: number
  readonly job: Omit<Job, 'share'>
  readonly playMsMax: number
  /** Operations are validated against its resources. */
  readonly header: HistoryHeader
  readonly signal?: AbortSignal
}

export interface WorkerGroup extends Players, AsyncDisposable {}

/** Allowed for a warm-up or a run, in addition to its own limits. */
const GRACE_MS = 30_000

/** Rejects if one of the processes cannot take part; all of them have exited by then. */
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
        for (const each of processes) each.send({ kind: 'abort' })
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
    cpuMs: there.reduce((sum, each) => sum + each.cpuMs, 0),
    generatorBusy: Math.max(0, ...there.map((each) => each.generatorBusy)),
    workedWithin: there.some((each) => each.workedWithin),
    workedAfter: there.some((each) => each.workedAfter),
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
    // Each process has already waited.
    settle: async () => unsettled,
  }
}

/** Percentiles cannot be merged, so each one is the largest of any process. */
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
