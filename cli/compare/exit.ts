/** The exit code of a comparison. */
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

/** The first broken promise of each strategy; the results contain all. */
function brokenPromises(results: Results): readonly Trial[] {
  const broken = results.trials.filter((trial) => trial.verdict === 'invalid' && !trial.asPromised)
  return strategiesOf(results).flatMap((name) => broken.find((trial) => trial.strategy === name) ?? [])
}

/**
 * Strategies that may stay not proven without a failure of the run: those not given by name whose engine is
 * missing or not suitable (one Redis for Redlock), unless REQUIRE_ENGINES names the engine.
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

/** An existing server that is not suitable is excused, even if its engine is bundled. */
function isExcusablyUnfit(entry: StrategyEntry, engines: Engines, env: NodeJS.ProcessEnv): boolean {
  const unfit = whyUnfit(entry, engines)
  return unfit !== undefined && !requiredEngines(env).includes(unfit.engine)
}
