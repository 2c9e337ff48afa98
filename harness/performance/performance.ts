/** The result of one run, by this process or by several. */
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
  /** Callers in each batch that was sent. */
  readonly batched: readonly number[]
  /** The server processes of sessions that were used beside those of the ground's own pool. */
  readonly sessions: readonly number[]
  /** Processes that ended before their time, one clause each: what they left under way may still go on. */
  readonly lost: readonly string[]
  /**
   * Waits until calls that got no answer in time have settled after all, at most so
   * long; says how many have not.
   */
  settle(waitMsMax: number): Promise<number>
}

export interface Players {
  /** Plays on resources of its own; nothing of it is recorded. */
  warmUp(): Promise<void>
  play(): Promise<Performance>
}

/** Before the ids of whatever a warm-up makes. */
export const WARMUP_PREFIX = 'warmup-'
/** All connections of a usual pool; who has to queue for one warms nothing more, and must be waited for. */
const WARMUP_CALLERS_MAX = 16

/** The same requests on resources of their own, by no larger crowd than it takes. */
export function warmupPlanOf(workload: Workload, settings: PlanSettings): WorkloadPlan {
  const concurrency = Math.min(settings.concurrency, WARMUP_CALLERS_MAX)
  return workload.plan({ ...settings, concurrency, prefix: WARMUP_PREFIX })
}

/** What this process or another is to play. */
export interface Part {
  readonly plan: WorkloadPlan
  /** Absent where nothing is played first. */
  readonly warmup: WorkloadPlan | undefined
  readonly warmupMs: number
  readonly settleMsMax: number
  readonly options: Omit<PlayOptions, 'record' | 'durationMs' | 'prefix' | 'trial'>
  /** Instead of a list in memory. */
  readonly record?: PlayOptions['record']
  /** Told how it goes while it is played. */
  readonly onSample?: (sample: Sample) => void
}

/** Enough that no two trials of anybody's meet. */
const TRIAL_BYTES = 4

/** All callers in this process. `batched` grows as the strategy sends its batches. */
export function alone(
  strategy: ReservationStrategy,
  meter: Pick<Ground, 'resetMeter' | 'readMeter'>,
  batched: readonly number[],
  { plan, warmup, warmupMs, settleMsMax, options, record, onSample }: Part,
): Players {
  // A strategy that writes outside its namespace would otherwise meet the holds of an earlier trial.
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
        // Before anything else travels, such as the probes of an audit.
        batched: batched.slice(batchedBefore),
        sessions: [],
        lost: [],
        settle,
      }
    },
  }
}
