/** Runs the callers of a workload, in this process or in several. */
import { randomBytes } from 'node:crypto'
import { performance as eventLoop } from 'node:perf_hooks'
import type { ReservationStrategy } from '../../strategies/strategy.ts'
import type { MeterReading } from '../engines/engine.ts'
import type { Ground } from '../ground/ground.ts'
import { type PlayOptions, type PlayOutcome, play } from '../workloads/play.ts'
import type { PlanSettings, Workload, WorkloadPlan } from '../workloads/workload.ts'
import type { CriticalSection } from './critical-section.ts'
import type { PlayedOperation } from './figures.ts'
import { KeptOperations } from './kept-operations.ts'
import { type Sample, Sampler } from './sampler.ts'

export interface Performance extends MeterReading {
  /** Can be iterated again and again. */
  readonly played: Iterable<PlayedOperation>
  readonly elapsedMs: number
  readonly ended: PlayOutcome['ended']
  /** Milliseconds of processor time of all processes that ran callers. */
  readonly cpuMs: number
  /** The share of the time in which the thread of the callers was busy; of several, the busiest one's. */
  readonly generatorBusy: number
  /** Whether a critical section was spent within a hold, and whether one after a hold was answered. */
  readonly workedWithin: boolean
  readonly workedAfter: boolean
  /** The number of callers in each batch. */
  readonly batched: readonly number[]
  /** The server processes of sessions that other processes opened. */
  readonly sessions: readonly number[]
  /** Processes that ended too early, one clause each; their last calls may still be running. */
  readonly lost: readonly string[]
  /** Waits until abandoned calls have ended; resolves with the number of those that have not in time. */
  settle(waitMsMax: number): Promise<number>
}

export interface Players {
  /** Runs on separate resources, without a record. */
  warmUp(): Promise<void>
  play(): Promise<Performance>
}

/** The prefix of all ids of a warm-up. */
export const WARMUP_PREFIX = 'warmup-'
/** The size of a usual pool: more callers would only queue for connections. */
const WARMUP_CALLERS_MAX = 16

/** A warm-up that outlasts its stock ends with it. */
const WARMUP_STOCK_MS = 200

/** The same requests on separate resources, by no more callers than necessary. */
export function warmupPlanOf(workload: Workload, settings: PlanSettings): WorkloadPlan {
  const concurrency = Math.min(settings.concurrency, WARMUP_CALLERS_MAX)
  const durationMs = Math.min(settings.durationMs, WARMUP_STOCK_MS)
  return workload.plan({ ...settings, concurrency, durationMs, prefix: WARMUP_PREFIX })
}

/** What one process runs. */
export interface Part {
  readonly plan: WorkloadPlan
  /** Absent without a warm-up. */
  readonly warmup: WorkloadPlan | undefined
  readonly warmupMs: number
  readonly settleMsMax: number
  readonly options: Omit<PlayOptions, 'record' | 'durationMs' | 'prefix' | 'trial'>
  /** Replaces what is kept in this process. */
  readonly record?: PlayOptions['record']
  /** Called with the progress. */
  readonly onSample?: (sample: Sample) => void
}

/** Enough random bytes for unique names. */
const TRIAL_BYTES = 4

/** What a strategy has reported since it was opened. */
export interface Observed {
  /** The number of callers in each batch that it has sent. */
  readonly batched: readonly number[]
  readonly criticalSection: CriticalSection
}

/** Runs all callers in this process. */
export function alone(
  strategy: ReservationStrategy,
  meter: Pick<Ground, 'resetMeter' | 'readMeter'>,
  { batched, criticalSection }: Observed,
  { plan, warmup, warmupMs, settleMsMax, options, record, onSample }: Part,
): Players {
  // A strategy that writes outside its namespace would otherwise find the holds of an earlier trial.
  const trial = randomBytes(TRIAL_BYTES).toString('hex')
  return {
    async warmUp() {
      if (warmup === undefined) return
      const { announce: _unrecorded, openLoop: _measured, ...silent } = options
      const warming = {
        ...silent,
        trial,
        prefix: WARMUP_PREFIX,
        durationMs: warmupMs,
        afterHold: criticalSection.afterHold,
        record: () => undefined,
      }
      const { settle } = await play(strategy, warmup, warming)
      await settle(settleMsMax)
    },
    async play() {
      const played = new KeptOperations(plan.resources)
      const batchedBefore = batched.length
      meter.resetMeter()
      const sampler = onSample && new Sampler(onSample)
      const cpuBefore = process.cpuUsage()
      const busyBefore = eventLoop.eventLoopUtilization()
      const keep = record ?? ((operation, role) => played.add(operation, role))
      const playing = play(strategy, plan, {
        ...options,
        trial,
        afterHold: criticalSection.afterHold,
        record(operation, role) {
          keep(operation, role)
          sampler?.add(operation, role)
        },
      })
      const { elapsedMs, ended, settle } = await playing.finally(() => sampler?.end())
      const { user, system } = process.cpuUsage(cpuBefore)
      const cpuMs = (user + system) / 1_000
      const { utilization } = eventLoop.eventLoopUtilization(busyBefore)
      return {
        played,
        elapsedMs,
        ended,
        cpuMs,
        // A thread that waits for a core looks busy to its event loop, but uses no processor time.
        generatorBusy: Math.min(1, utilization, cpuMs / elapsedMs),
        workedWithin: criticalSection.workedWithin,
        workedAfter: criticalSection.workedAfter,
        ...meter.readMeter(),
        // Read now: the probes of an audit add batches.
        batched: batched.slice(batchedBefore),
        sessions: [],
        lost: [],
        settle,
      }
    },
  }
}
