/** With which exit code a comparison ends. */
import type { ComparisonPlan } from '../../harness/compare/plan.ts'
import type { Engines, OpenedEngines } from '../../harness/engines/open.ts'
import { whyUnfit } from '../../harness/ground/fit.ts'
import { standingOf, strategiesOf } from '../../harness/report/standing.ts'
import type { Results } from '../../harness/results/results.ts'
import type { Trial } from '../../harness/results/trial.ts'
import type { StrategyEntry } from '../../strategies/registry.ts'
import { type EndingSignal, EXIT, EXIT_BY_SIGNAL } from '../exit-codes.ts'
import { dispensable, requiredEngines } from '../not-proven.ts'
import type { CompareOptions } from './options.ts'

export function exitOf(
  results: Results,
  cause: EndingSignal | undefined,
  excused: ReadonlySet<string>,
): number {
  if (cause !== undefined) return EXIT_BY_SIGNAL[cause]
  if (brokenPromises(results).length > 0) return EXIT.convicted
  const unproven = strategiesOf(results).some(
    (name) => !excused.has(name) && standingOf(results, name).kind === 'not-proven',
  )
  return unproven || !results.control.caught ? EXIT.notProven : EXIT.asPromised
}

/** The first of each strategy; the others are in the results. */
export function brokenPromises(results: Results): readonly Trial[] {
  const broken = results.trials.filter((trial) => trial.verdict === 'invalid' && !trial.asPromised)
  return strategiesOf(results).flatMap((name) => broken.find((trial) => trial.strategy === name) ?? [])
}

/**
 * Strategies that nobody asked for by name and whose engine is not there, or is not set up for them (one
 * Redis for Redlock): they are reported as not proven, and do not make a run of everything else a failure,
 * unless REQUIRE_ENGINES names the engine.
 */
export function excused(
  { strategies: named }: CompareOptions,
  { strategies }: ComparisonPlan,
  { engines, missing }: OpenedEngines,
  env: NodeJS.ProcessEnv,
): ReadonlySet<string> {
  if (named !== undefined) return new Set()
  const optional = dispensable(missing, env)
  const idle = strategies.filter(
    (entry) => entry.engines.some((name) => optional.includes(name)) || isExcusablyUnfit(entry, engines, env),
  )
  return new Set(idle.map((entry) => entry.name))
}

/** What comes with this program is required where it is missing, and not where it is somebody else's. */
function isExcusablyUnfit(entry: StrategyEntry, engines: Engines, env: NodeJS.ProcessEnv): boolean {
  const unfit = whyUnfit(entry, engines)
  return unfit !== undefined && !requiredEngines(env).includes(unfit.engine)
}
