/** Runs the control, the strategy that must be caught, until it is. */
import { oneLine, reasonOf } from '../errors.ts'
import type { Control } from '../results/control.ts'
import { withHistoryKept } from './keep-history.ts'
import type { CompareParts } from './parts.ts'
import { type ComparisonPlan, derivedSeed, networkOf } from './plan.ts'

/** One round is almost always enough; if five are not, this set-up cannot catch the control. */
export const CONTROL_ROUNDS_MAX = 5
/** Enough callers that two of them read the same number of free units before either writes. */
const CONTROL_CONCURRENCY = 32
/** Only a limit: the control's workload ends when everything is sold. */
const CONTROL_DURATION_MS = 1000
/** A slow network does not shorten the control: its workload needs fewer round trips. */
const CONTROL_ROUND_TRIPS = 10

export async function runControl(plan: ComparisonPlan, parts: CompareParts): Promise<Control> {
  const control = await controlOf(plan, parts)
  parts.onEvent({ kind: 'control-ended', control })
  return control
}

async function controlOf(plan: ComparisonPlan, parts: CompareParts): Promise<Control> {
  const { entry, workload } = parts.control
  const missed = (rounds: number, conviction: string): Control => ({
    strategy: entry.name,
    workload,
    oversoldUnits: 0,
    overReservedUnits: 0,
    caught: false,
    rounds,
    conviction,
  })
  const missing = parts.missing.find((engine) => entry.engines.includes(engine.name))
  if (missing !== undefined) return missed(0, `${entry.name} could not be run: ${missing.why}`)
  let lastFailure: string | undefined
  let roundsTried = 0
  for (let round = 1; round <= CONTROL_ROUNDS_MAX && !parts.signal.aborted; round++) {
    roundsTried = round
    parts.onEvent({ kind: 'control-started', round })
    try {
      const caught = await caughtIn(round, plan, parts)
      if (caught !== undefined) return caught
    } catch (error) {
      if (parts.signal.aborted) break
      lastFailure = oneLine(reasonOf(error))
      parts.onEvent({ kind: 'strategy-failed', strategy: entry.name, error })
    }
  }
  const why = parts.signal.aborted
    ? 'the run was ended before it could be'
    : (lastFailure ??
      `${roundsTried} rounds of ${workload} with ${CONTROL_CONCURRENCY} callers did not trigger it`)
  return missed(roundsTried, `${entry.name} was not caught: ${why}`)
}

/** One round; undefined if the control was not convicted in it. */
async function caughtIn(
  round: number,
  plan: ComparisonPlan,
  parts: CompareParts,
): Promise<Control | undefined> {
  const { entry, workload } = parts.control
  const result = await parts.runTrial(entry, {
    workload,
    concurrency: CONTROL_CONCURRENCY,
    durationMs: CONTROL_DURATION_MS + CONTROL_ROUND_TRIPS * (plan.networkLatencyMs ?? 0),
    warmupMs: plan.warmupMs,
    repeat: round,
    seed: derivedSeed(plan.seed, `control/${round}`),
    poolSize: plan.poolSize,
    criticalSectionMs: plan.criticalSectionMs,
    ...networkOf(plan),
    signal: parts.signal,
  })
  if (result.trial.verdict !== 'invalid') return undefined
  const trial = await withHistoryKept(result, 'control', parts)
  return {
    caught: true,
    strategy: entry.name,
    workload,
    rounds: round,
    oversoldUnits: trial.oversoldUnits,
    overReservedUnits: trial.overReservedUnits,
    conviction: trial.conviction ?? trial.violations.map((each) => each.message).join('\n'),
    ...(trial.race !== undefined && { race: trial.race }),
    ...(trial.historyFile !== undefined && { historyFile: trial.historyFile }),
  }
}
