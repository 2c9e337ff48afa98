/**
 * Runs a plan: the control first, then every round with every strategy. It prints nothing and writes nothing;
 * its caller receives an event for each step, and the histories to keep.
 */
import { withoutEngine } from '../engines/missing.ts'
import { errorCodeOf } from '../error-codes.ts'
import { oneLine, reasonOf } from '../errors.ts'
import { counted } from '../report/format.ts'
import { RESULTS_FORMAT, RESULTS_VERSION } from '../results/constants.ts'
import type { Results } from '../results/results.ts'
import type { RunSettings } from '../results/settings.ts'
import type { NotProven } from '../results/strategies.ts'
import type { Trial } from '../results/trial.ts'
import { runControl } from './control.ts'
import { withHistoryKept } from './keep-history.ts'
import { machineFacts } from './machine.ts'
import type { CompareParts, TrialOrder } from './parts.ts'
import { type ComparisonPlan, networkOf, plannedTrialMs, type Round, rounds } from './plan.ts'

export async function compare(plan: ComparisonPlan, parts: CompareParts): Promise<Results> {
  const startedAt = new Date().toISOString()
  const notProven = untestable(plan, parts)
  const control = await runControl(plan, parts)
  const trials: Trial[] = []
  const queue = rounds(plan).flatMap((round) => round.strategies.map((entry) => ({ round, entry })))
  let pending = queue.filter(({ entry }) => !notProven.has(entry.name))
  let done = 0
  // The ratio of actual to planned time, measured during the run, corrects the estimate.
  let plannedDoneMs = 0
  let keptMs = 0
  const beganAt = performance.now()

  while (!parts.signal.aborted) {
    const [next] = pending
    if (next === undefined) break
    const { round, entry } = next
    const measuredMs = plannedDoneMs - keptMs
    const pace = measuredMs <= 0 ? 1 : (performance.now() - beganAt) / measuredMs
    const remainingMs = pending.reduce((sum, each) => sum + plannedTrialMs(each.round, plan), 0) * pace
    parts.onEvent({ kind: 'trial-started', round, strategy: entry.name, remainingMs })
    try {
      const result = await parts.runTrial(entry, orderOf(round, plan, parts.signal))
      // The figures of a trial that was cut short are not comparable; a conviction still stands.
      if (parts.signal.aborted && result.trial.verdict !== 'invalid') break
      const trial = await withHistoryKept(result, 'trial', parts)
      trials.push(trial)
      done += 1
      parts.onEvent({ kind: 'trial-ended', trial, done, total: done + pending.length - 1 })
      if (result.isKept === true) keptMs += plannedTrialMs(round, plan)
    } catch (error) {
      if (parts.signal.aborted) break
      notProven.set(entry.name, {
        strategy: entry.name,
        why: `failed on ${round.workload} with ${counted(round.concurrency, 'caller')}: ${oneLine(reasonOf(error))}`,
        remedy: remedyOf(error),
        code: errorCodeOf(error),
      })
      parts.onEvent({ kind: 'strategy-failed', strategy: entry.name, error })
    }
    plannedDoneMs += plannedTrialMs(round, plan)
    pending = pending.slice(1).filter((each) => !notProven.has(each.entry.name))
  }

  return {
    format: RESULTS_FORMAT,
    version: RESULTS_VERSION,
    startedAt,
    finishedAt: new Date().toISOString(),
    command: parts.command,
    seed: plan.seed,
    ...(plan.shard !== undefined && { shard: plan.shard }),
    machine: machineFacts(),
    ...(parts.commit === undefined ? {} : { commit: parts.commit }),
    engines: parts.engines,
    settings: settingsOf(plan),
    strategies: plan.strategies.map(({ name, summary, engines }) => ({ name, summary, engines })),
    control,
    trials,
    notProven: [...notProven.values()],
    interrupted: parts.signal.aborted,
  }
}

/** The strategies that cannot be tested, by name: without the control's engine, none can. */
function untestable({ strategies }: ComparisonPlan, parts: CompareParts): Map<string, NotProven> {
  const notProven = new Map<string, NotProven>()
  for (const entry of strategies) {
    const needed = [...parts.control.entry.engines, ...entry.engines]
    const missing = parts.missing.find((engine) => needed.includes(engine.name))
    const unfit = missing === undefined ? parts.unfit?.(entry) : undefined
    if (missing !== undefined) notProven.set(entry.name, withoutEngine(entry.name, missing))
    else if (unfit !== undefined)
      notProven.set(entry.name, { strategy: entry.name, why: unfit.why, remedy: unfit.remedy })
  }
  return notProven
}

function orderOf(
  { strategies: _, tailMs: __, ...round }: Round,
  { warmupMs }: ComparisonPlan,
  signal: AbortSignal,
): TrialOrder {
  return { ...round, warmupMs, signal }
}

function settingsOf(plan: ComparisonPlan): RunSettings {
  const { sections, warmupMs, poolSize, criticalSectionMs } = plan
  const workloads = sections.flatMap((section) => section.workloads)
  return {
    durationMs: Math.max(0, ...workloads.map((workload) => workload.durationMs)),
    warmupMs,
    repeats: Math.max(0, ...sections.map((section) => section.repeats)),
    concurrency: [...new Set(sections.flatMap((section) => section.concurrency))].sort((a, b) => a - b),
    workloads: [...new Set(workloads.map((workload) => workload.name))],
    poolSize,
    criticalSectionMs,
    ...networkOf(plan),
  }
}

/** Errors of engines name their remedy. */
function remedyOf(error: unknown): string {
  const says =
    typeof error === 'object' && error !== null && 'remedy' in error && typeof error.remedy === 'string'
  return says ? String(error.remedy) : 'HOLDFAST_DEBUG=1 shows where'
}
