/** The exploration that is part of the tour. */
import type { ComparisonPlan } from '../../harness/compare/plan.ts'
import type { OpenedEngines } from '../../harness/engines/open.ts'
import { oneLine, reasonOf } from '../../harness/errors.ts'
import { whyUnfit } from '../../harness/ground/fit.ts'
import type { Results } from '../../harness/results/results.ts'
import { ofShard } from '../../harness/results/shard.ts'
import { slim } from '../explore/save.ts'
import type { Sink } from '../output.ts'

/** More than any built-in strategy has; a limit for the user's own. */
const SCHEDULES_MAX = 500

/**
 * Explores the smallest case: every interleaving of two clients who request the last unit. It takes
 * seconds, and finds races that a load may miss.
 */
export async function withProofs(
  results: Results,
  { strategies, shard }: ComparisonPlan,
  { engines }: OpenedEngines,
  { err, signal }: { readonly err: Sink; readonly signal: AbortSignal },
): Promise<Results> {
  const able = ofShard(strategies, shard).filter(
    (entry) =>
      entry.engines.length > 0 &&
      entry.engines.every((name) => engines[name] !== undefined) &&
      whyUnfit(entry, engines) === undefined,
  )
  if (signal.aborted || able.length === 0) return results
  err.write('Every interleaving of two clients who request the last unit …\n')
  // Loaded on demand: most commands explore nothing.
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
    return { ...results, explorations: explored.map(slim) }
  } catch (error) {
    // A failed exploration must not lose the measurements.
    if (!signal.aborted) err.write(`The exploration failed: ${oneLine(reasonOf(error))}\n`)
    return results
  }
}
