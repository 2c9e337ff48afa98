/**
 * One trial: one strategy, one workload, one number of callers, once. It stands on fresh tables, warms up on resources
 * of its own, plays, waits until nothing moves any more, audits the store, and judges what was recorded.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { ReservationStrategy, Resource } from '../../strategies/strategy.ts'
import { TTL_MS_MAX } from '../../strategies/validation.ts'
import { type Audited, audit } from '../audit/audit.ts'
import { describe } from '../checker/conviction.ts'
import { judge } from '../checker/judge.ts'
import { raceOf } from '../checker/race.ts'
import type { Verdict } from '../checker/verdict.ts'
import { monotonicMs } from '../clock.ts'
import type { Engines } from '../engines/open.ts'
import { isAsPromised } from '../entries/as-promised.ts'
import { whyNotShareable } from '../entries/shareable.ts'
import { reasonOf } from '../errors.ts'
import { type Ground, prepareGround } from '../ground/ground.ts'
import type { EngineClock, HistoryHeader, HistoryRecord, Operation } from '../history/record.ts'
import { batchesOf, callsSeconds, figures, timelineOf } from '../performance/figures.ts'
import { alone, type Players, WARMUP_PREFIX, warmupPlanOf } from '../performance/performance.ts'
import type { Sample } from '../performance/sampler.ts'
import type { Trial } from '../results/trial.ts'
import { CALL_TIMEOUT_MS } from '../workloads/play.ts'
import { Random } from '../workloads/random.ts'
import type { Plan, PlanSettings, Workload } from '../workloads/workload.ts'
import { saidAgain } from './acknowledged.ts'
import { readClockNowAndThen } from './clock-reader.ts'

export interface TrialSettings {
  readonly workload: Workload
  readonly concurrency: number
  readonly durationMs: number
  /** Played first and not counted; 0 for none. */
  readonly warmupMs: number
  /** 1 for the first. */
  readonly repeat: number
  readonly seed: number
  readonly poolSize: number
  /** Operating-system processes that share the callers, who may be fewer; 1 by default, which is this one. */
  readonly processes?: number
  /** How long an application works between a strategy's read and its write. */
  readonly criticalSectionMs: number
  /** Ends the trial early; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal
  /** Told a few times a second how it goes. */
  readonly onSample?: (sample: Sample) => void
  /** Instead of the player's own limit. */
  readonly callTimeoutMs?: number
  /** Instead of `SETTLE_MS_MAX`. */
  readonly settleMsMax?: number
}

export interface TrialResult {
  readonly trial: Trial
  readonly history: readonly HistoryRecord[]
}

/** The probes of an audit come one after another. */
const AUDIT_POOL = 4
/** Between two readings the wall clock may have been slewed there and back; a millisecond covers 500 ppm for seconds. */
const CLOCK_SLACK_MS = 1
/** No hold lasts longer: where nobody knows how the clock went on, no deadline proves anything. */
const CLOCK_LOST_ERROR_MS = TTL_MS_MAX
/** An engine that was restarted is reached again well within this; one that is gone costs no more. */
const RECONNECT_MS_MAX = 1_000
const RECONNECT_POLL_MS = 20
/** Holds that fall due sooner than this are waited for; later ones are still live when the store is read. */
const EXPIRY_WAIT_MS_MAX = 5_000
/** Past the deadline by every clock, and by the whole millisecond that a timer may fire early. */
const EXPIRY_MARGIN_MS = 2
/** For calls that were given up on: the strategies' own limits end them about then. */
const SETTLE_MS_MAX = 10_000

/** Rejects when the trial could not be carried out; whatever a strategy answers, however wrong, is a result. */
export async function runTrial(
  entry: StrategyEntry,
  engines: Engines,
  settings: TrialSettings,
): Promise<TrialResult> {
  settings.signal?.throwIfAborted()
  const { seed, criticalSectionMs, poolSize } = settings
  const processes = processesOf(settings)
  const why = processes > 1 ? whyNotShareable(entry) : undefined
  if (why !== undefined) throw new RangeError(why)
  // Those who play have pools of their own; this process then only prepares and audits.
  const ground = await prepareGround(
    entry,
    engines,
    processes > 1 ? Math.min(poolSize, AUDIT_POOL) : poolSize,
  )
  try {
    const random = new Random(seed, 'strategy', entry.name)
    const batched: number[] = []
    const strategy = await entry.open(ground.connections, {
      criticalSection: criticalSectionMs > 0 ? () => delay(criticalSectionMs) : nothing,
      onBatch: (callers) => batched.push(callers),
      random: () => random.float(),
    })
    try {
      return await onGround(entry, { ground, strategy, batched }, settings)
    } finally {
      await strategy.close()
    }
  } finally {
    await ground.dispose()
  }
}

interface Opened {
  readonly ground: Ground
  readonly strategy: ReservationStrategy
  /** Callers in each batch that the strategy has sent since it was opened. */
  readonly batched: readonly number[]
}

async function onGround(entry: StrategyEntry, opened: Opened, settings: TrialSettings): Promise<TrialResult> {
  const { ground, strategy } = opened
  const { workload, concurrency, durationMs, warmupMs, seed, signal } = settings
  const { settleMsMax = SETTLE_MS_MAX } = settings
  const planSettings: PlanSettings = { seed, concurrency, durationMs }
  const plan = workload.plan(planSettings)
  const warmup = warmupMs > 0 ? warmupPlanOf(workload, planSettings) : undefined
  const before = await ground.readClock()
  await strategy.createResources([...plan.resources, ...(warmup?.resources ?? [])])
  const begun: HistoryHeader = {
    type: 'history',
    format: 2,
    strategy: entry.name,
    workload: workload.name,
    seed,
    startedAt: new Date().toISOString(),
    resources: plan.resources,
    clock: before,
    freesLateMs: entry.promises.freesLateMs,
    refusals: entry.promises.refusals,
  }
  await using players = await playersOf(entry, opened, { plan, warmup, planSettings, begun }, settings)
  if (warmup !== undefined) {
    await players.warmUp()
    signal?.throwIfAborted()
  }
  const startedAt = new Date().toISOString()
  const clockReader = readClockNowAndThen(ground)
  const performance = await players.play().finally(() => clockReader.stop())
  const { played, elapsedMs, ended, poolWaitMs, poolWaitSeconds, connectionSeconds, lost: gone } = performance
  const batches = batchesOf(performance.batched)
  signal?.throwIfAborted()

  const operations = played.map(({ operation }) => operation)
  const unsettled = await performance.settle(settleMsMax)
  const { clock, lost } = await clockSince(before, ground)
  const { freesLateMs } = entry.promises
  let audited: Audited
  if (lost !== undefined) {
    audited = { operations: [], failures: [`the engine was gone after the play: ${lost}`] }
  } else if (unsettled > 0) {
    audited = {
      operations: [],
      failures: [`${unsettled} calls never ended, so that the store could not be read at rest`],
    }
  } else if (gone.length > 0) {
    audited = {
      operations: [],
      failures: [`what they left under way may still go on, so that the store could not be read at rest`],
    }
  } else {
    await waited(dueInMs(operations, clock, freesLateMs), signal)
    audited = await audit({
      strategy,
      ledger: entry.ledger,
      stores: ground.stores,
      leftOpen: () => ground.leftOpen(performance.sessions),
      resources: byDemand(plan.resources, operations),
      holds: operations.flatMap((each) =>
        each.op === 'hold' ? [{ id: each.holdId, lines: each.lines }] : [],
      ),
      skip: { prefix: WARMUP_PREFIX },
    })
    if (audited.storeNotRead !== undefined) {
      const again = await saidAgain(entry, ground, operations)
      audited = {
        ...audited,
        operations: [...audited.operations, ...again.operations],
        failures: [...audited.failures, ...again.failures],
      }
    }
  }
  const after: ClockSince = lost === undefined ? await clockSince(clock, ground) : { clock }
  const header: HistoryHeader = { ...begun, startedAt, clock: after.clock }
  const history: readonly HistoryRecord[] = [
    header,
    ...operations,
    ...clockReader.readings,
    ...audited.operations,
    ...(audited.record === undefined ? [] : [audited.record]),
  ]
  // A strategy that states no ledger is judged by what it answered.
  const requireAudit = audited.storeNotRead === undefined
  const doubts = [...audited.failures]
  if (after.lost !== undefined) doubts.push(`the engine was gone after the audit: ${after.lost}`)
  if (ended === 'no-answers') {
    const last = operations.findLast(({ result }) => result === 'info')
    const why = last?.result === 'info' ? ` (${last.error})` : ''
    doubts.push(`the engine gave no answers any more${why}, and the play was ended early`)
  }
  const verdict = doubted(judge(history, { requireAudit }), doubts, gone)

  const { counts, ...measured } = figures(played, elapsedMs)
  const timeline = timelineOf(played)
  const race = verdict.verdict === 'invalid' ? raceOf(verdict, header) : undefined
  const trial: Trial = {
    strategy: entry.name,
    promises: entry.promises,
    workload: workload.name,
    concurrency,
    ...(processesOf(settings) > 1 && { processes: processesOf(settings) }),
    repeat: settings.repeat,
    seed,
    criticalSectionMs: settings.criticalSectionMs,
    elapsedMs,
    counts,
    ...measured,
    connectionSecondsPerSuccess: counts.held > 0 ? connectionSeconds / counts.held : 0,
    poolWaitMs,
    timeSpent: { callsSeconds: callsSeconds(played), poolWaitSeconds, connectionSeconds },
    ...(timeline !== undefined && { timeline }),
    ...(batches !== undefined && { batches }),
    verdict: verdict.verdict,
    asPromised: isAsPromised(entry.promises, verdict),
    verdictReasons: verdict.reasons,
    ...(audited.storeNotRead !== undefined && { storeNotRead: audited.storeNotRead }),
    violations: verdict.violations.map(({ rule, kind, message }) => ({ rule, kind, message })),
    violationsTotal: verdict.violationsTotal,
    oversoldUnits: verdict.oversoldUnits,
    overReservedUnits: verdict.overReservedUnits,
    spuriousRefusals: verdict.spuriousRefusals,
    ...(verdict.verdict === 'invalid' && { conviction: describe(verdict, header) }),
    ...(race !== undefined && { race }),
  }
  return { trial, history }
}

function nothing(): Promise<void> {
  return RESOLVED
}
const RESOLVED = Promise.resolve()

/** This process, or as many as are wanted. */
async function playersOf(
  entry: StrategyEntry,
  { ground, strategy, batched }: Opened,
  of: {
    readonly plan: Plan
    readonly warmup: Plan | undefined
    readonly planSettings: PlanSettings
    readonly begun: HistoryHeader
  },
  settings: TrialSettings,
): Promise<Players & AsyncDisposable> {
  const { warmupMs, settleMsMax = SETTLE_MS_MAX, signal, callTimeoutMs } = settings
  const processes = processesOf(settings)
  const { plan, warmup, planSettings, begun } = of
  const { clock } = begun
  if (processes === 1) {
    const options = {
      clock,
      ...(signal !== undefined && { signal }),
      ...(callTimeoutMs !== undefined && { callTimeoutMs }),
    }
    const players = alone(strategy, ground, batched, {
      plan,
      warmup,
      warmupMs,
      settleMsMax,
      options,
      ...(settings.onSample && { onSample: settings.onSample }),
    })
    return { ...players, async [Symbol.asyncDispose]() {} }
  }
  // Loaded where it is needed: most trials are played by one process.
  const { startWorkerGroup } = await import('../processes/worker-group.ts')
  const poolSize = Math.ceil(settings.poolSize / processes)
  return await startWorkerGroup({
    count: processes,
    job: {
      strategy: entry.file === undefined ? { name: entry.name } : { file: entry.file },
      workload: settings.workload.name,
      planSettings,
      attachment: ground.attachment(poolSize),
      criticalSectionMs: settings.criticalSectionMs,
      warmupMs,
      settleMsMax,
      clock,
      ...(callTimeoutMs !== undefined && { callTimeoutMs }),
    },
    playMsMax: plan.durationMs + (callTimeoutMs ?? CALL_TIMEOUT_MS),
    header: begun,
    ...(signal !== undefined && { signal }),
  })
}

function processesOf({ processes = 1, concurrency }: TrialSettings): number {
  return Math.min(processes, concurrency)
}

interface ClockSince {
  /** One for everything since the reading before. */
  readonly clock: EngineClock
  /** Why there is no new reading: the engine is gone. */
  readonly lost?: string
}

async function clockSince(before: EngineClock, ground: Ground): Promise<ClockSince> {
  const endMs = monotonicMs() + RECONNECT_MS_MAX
  for (;;) {
    try {
      return { clock: clockOver(before, await ground.readClock()) }
    } catch (error) {
      if (monotonicMs() < endMs) {
        await delay(RECONNECT_POLL_MS)
        continue
      }
      return { clock: { ...before, errorMs: CLOCK_LOST_ERROR_MS }, lost: reasonOf(error) }
    }
  }
}

/** One clock for both readings and everything between them. */
function clockOver(before: EngineClock, after: EngineClock): EngineClock {
  const driftMs = Math.abs(after.offsetMs - before.offsetMs)
  return {
    offsetMs: (before.offsetMs + after.offsetMs) / 2,
    errorMs: Math.max(before.errorMs, after.errorMs) + driftMs + CLOCK_SLACK_MS,
  }
}

/** Rejects with the signal's own reason rather than with a timer's. */
async function waited(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(ms, undefined, signal === undefined ? {} : { signal })
  } finally {
    signal?.throwIfAborted()
  }
}

/** How long until every hold is due that may still be live and falls due soon. */
function dueInMs(operations: readonly Operation[], clock: EngineClock, freesLateMs: number): number {
  const ended = new Set<string>()
  for (const operation of operations) {
    if (operation.op !== 'confirm' && operation.op !== 'release') continue
    if (operation.result === 'ok') ended.add(operation.holdId)
  }
  const nowMs = monotonicMs()
  let waitMs = 0
  for (const operation of operations) {
    if (operation.op !== 'hold' || operation.result === 'fail' || ended.has(operation.holdId)) continue
    // A hold of unknown outcome may have been made as late as the moment its caller stopped waiting.
    const dueMs =
      operation.result === 'ok'
        ? operation.deadlineMs - clock.offsetMs
        : operation.returnedUs / 1_000 + operation.ttlMs
    const marginMs = clock.errorMs + freesLateMs + EXPIRY_MARGIN_MS
    const dueInMs = dueMs - nowMs + marginMs
    if (dueInMs <= EXPIRY_WAIT_MS_MAX + marginMs) waitMs = Math.max(waitMs, dueInMs)
  }
  return waitMs
}

/** The most wanted first; as listed among equals. */
function byDemand(resources: readonly Resource[], operations: readonly Operation[]): readonly Resource[] {
  const wanted = new Map<string, number>()
  for (const operation of operations) {
    if (operation.op !== 'hold') continue
    for (const [id] of operation.lines) wanted.set(id, (wanted.get(id) ?? 0) + 1)
  }
  return resources.toSorted((one, other) => (wanted.get(other.id) ?? 0) - (wanted.get(one.id) ?? 0))
}

/** What could not be found out makes a pass worthless. A conviction stands. */
function doubted(verdict: Verdict, doubts: readonly string[], gone: readonly string[]): Verdict {
  if (doubts.length + gone.length === 0 || verdict.verdict === 'invalid') return verdict
  // What explains the most comes first: processes that are gone, then what the audit could not find out.
  return { ...verdict, verdict: 'unknown', reasons: [...gone, ...doubts, ...verdict.reasons] }
}
