/**
 * Runs a plan against a strategy: the callers run concurrently, each one session after another, and every
 * call is recorded.
 */
import type { ReservationStrategy } from '../../strategies/strategy.ts'
import { monotonicMs } from '../clock.ts'
import type { Operation } from '../history/record.ts'
import { CallerIds } from './caller-ids.ts'
import { type OpenLoop, Pacer } from './open-loop.ts'
import { PendingCalls } from './pending-calls.ts'
import { RecordedCalls } from './recorded-calls.ts'
import { RunState } from './run-state.ts'
import { type SessionOptions, SessionRunner } from './session-runner.ts'
import type { BuyerSession, Caller, Role, WorkloadPlan } from './workload.ts'

/** The longest wait for an answer; the strategies' own limits are far below it. */
export const CALL_TIMEOUT_MS = 30_000
/**
 * If no caller gets an answer for so long, the engine is gone, and to continue would prove nothing. Longer
 * than a database takes to recover from the loss of a process, during which it refuses every request at once.
 */
const SILENCE_MS_MAX = 10_000
/**
 * A caller waits after an unknown answer, twice as long after each further one: a dead engine is not flooded
 * with requests, and one that recovers is noticed soon.
 */
const UNKNOWN_PAUSE_MS_FIRST = 20
const UNKNOWN_PAUSE_MS_MAX = 640

export interface PlayOptions extends SessionOptions {
  /** Receives every operation when it ends. */
  readonly record: (operation: Operation, role: Role) => void
  /**
   * Receives every operation when it begins, as unknown: that is what it is if this process ends before the
   * answer. If the receiver writes it down at once, nothing is lost.
   */
  readonly announce?: (operation: Operation, role: Role) => void
  /** The callers that run in this process, where several share the plan; all by default. */
  readonly share?: Share
  /** Instead of the plan's own: for a warm-up. */
  readonly durationMs?: number
  /** Put before every hold id, so that those of a warm-up differ. */
  readonly prefix?: string
  /** Part of every hold id, so that no two trials share one; absent where there is only one. */
  readonly trial?: string
  /** Ends the run at once; calls in flight become unknown. */
  readonly signal?: AbortSignal
  /** Buyers begin at its times; by default each begins as soon as its caller is free. */
  readonly openLoop?: OpenLoop
  readonly callTimeoutMs?: number
  readonly silenceMsMax?: number
}

/** Every `of`-th caller, from this index on. */
export interface Share {
  /** From 0. */
  readonly index: number
  readonly of: number
}

export interface PlayOutcome {
  readonly elapsedMs: number
  /**
   * `time`: the duration passed. `demand`: all callers finished. `no-answers`: the engine seems to be gone.
   */
  readonly ended: 'time' | 'demand' | 'no-answers' | 'aborted'
  /** Waits, with a limit, until calls that got no answer in time have settled; returns how many have not. */
  settle(waitMsMax: number): Promise<number>
}

/** Throws what a strategy throws if the harness itself made an invalid request. */
export async function play(
  strategy: ReservationStrategy,
  plan: WorkloadPlan,
  options: PlayOptions,
): Promise<PlayOutcome> {
  const { signal, durationMs = plan.durationMs, share = { index: 0, of: 1 } } = options
  const pending = new PendingCalls(options.callTimeoutMs ?? CALL_TIMEOUT_MS)
  const run = new RunState(() => pending.giveUp())
  const calls = new RecordedCalls({
    strategy,
    pending,
    record: options.record,
    announce: options.announce,
    // New numbers follow those of the callers, and are as disjoint as the shares.
    processes: { first: plan.callers.length + share.index, step: share.of },
    silenceMsMax: options.silenceMsMax ?? SILENCE_MS_MAX,
    onSilence: () => run.stop('no-answers'),
  })
  const sessions = new SessionRunner(calls, run, options)
  const nextSession = sharedQueue(share)
  const startedMs = monotonicMs()
  const end = endOf(plan, { startedMs, durationMs, isWarmup: options.durationMs !== undefined })
  let failure: unknown
  const { openLoop } = options
  const pacer = openLoop && new Pacer(openLoop, startedMs, durationMs)
  const runCaller = async (caller: Caller, index: number): Promise<void> => {
    try {
      const ids = new CallerIds(caller.role, index, nameOf(caller, index, options))
      // Bystanders and sweepers are not what is offered.
      const open = caller.role === 'buyer' && openLoop && pacer && { openLoop, pacer }
      const next = () => nextSession(caller)
      const wait = async (ms: number): Promise<boolean> => {
        await run.sleep(ms)
        return !run.isOver
      }
      const arrives = () => caller.arrives?.(wait)
      await runSessions(next, ids, { sessions, run, arrives, isOver: end.isOver, ...(open && { open }) })
    } catch (error) {
      // Keep the first failure: later ones may only follow from stopping the others.
      failure ??= error
      run.stop('failed')
    }
  }
  const abort = () => run.stop('aborted')
  const timer = setTimeout(() => run.end(), end.afterMsMax)
  signal?.addEventListener('abort', abort, { once: true })
  if (signal?.aborted === true) abort()
  try {
    await Promise.all(
      plan.callers.map(async (caller, index) => {
        if (index % share.of === share.index) await runCaller(caller, index)
      }),
    )
  } finally {
    clearTimeout(timer)
    pending.stop()
    signal?.removeEventListener('abort', abort)
  }
  if (run.stopped === 'failed') throw failure
  return {
    elapsedMs: monotonicMs() - startedMs,
    ended: run.stopped ?? (run.isOver || end.isOver() ? 'time' : 'demand'),
    settle: (waitMsMax) => pending.settle(waitMsMax),
  }
}

/** A run is over after its time, and not before the plan has shown what it is for; a warm-up shows none. */
function endOf(
  { goesOn }: WorkloadPlan,
  {
    startedMs,
    durationMs,
    isWarmup,
  }: { readonly startedMs: number; readonly durationMs: number; readonly isWarmup: boolean },
): { readonly afterMsMax: number; isOver(): boolean } {
  const more = isWarmup ? undefined : goesOn
  return {
    // Sleeping callers are woken at the latest by then.
    afterMsMax: Math.max(durationMs, more?.durationMsMax ?? 0),
    isOver: () => monotonicMs() >= startedMs + durationMs && more?.isEnough() !== false,
  }
}

async function runSessions(
  next: () => BuyerSession | undefined,
  ids: CallerIds,
  {
    sessions,
    run,
    arrives,
    isOver,
    open,
  }: {
    readonly sessions: SessionRunner
    readonly run: RunState
    arrives(): Promise<void> | undefined
    isOver(): boolean
    readonly open?: { readonly openLoop: OpenLoop; readonly pacer: Pacer }
  },
): Promise<void> {
  let pauseMs = UNKNOWN_PAUSE_MS_FIRST
  // The clock is read as well, because a strategy that never yields to the event loop delays every timer.
  while (!run.isOver && !isOver()) {
    const arrival = arrives()
    // Not awaited where nobody is waited for: it would cost every session a turn.
    if (arrival !== undefined) await arrival
    const session = next()
    if (session === undefined) return
    const intendedMs = open?.pacer.next()
    if (open !== undefined) {
      if (intendedMs === undefined) return
      await run.sleep(intendedMs - monotonicMs())
      if (run.isOver) return
      open.openLoop.began()
    }
    const onAnswer = () => open?.openLoop.answered(monotonicMs() - (intendedMs ?? 0))
    if (await sessions.run(ids, session, onAnswer)) {
      pauseMs = UNKNOWN_PAUSE_MS_FIRST
    } else {
      await run.sleep(pauseMs)
      pauseMs = Math.min(2 * pauseMs, UNKNOWN_PAUSE_MS_MAX)
    }
  }
}

/** The start of a caller's hold ids. */
function nameOf({ role }: Caller, index: number, { prefix = '', trial }: PlayOptions): string {
  return `${prefix}${role}${index}${trial === undefined ? '' : `-${trial}`}`
}

/** From a queue that all callers share, each process takes the sessions of its share and skips the others. */
function sharedQueue({ index, of }: Share): (caller: Caller) => BuyerSession | undefined {
  let hasDrawn = false
  return (caller) => {
    if (caller.queue !== 'shared') return caller.next()
    const others = hasDrawn ? of - 1 : index
    hasDrawn = true
    for (let skipped = 0; skipped < others; skipped++) caller.next()
    return caller.next()
  }
}
