/** What a tour explores beside what it measures. */
import type { ComparisonPlan } from '../../harness/compare/plan.ts'
import type { OpenedEngines } from '../../harness/engines/open.ts'
import { oneLine, reasonOf } from '../../harness/errors.ts'
import { whyUnfit } from '../../harness/ground/fit.ts'
import type { Results } from '../../harness/results/results.ts'
import type { Sink } from '../output.ts'

/** Two clients and the last unit never have so many, and a strategy of one's own ends there. */
const SCHEDULES_MAX = 500

/**
 * The smallest case of all, in every order of its steps: two clients, the last unit. It takes seconds, and
 * shows for each strategy what stress can only look for.
 */
export async function withProofs(
  results: Results,
  { strategies }: ComparisonPlan,
  { engines }: OpenedEngines,
  { err, signal }: { readonly err: Sink; readonly signal: AbortSignal },
): Promise<Results> {
  const able = strategies.filter(
    (entry) =>
      entry.engines.length > 0 &&
      entry.engines.every((name) => engines[name] !== undefined) &&
      whyUnfit(entry, engines) === undefined,
  )
  if (signal.aborted || able.length === 0) return results
  err.write('Every interleaving of two clients who want the last unit …\n')
  // Loaded where it is needed: most command lines explore nothing.
  const [{ exploreAll }, { scenarios }] = await Promise.all([
    import('../../harness/explore/explore-all.ts'),
    import('../../harness/explore/scenario.ts'),
  ])
  try {
    const explored = await exploreAll(
      able,
      scenarios.filter(({ name }) => name === 'hold'),
      engines,
      { clients: 2, schedulesMax: SCHEDULES_MAX, signal },
    )
    const explorations = explored.map(
      ({ strategy, scenario, clients, outcome, schedules, violating, schedule, diagramSvg }) => ({
        strategy,
        scenario,
        clients,
        outcome,
        schedules,
        violating,
        ...(schedule !== undefined && { schedule }),
        ...(diagramSvg !== undefined && { diagramSvg }),
      }),
    )
    return { ...results, explorations }
  } catch (error) {
    // What was measured is not lost by what was to be shown beside it.
    if (!signal.aborted) err.write(`It could not be explored: ${oneLine(reasonOf(error))}\n`)
    return results
  }
}
