/** Turns what k6 found into a trial of the results, one for each rate that was offered. */
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { MeterReading } from '../engines/engine.ts'
import { isAsPromised } from '../entries/as-promised.ts'
import { counted } from '../report/format.ts'
import type { Batches, Percentiles } from '../results/figures.ts'
import type { Trial } from '../results/trial.ts'
import type { LoadSummary } from './summary.ts'

/** One part of a run at one rate: k6 calls it a scenario. */
export interface LoadStep {
  readonly scenario: string
  /** Requests begun per second; absent in a closed loop. */
  readonly offeredPerSecond?: number
}

export interface TrialFacts {
  readonly entry: StrategyEntry
  readonly profile: string
  readonly workers: number
  readonly vus: number
  readonly loadMs: number
  readonly criticalSectionMs: number
  readonly meter: MeterReading
  readonly batches: Batches | undefined
}

/** The first trial carries the verdict's counts of the whole run: the store is audited once, in the end. */
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
  const ofStep = (metric: string, key?: string) =>
    value(isOnly ? metric : `${metric}{scenario:${scenario}}`, key)
  const whole = (metric: string) => (facts.at === 0 ? value(metric) : 0)
  const held = ofStep('held')
  const judged = judgedBy(summary, entry)
  return {
    strategy: entry.name,
    promises: entry.promises,
    workload: workloadName(profile, isOnly ? undefined : offeredPerSecond, facts.workers),
    concurrency: facts.vus,
    repeat: facts.repeat,
    seed: 0,
    criticalSectionMs: facts.criticalSectionMs,
    elapsedMs: loadMs,
    counts: {
      held,
      replayed: 0,
      soldOut: whole('sold_out'),
      contended: whole('contended'),
      idReused: 0,
      unknown: ofStep('unknown'),
      confirmed: whole('confirmed'),
      confirmGone: whole('gone'),
      released: whole('released'),
      reads: whole('maps_seen'),
    },
    goodputPerSecond: loadMs > 0 ? (held * 1_000) / loadMs : 0,
    latencyMs: {
      hold: percentilesOf(ofStep, 'hold_ms'),
      ...(value('confirm_ms') > 0 && { confirm: percentilesOf(value, 'confirm_ms') }),
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
    },
    ...judged,
  }
}

/** What is not the same has another name, so that no table takes it for a repeat. */
function workloadName(profile: string, offeredPerSecond: number | undefined, workers: number): string {
  const rate = offeredPerSecond === undefined ? '' : ` at ${offeredPerSecond}/s`
  return `k6/${profile}${rate}${workers === 1 ? '' : `, ${workers} workers`}`
}

type Judged = Pick<
  Trial,
  | 'verdict'
  | 'asPromised'
  | 'verdictReasons'
  | 'violations'
  | 'violationsTotal'
  | 'oversoldUnits'
  | 'overReservedUnits'
  | 'spuriousRefusals'
  | 'conviction'
>

/**
 * By the store, read from outside, and the buyers' own tally. There is no history: who held
 * what when is not known here.
 */
function judgedBy({ value }: LoadSummary, entry: StrategyEntry): Judged {
  const nothing = {
    violations: [],
    violationsTotal: 0,
    oversoldUnits: 0,
    overReservedUnits: 0,
    spuriousRefusals: 0,
  }
  if (value('audits_completed') === 0) {
    return {
      ...nothing,
      verdict: 'unknown',
      asPromised: false,
      verdictReasons: ['the store was not audited'],
    }
  }
  const oversold = value('oversold_units')
  const messages: { readonly kind: string; readonly message: string }[] = []
  if (oversold > 0) {
    messages.push({
      kind: 'oversell',
      message: `the store has sold ${counted(oversold, 'unit')} that are not there`,
    })
  }
  const lost = value('lost_sales')
  if (lost > 0) {
    messages.push({
      kind: 'broken-promise',
      message: `buyers were told of ${counted(lost, 'sale')} that the store does not have`,
    })
  }
  const phantom = -value('phantom_sales')
  if (phantom > 0) {
    messages.push({
      kind: 'broken-promise',
      message: `the store has ${counted(phantom, 'sale')} that no buyer was told of`,
    })
  }
  const complaints = value('store_complaints')
  if (complaints > 0) {
    messages.push({
      kind: 'broken-promise',
      message: `the store contradicts itself in ${counted(complaints, 'place')}`,
    })
  }
  const isValid = messages.length === 0
  const verdict = isValid ? 'valid' : 'invalid'
  return {
    ...nothing,
    verdict,
    asPromised: isAsPromised(entry.promises, { verdict, violations: messages }),
    verdictReasons: [],
    violations: messages.map((each) => ({ rule: 'S', ...each })),
    violationsTotal: messages.length,
    oversoldUnits: oversold,
    ...(!isValid && { conviction: messages.map(({ message }) => message).join('\n') }),
  }
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
