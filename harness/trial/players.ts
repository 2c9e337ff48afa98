/** Which processes run a trial's callers: this one, or several. */
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { ReservationStrategy } from '../../strategies/strategy.ts'
import type { Ground } from '../ground/ground.ts'
import type { HistoryHeader } from '../history/record.ts'
import { alone, type Observed, type Players } from '../performance/performance.ts'
import { CALL_TIMEOUT_MS } from '../workloads/play.ts'
import type { PlanSettings, WorkloadPlan } from '../workloads/workload.ts'
import { processesOf, SETTLE_MS_MAX, type TrialSettings } from './settings.ts'

export interface Opened {
  readonly ground: Ground
  readonly strategy: ReservationStrategy
  readonly observed: Observed
}

/** The plan to run, and the header of its history. */
export interface PreparedTrial {
  readonly plan: WorkloadPlan
  /** Absent without a warm-up. */
  readonly warmup: WorkloadPlan | undefined
  readonly planSettings: PlanSettings
  readonly header: HistoryHeader
}

export async function playersOf(
  entry: StrategyEntry,
  { ground, strategy, observed }: Opened,
  { plan, warmup, planSettings, header }: PreparedTrial,
  settings: TrialSettings,
): Promise<Players & AsyncDisposable> {
  const { warmupMs, settleMsMax = SETTLE_MS_MAX, signal, callTimeoutMs } = settings
  const processes = processesOf(settings)
  const { clock } = header
  if (processes === 1) {
    const options = {
      clock,
      ...(signal !== undefined && { signal }),
      ...(callTimeoutMs !== undefined && { callTimeoutMs }),
      ...(settings.openLoop && { openLoop: settings.openLoop }),
    }
    const players = alone(strategy, ground, observed, {
      plan,
      warmup,
      warmupMs,
      settleMsMax,
      options,
      ...(settings.onSample && { onSample: settings.onSample }),
    })
    return { ...players, async [Symbol.asyncDispose]() {} }
  }
  // Loaded only if needed: most trials run in one process.
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
    playMsMax: (plan.goesOn?.durationMsMax ?? plan.durationMs) + (callTimeoutMs ?? CALL_TIMEOUT_MS),
    header,
    ...(signal !== undefined && { signal }),
  })
}
