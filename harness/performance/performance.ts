/** Runs the callers of a workload, in this process or in several. */
import { randomBytes } from 'node:crypto'
import type { ReservationStrategy } from '../../strategies/strategy.ts'
import type { MeterReading } from '../engines/engine.ts'
import type { Ground } from '../ground/ground.ts'
import { type PlayOptions, type PlayOutcome, play } from '../workloads/play.ts'
import type { PlanSettings, Workload, WorkloadPlan } from '../workloads/workload.ts'
import type { PlayedOperation } from './figures.ts'
import { type Sample, Sampler } from './sampler.ts'

export interface Performance extends MeterReading {
  readonly played: readonly PlayedOperation[]
  readonly elapsedMs: number
  readonly ended: PlayOutcome['ended']
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

/** The same requests on separate resources, by no more callers than necessary. */
export function warmupPlanOf(workload: Workload, settings: PlanSettings): WorkloadPlan {
  const concurrency = Math.min(settings.concurrency, WARMUP_CALLERS_MAX)
  return workload.plan({ ...settings, concurrency, prefix: WARMUP_PREFIX })
}

/** What one process runs. */
export interface Part {
  readonly plan: WorkloadPlan
  /** Absent without a warm-up. */
  readonly warmup: WorkloadPlan | undefined
  readonly warmupMs: number
  readonly settleMsMax: number
  readonly options: Omit<PlayOptions, 'record' | 'durationMs' | 'prefix' | 'trial'>
  /** Replaces the list in memory. */
  readonly record?: PlayOptions['record']
  /** Called with the progress. */
  readonly onSample?: (sample: Sample) => void
}

/** Enough random bytes for unique names. */
const TRIAL_BYTES = 4

/** Runs all callers in this process. `batched` grows as the strategy sends batches. */
export function alone(
  strategy: ReservationStrategy,
  meter: Pick<Ground, 'resetMeter' | 'readMeter'>,
  batched: readonly number[],
  { plan, warmup, warmupMs, settleMsMax, options, record, onSample }: Part,
): Players {
  // A strategy that writes outside its namespace would otherwise find the holds of an earlier trial.
  const trial = randomBytes(TRIAL_BYTES).toString('hex')
  return {
    async warmUp() {
      if (warmup === undefined) return
      const { announce: _unrecorded, ...silent } = options
      const warming = {
        ...silent,
        trial,
        prefix: WARMUP_PREFIX,
        durationMs: warmupMs,
        record: () => undefined,
      }
      const { settle } = await play(strategy, warmup, warming)
      await settle(settleMsMax)
    },
    async play() {
      const played: PlayedOperation[] = []
      const batchedBefore = batched.length
      meter.resetMeter()
      const sampler = onSample && new Sampler(onSample)
      const keep = record ?? ((operation, role) => played.push({ operation, role }))
      const playing = play(strategy, plan, {
        ...options,
        trial,
        record(operation, role) {
          keep(operation, role)
          sampler?.add(operation, role)
        },
      })
      const { elapsedMs, ended, settle } = await playing.finally(() => sampler?.end())
      return {
        played,
        elapsedMs,
        ended,
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
