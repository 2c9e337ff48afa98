/** A trial in the form that the results store. */
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { Audited } from '../audit/audit.ts'
import { describe } from '../checker/conviction.ts'
import { raceOf } from '../checker/race.ts'
import type { Verdict } from '../checker/verdict.ts'
import { isAsPromised } from '../entries/as-promised.ts'
import type { HistoryHeader } from '../history/record.ts'
import {
  batchesOf,
  buyersAnswers,
  callsSeconds,
  figures,
  percentiles,
  timelineOf,
} from '../performance/figures.ts'
import { freedAfterMs } from '../performance/freed.ts'
import type { Performance } from '../performance/performance.ts'
import type { NetworkMeasured, Trial } from '../results/trial.ts'
import type { CrowdRecord } from '../workloads/workload.ts'
import { operationsOf } from './judgement.ts'
import { processesOf, type TrialSettings } from './settings.ts'

export interface Finished {
  readonly header: HistoryHeader
  readonly performance: Performance
  readonly audited: Audited
  readonly verdict: Verdict
  readonly network: NetworkMeasured | undefined
  /** Absent if the servers cannot be observed. */
  readonly serversCpuMs: number | undefined
  /** Absent where buyers do not come at their own times. */
  readonly crowd: CrowdRecord | undefined
}

export function summedUp(
  entry: StrategyEntry,
  settings: TrialSettings,
  { header, performance, audited, verdict, network, serversCpuMs, crowd }: Finished,
): Trial {
  const processes = processesOf(settings)
  return {
    strategy: entry.name,
    promises: entry.promises,
    workload: settings.workload.name,
    concurrency: settings.concurrency,
    ...(processes > 1 && { processes }),
    repeat: settings.repeat,
    seed: settings.seed,
    poolSize: settings.poolSize,
    criticalSectionMs: settings.criticalSectionMs,
    ...placeOf(settings, performance),
    ...(settings.arrivalsPerSecond !== undefined && { arrivalsPerSecond: settings.arrivalsPerSecond }),
    ...(network !== undefined && { network }),
    ...(crowd !== undefined && { crowd: crowdOf(crowd) }),
    ...measured(performance, header, serversCpuMs),
    ...(audited.storeNotRead !== undefined && { storeNotRead: audited.storeNotRead }),
    asPromised: isAsPromised(entry.promises, verdict),
    ...judged(verdict, header),
  }
}

function crowdOf({ knownMs, servedMs, ...counts }: CrowdRecord): NonNullable<Trial['crowd']> {
  const waits = (ms: readonly number[]) => percentiles(ms.map((each) => each * 1_000))
  return { ...counts, knownMs: waits(knownMs), servedMs: waits(servedMs) }
}

type Measured = Pick<
  Trial,
  | 'elapsedMs'
  | 'counts'
  | 'answers'
  | 'contendedBecause'
  | 'cpu'
  | 'generatorBusy'
  | 'goodputPerSecond'
  | 'latencyMs'
  | 'attemptsPerSuccess'
  | 'connectionSecondsPerSuccess'
  | 'poolWaitMs'
  | 'timeSpent'
  | 'timeline'
  | 'batches'
>

/** Where the critical section was spent; nothing without one, or if nothing was held. */
function placeOf(
  { criticalSectionMs }: TrialSettings,
  { workedWithin, workedAfter }: Performance,
): Pick<Trial, 'criticalSectionAt'> {
  if (criticalSectionMs === 0 || !(workedWithin || workedAfter)) return {}
  return { criticalSectionAt: workedWithin ? 'within-hold' : 'after-hold' }
}

function measured(performance: Performance, header: HistoryHeader, serversMs: number | undefined): Measured {
  const { played, elapsedMs, poolWaitMs, poolWaitSeconds, connectionSeconds } = performance
  const { counts, ...rates } = figures(played, elapsedMs)
  const { answers, latencyMs, contendedBecause } = buyersAnswers(played)
  const freed = freedAfterMs(operationsOf(performance), header)
  const timeline = timelineOf(played)
  const batches = batchesOf(performance.batched)
  return {
    elapsedMs,
    counts,
    ...rates,
    answers,
    ...(contendedBecause.length > 0 && { contendedBecause }),
    latencyMs: { ...rates.latencyMs, ...latencyMs, ...(freed !== undefined && { freed }) },
    cpu: { clientMs: performance.cpuMs, ...(serversMs !== undefined && { serversMs }) },
    generatorBusy: performance.generatorBusy,
    connectionSecondsPerSuccess: counts.held > 0 ? connectionSeconds / counts.held : 0,
    poolWaitMs,
    timeSpent: { callsSeconds: callsSeconds(played), poolWaitSeconds, connectionSeconds },
    ...(timeline !== undefined && { timeline }),
    ...(batches !== undefined && { batches }),
  }
}

type Judged = Pick<
  Trial,
  | 'verdict'
  | 'verdictReasons'
  | 'violations'
  | 'violationsTotal'
  | 'oversoldUnits'
  | 'overReservedUnits'
  | 'spuriousRefusals'
  | 'conviction'
  | 'race'
>

/** The verdict's part of a trial. */
export function judged(verdict: Verdict, header: HistoryHeader): Judged {
  const isInvalid = verdict.verdict === 'invalid'
  const race = isInvalid ? raceOf(verdict, header) : undefined
  return {
    verdict: verdict.verdict,
    verdictReasons: verdict.reasons,
    violations: verdict.violations.map(({ rule, kind, message }) => ({ rule, kind, message })),
    violationsTotal: verdict.violationsTotal,
    oversoldUnits: verdict.oversoldUnits,
    overReservedUnits: verdict.overReservedUnits,
    spuriousRefusals: verdict.spuriousRefusals,
    ...(isInvalid && { conviction: describe(verdict, header) }),
    ...(race !== undefined && { race }),
  }
}
