/**
 * Merges several runs. Runs with the same machine and settings count as further repeats; others are only
 * listed, since their figures must not be mixed.
 */
import path from 'node:path'
import type { Results } from './results.ts'

/** One results file. */
export interface NamedResults {
  /** The name of the file, for readers. */
  readonly name: string
  readonly results: Results
}

export interface Merged {
  /** The newest run, merged with those that are comparable. */
  readonly results: Results
  readonly together: readonly NamedResults[]
  /** The other runs, and why each is not comparable with the newest. */
  readonly beside: readonly { readonly run: NamedResults; readonly why: string }[]
}

/** The runs in both lists are ordered by time, the oldest first. */
export function merged(runs: readonly [NamedResults, ...NamedResults[]]): Merged {
  const byAge = [...runs].sort((one, other) => (one.results.startedAt < other.results.startedAt ? -1 : 1))
  const newest = byAge.at(-1) ?? runs[0]
  const together: NamedResults[] = []
  const beside: { run: NamedResults; why: string }[] = []
  for (const run of byAge) {
    const why = run === newest ? undefined : difference(run.results, newest.results)
    if (why === undefined) together.push(run)
    else beside.push({ run, why })
  }
  return {
    results:
      together.length === 1
        ? newest.results
        : pooled(
            together.map(({ results }) => results),
            newest.results,
          ),
    together,
    beside,
  }
}

/** Why the figures of two runs must not be mixed; undefined if they may be. */
function difference(one: Results, other: Results): string | undefined {
  const { machine, settings } = one
  if (
    machine.cpu !== other.machine.cpu ||
    machine.cores !== other.machine.cores ||
    machine.memoryGib !== other.machine.memoryGib
  )
    return 'another machine'
  if (machine.os !== other.machine.os || machine.node !== other.machine.node) return 'another system or Node'
  if (one.commit !== other.commit) return 'another commit'
  if (settings.poolSize !== other.settings.poolSize) return `a pool of ${settings.poolSize}`
  if (settings.criticalSectionMs !== other.settings.criticalSectionMs)
    return `${settings.criticalSectionMs} ms in the critical section`
  if (settings.networkLatencyMs !== other.settings.networkLatencyMs)
    return `${settings.networkLatencyMs ?? 0} ms of network latency`
  if (settings.fault?.name !== other.settings.fault?.name)
    return settings.fault === undefined ? 'no fault' : `the fault ${settings.fault.name}`
  if (settings.warmupMs !== other.settings.warmupMs) return `${settings.warmupMs} ms of warm-up`
  for (const engine of one.engines) {
    const same = other.engines.find(({ name }) => name === engine.name)
    if (same === undefined) continue
    if (same.version !== engine.version) return engine.version
    if (same.durability !== engine.durability || same.source !== engine.source)
      return `${engine.name} from ${engine.source}, ${engine.durability}`
    if (JSON.stringify(same.settings) !== JSON.stringify(engine.settings))
      return `other settings of ${engine.name}`
  }
  if (!one.control.caught) return 'its control was not caught'
  return undefined
}

function pooled(all: readonly Results[], newest: Results): Results {
  const named = <T extends { readonly name: string }>(items: readonly T[]): readonly T[] => [
    ...new Map(items.map((item) => [item.name, item])).values(),
  ]
  const tried = new Set(all.flatMap(({ trials }) => trials.map(({ strategy }) => strategy)))
  const facts = all.flatMap(({ strategies }) => strategies ?? [])
  const faults = all.flatMap((each) => each.faults ?? [])
  const explorations = all.flatMap((each) => each.explorations ?? [])
  return {
    ...newest,
    startedAt: all[0]?.startedAt ?? newest.startedAt,
    engines: named(all.flatMap(({ engines }) => engines)),
    ...(facts.length > 0 && { strategies: named(facts) }),
    settings: {
      ...newest.settings,
      durationMs: Math.max(...all.map(({ settings }) => settings.durationMs)),
      repeats: all.reduce((sum, { settings }) => sum + settings.repeats, 0),
      concurrency: [...new Set(all.flatMap(({ settings }) => settings.concurrency))].sort((a, b) => a - b),
      workloads: [...new Set(all.flatMap(({ settings }) => settings.workloads))],
    },
    trials: all.flatMap(({ trials }) => trials),
    ...(explorations.length > 0 && { explorations }),
    ...(faults.length > 0 && { faults }),
    // A strategy that one run could not test may have been tested by another.
    notProven: [
      ...new Map(
        all.flatMap(({ notProven }) => notProven.map((each) => [each.strategy, each] as const)),
      ).values(),
    ].filter(({ strategy }) => !tried.has(strategy)),
    interrupted: all.some(({ interrupted }) => interrupted),
  }
}

/** The same results, with paths of histories relative to the current directory. */
export function withHistoriesIn(results: Results, folder: string): Results {
  const located = <T extends { readonly historyFile?: string }>(item: T): T =>
    item.historyFile === undefined || path.isAbsolute(item.historyFile)
      ? item
      : { ...item, historyFile: path.join(folder, item.historyFile) }
  const { control, trials, faults } = results
  return {
    ...results,
    control: located(control),
    trials: trials.map(located),
    ...(faults !== undefined && { faults: faults.map(located) }),
  }
}
