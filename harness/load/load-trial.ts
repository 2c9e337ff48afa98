/** Turns k6's measurements into trials of the results, one for each offered rate. */
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { MeterReading } from '../engines/engine.ts'
import { isAsPromised } from '../entries/as-promised.ts'
import type { Batches, Percentiles } from '../results/figures.ts'
import type { NetworkMeasured, Trial } from '../results/trial.ts'
import { judged } from '../trial/sum-up.ts'
import type { LoadJudgement } from './load-verdict.ts'
import type { LoadSummary } from './summary.ts'

/** The scenario of the scripts in which all buyers come in the same instant. */
export const SPIKE = 'spike'

/** The part of a run at one rate, which k6 calls a scenario. */
export interface LoadStep {
  readonly scenario: string
  /** Requests started per second; absent in a closed loop. */
  readonly offeredPerSecond?: number
}

export interface TrialFacts {
  readonly entry: StrategyEntry
  /** Of the whole run: the store is audited once, at the end. */
  readonly judgement: LoadJudgement
  readonly profile: string
  readonly workers: number
  /** Processes of k6. */
  readonly generators: number
  readonly vus: number
  readonly loadMs: number
  readonly criticalSectionMs: number
  readonly network: NetworkMeasured | undefined
  readonly meter: MeterReading
  readonly batches: Batches | undefined
  /** Processor time of service and engines between two times of the wall clock, in milliseconds. */
  readonly cpuBetween?: (fromMs: number, untilMs: number) => number | undefined
}

/** Only the first trial has what was counted for the whole run. */
export function trialsOf(
  summary: LoadSummary,
  steps: readonly LoadStep[],
  facts: TrialFacts,
): readonly Trial[] {
  return steps.map((step, at) =>
    trialOf(summary, step, { ...facts, repeat: 1, isOnly: steps.length === 1, at }),
  )
}

function trialOf(
  summary: LoadSummary,
  { scenario, offeredPerSecond }: LoadStep,
  facts: TrialFacts & { readonly repeat: number; readonly isOnly: boolean; readonly at: number },
): Trial {
  const { entry, profile, loadMs, isOnly } = facts
  const { value } = summary
  const ofStep = (metric: string, key?: string) => value(`${metric}{scenario:${scenario}}`, key)
  const whole = (metric: string) => (facts.at === 0 ? value(metric) : 0)
  const held = ofStep('held')
  const spike = scenario === SPIKE ? spikeOf(value, facts) : undefined
  const elapsedMs = spike?.knowsMs.max ?? loadMs
  const { verdict, header, storeNotRead } = facts.judgement
  return {
    strategy: entry.name,
    promises: entry.promises,
    workload: workloadName(profile, isOnly ? undefined : offeredPerSecond, facts),
    concurrency: facts.vus,
    repeat: facts.repeat,
    seed: 0,
    criticalSectionMs: facts.criticalSectionMs,
    ...(facts.network !== undefined && { network: facts.network }),
    elapsedMs,
    counts: {
      held,
      replayed: 0,
      soldOut: ofStep('sold_out'),
      contended: ofStep('contended'),
      idReused: 0,
      unknown: ofStep('unknown'),
      confirmed: ofStep('confirmed'),
      confirmGone: whole('gone'),
      released: ofStep('released'),
      reads: whole('maps_seen'),
    },
    goodputPerSecond: elapsedMs > 0 ? (held * 1_000) / elapsedMs : 0,
    latencyMs: {
      hold: percentilesOf(ofStep, 'hold_ms'),
      ...(ofStep('confirm_ms') > 0 && { confirm: percentilesOf(ofStep, 'confirm_ms') }),
      ...(value('map_ms') > 0 && { read: percentilesOf(value, 'map_ms') }),
    },
    attemptsPerSuccess: 0,
    connectionSecondsPerSuccess: value('held') > 0 ? facts.meter.connectionSeconds / value('held') : 0,
    poolWaitMs: facts.meter.poolWaitMs,
    ...(facts.batches && { batches: facts.batches }),
    load: {
      profile,
      ...(offeredPerSecond !== undefined && { offeredPerSecond }),
      droppedIterations: ofStep('dropped_iterations'),
      workers: facts.workers,
      ...(spike !== undefined && { spike }),
    },
    asPromised: isAsPromised(entry.promises, verdict),
    ...(storeNotRead !== undefined && { storeNotRead }),
    ...judged(verdict, header),
  }
}

function spikeOf(
  value: LoadSummary['value'],
  { vus, cpuBetween }: Pick<TrialFacts, 'vus' | 'cpuBetween'>,
): NonNullable<NonNullable<Trial['load']>['spike']> {
  const knowsMs = percentilesOf(value, 'knows_ms')
  const startedMs = value('spike_started_ms', 'value')
  const cpuMs = startedMs > 0 ? cpuBetween?.(startedMs, startedMs + knowsMs.max) : undefined
  return { buyers: vus, knowsMs, ...(cpuMs !== undefined && { cpuMs }) }
}

/** Different settings have different names, so that no table treats them as repeats. */
export function workloadName(
  profile: string,
  offeredPerSecond: number | undefined,
  { workers, generators }: Pick<TrialFacts, 'workers' | 'generators'>,
): string {
  const rate = offeredPerSecond === undefined ? '' : ` at ${offeredPerSecond}/s`
  const by = generators === 1 ? '' : `, ${generators} generators`
  return `k6/${profile}${rate}${workers === 1 ? '' : `, ${workers} workers`}${by}`
}

function percentilesOf(value: LoadSummary['value'], metric: string): Percentiles {
  return {
    count: value(metric, 'count'),
    p50: value(metric, 'med'),
    p95: value(metric, 'p(95)'),
    p99: value(metric, 'p(99)'),
    max: value(metric, 'max'),
  }
}
