/** One exploration from what was typed to the exit code. */

import type { EngineKind } from '../../harness/engines/engine.ts'
import { withoutEngine } from '../../harness/engines/missing.ts'
import type { OpenedEngines } from '../../harness/engines/open.ts'
import { engineResults, openEngines } from '../../harness/engines/open.ts'
import type { Explored } from '../../harness/explore/explore.ts'
import { exploreAll } from '../../harness/explore/explore-all.ts'
import { LIMITS } from '../../harness/explore/limits.ts'
import { inapplicable } from '../../harness/explore/scenario.ts'
import { whyUnfit } from '../../harness/ground/fit.ts'
import type { NotProven } from '../../harness/results/strategies.ts'
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { Context } from '../context.ts'
import { listenForEnding } from '../ending.ts'
import { EXIT, EXIT_BY_SIGNAL } from '../exit-codes.ts'
import { dispensable, requiredEngines, tellNotProven } from '../not-proven.ts'
import { explorerEngines } from './engines.ts'
import type { ExploreOptions } from './options.ts'
import { type ExploreOrder, orderOf } from './order.ts'
import { progressTo, tellFound, tellLimits } from './tell.ts'

export async function run(options: ExploreOptions, context: Context): Promise<void> {
  const { out, err } = context.output
  const order = await orderOf(options, context)
  const { entries, clients, schedulesMax } = order

  using ending = listenForEnding((signal) => err.write(`\n${signal}: stopping\n`))
  await using opened = await openEngines([...new Set(entries.flatMap((entry) => entry.engines))], {
    ...explorerEngines(context.engines),
    env: context.env,
    log: (line) => err.write(`${line}\n`),
    signal: ending.signal,
  })
  const { able, notProven } = sorted(order, opened)
  let explorations: readonly Explored[] = []
  try {
    explorations = await exploreAll(
      able,
      order.scenarios,
      opened.engines,
      {
        clients,
        schedulesMax,
        signal: AbortSignal.any([ending.signal, opened.lost]),
        onProgress: progressTo(err),
      },
      (explored) => {
        if (!options.json) tellFound(out, explored, context.program)
      },
    )
  } catch (error) {
    const cause = ending.cause()
    if (cause === undefined) throw error
    context.finish(EXIT_BY_SIGNAL[cause])
    return
  }
  const outOfReach = gaps(able, order, context.engines)
  if (options.json) {
    const found = { explorations, outOfReach, limits: LIMITS, notProven }
    const results = { format: 1, clients, engines: engineResults(opened.engines), ...found }
    out.write(`${JSON.stringify(results, undefined, 2)}\n`)
  } else {
    for (const { strategy, scenario, why } of outOfReach) {
      out.write(`${strategy} · ${scenario} · ${out.paint('doubtful', 'out of reach')}: ${why}\n`)
    }
    tellLimits(out, explorations)
  }
  tellNotProven(err, notProven)
  context.finish(exitOf(explorations, excusable(options, order, opened, context.env) ? 0 : notProven.length))
}

/** Those whose engines are there and set up for them, and those whose are not. */
function sorted(
  { entries }: ExploreOrder,
  { engines, missing }: OpenedEngines,
): { readonly able: readonly StrategyEntry[]; readonly notProven: readonly NotProven[] } {
  const able: StrategyEntry[] = []
  const notProven: NotProven[] = []
  for (const entry of entries) {
    const lacking = missing.find(({ name }) => entry.engines.includes(name))
    const unfit = lacking === undefined ? whyUnfit(entry, engines) : undefined
    if (lacking !== undefined) notProven.push(withoutEngine(entry.name, lacking))
    else if (unfit !== undefined)
      notProven.push({ strategy: entry.name, why: unfit.why, remedy: unfit.remedy })
    else able.push(entry)
  }
  return { able, notProven }
}

/**
 * What no strategy without that engine can meet is no gap; what cannot be brought about in an engine is one.
 */
function gaps(
  able: readonly StrategyEntry[],
  { scenarios }: ExploreOrder,
  kinds: readonly EngineKind[],
): readonly { readonly strategy: string; readonly scenario: string; readonly why: string }[] {
  return able.flatMap((entry) =>
    scenarios.flatMap((scenario) => {
      const found = inapplicable(scenario, entry, kinds)
      const gap = { strategy: entry.name, scenario: scenario.name }
      return found?.isOutOfReach === true ? [{ ...gap, why: found.why }] : []
    }),
  )
}

/** Whether it is no failure that an engine is not there, or not as needed: nobody asked for who needs it. */
function excusable(
  { strategies, strategy, on }: ExploreOptions,
  { entries }: ExploreOrder,
  { engines, missing }: OpenedEngines,
  env: NodeJS.ProcessEnv,
): boolean {
  const isAsked = strategies !== undefined || strategy.length > 0 || on !== undefined
  const isUnfitOfRequired = entries.some((entry) =>
    requiredEngines(env).includes(whyUnfit(entry, engines)?.engine ?? ''),
  )
  return !isAsked && !isUnfitOfRequired && dispensable(missing, env).length === missing.length
}

function exitOf(explorations: readonly Explored[], unproven: number): number {
  if (explorations.some(({ outcome, asPromised }) => outcome === 'violated' && !asPromised))
    return EXIT.convicted
  return unproven > 0 || explorations.some(({ asPromised }) => !asPromised) ? EXIT.notProven : EXIT.asPromised
}
