/** One exploration, from the options to the exit code. */
import type { Command } from 'commander'
import { commitOfCheckout } from '../../harness/compare/machine.ts'
import type { EngineKind } from '../../harness/engines/engine.ts'
import type { OpenedEngines } from '../../harness/engines/open.ts'
import { engineResults } from '../../harness/engines/open.ts'
import { controlEntry } from '../../harness/entries/control.ts'
import type { Explored } from '../../harness/explore/explore.ts'
import { exploreAll } from '../../harness/explore/explore-all.ts'
import { LIMITS } from '../../harness/explore/limits.ts'
import { inapplicable } from '../../harness/explore/scenario.ts'
import { whyNotTestable, whyUnfit } from '../../harness/ground/fit.ts'
import type { NotProven } from '../../harness/results/strategies.ts'
import type { StrategyEntry } from '../../strategies/registry.ts'
import { ofExplorations } from '../ci/build-check.ts'
import { refuseUnwritableJunit, reportToCi } from '../ci/report-to-ci.ts'
import type { Context } from '../context.ts'
import { listenForEnding } from '../ending.ts'
import { forExploring, openFor } from '../engines.ts'
import { EXIT, EXIT_BY_SIGNAL } from '../exit-codes.ts'
import { dispensable, printNotProven, requiredEngines } from '../not-proven.ts'
import { refuseUnwritable, typed } from '../options.ts'
import type { ExploreOptions } from './options.ts'
import { type ExploreOrder, orderOf } from './order.ts'
import { printFound, printLimits, progressTo } from './print.ts'
import { saveExplorations } from './save.ts'

export async function run(options: ExploreOptions, command: Command, context: Context): Promise<void> {
  const { out, err } = context.output
  const order = await orderOf(options, context)
  await refuseUnwritableJunit(options)
  if (options.out !== undefined) await refuseUnwritable(options.out)
  const startedAt = new Date().toISOString()
  const { entries, clients, schedulesMax } = order

  using ending = listenForEnding((signal) => err.write(`\n${signal}: stopping\n`))
  await using opened = await openFor(entries, forExploring(context), context, ending.signal)
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
        kinds: context.engines,
        isWanted: order.isWanted,
        signal: AbortSignal.any([ending.signal, opened.lost]),
        onProgress: progressTo(err),
      },
      (explored) => {
        if (!options.json) printFound(out, explored, context.program)
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
    printLimits(out, explorations)
  }
  if (options.out !== undefined) {
    const file = await saveExplorations({
      folder: options.out,
      startedAt,
      command: ['holdfast', 'explore', ...typed(command)].join(' '),
      commit: await commitOfCheckout(),
      shard: order.shard,
      engines: engineResults(opened.engines),
      whole: order.whole,
      clients,
      control: controlEntry(),
      explorations,
      notProven,
    })
    err.write(`Written: ${file}\n`)
  }
  printNotProven(err, notProven)
  const judgements = ofExplorations(explorations, notProven, context.program)
  await reportToCi(options, { command: 'explore', judgements }, context)
  context.finish(exitOf(explorations, excusable(options, order, opened, context.env) ? 0 : notProven.length))
}

/** The strategies that can be tested on these engines, and those that cannot. */
function sorted(
  { entries }: ExploreOrder,
  opened: OpenedEngines,
): { readonly able: readonly StrategyEntry[]; readonly notProven: readonly NotProven[] } {
  const able: StrategyEntry[] = []
  const notProven: NotProven[] = []
  for (const entry of entries) {
    const why = whyNotTestable(entry, opened)
    if (why === undefined) able.push(entry)
    else notProven.push(why)
  }
  return { able, notProven }
}

/** Scenarios that apply to a strategy, but cannot be caused on its engine. */
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

/** Whether a missing or unsuitable engine is no failure: no strategy that needs it was named. */
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
