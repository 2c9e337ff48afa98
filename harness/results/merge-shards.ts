/**
 * Puts the shards of one run together into the results of the whole. What cannot be one run is refused, in
 * one sentence: a shard that is missing or given twice, another commit, seed, plan or engine, figures of
 * different machines, a control that was not caught.
 */
import type { NamedResults } from './merge.ts'
import type { Results } from './results.ts'
import { ResultsFileError } from './results-file-error.ts'

type Runs = readonly [NamedResults, ...NamedResults[]]

/**
 * Runs that are no shards stay as they are. One shard by itself stays a part; several must be all the parts
 * of one run, which takes their place. Throws `ResultsFileError`.
 */
export function withShardsMerged(runs: Runs): Runs {
  const shards = runs.filter(({ results }) => results.shard !== undefined)
  const [first, ...others] = shards
  if (first === undefined || others.length === 0) return runs
  const [kept, ...rest] = runs.filter(({ results }) => results.shard === undefined)
  const whole = mergedShards([first, ...others])
  return kept === undefined ? [whole] : [kept, ...rest, whole]
}

export function mergedShards(shards: Runs): NamedResults {
  const [first] = shards
  const inOrder = placed(shards)
  for (const shard of shards) refuseBeside(shard, first)
  if (first.results.commit?.endsWith('-dirty') === true)
    throw new ResultsFileError(
      `the shards are of commit ${first.results.commit}, a checkout with changes that may not have been the same: commit them first`,
    )
  const all = inOrder.map(({ results }) => results)
  const { shard: _, explorations: __, ...common } = first.results
  // The control is explored in every shard.
  const explorations = distinct(
    all.flatMap((each) => each.explorations ?? []),
    ({ strategy, scenario, clients }) => `${strategy} ${scenario} ${clients}`,
  )
  return {
    name: inOrder.map(({ name }) => name).join(' + '),
    results: {
      ...common,
      startedAt: all.map(({ startedAt }) => startedAt).toSorted()[0] ?? common.startedAt,
      finishedAt: all.map(({ finishedAt }) => finishedAt).toSorted()[all.length - 1] ?? common.finishedAt,
      command: common.command.replaceAll(/ --(?:shard|out|report|junit)[ =](?:'[^']*'|\S+)/g, ''),
      engines: distinct(
        all.flatMap(({ engines }) => engines),
        ({ name }) => name,
      ),
      trials: all.flatMap(({ trials }) => trials),
      ...(explorations.length > 0 && { explorations }),
      // What one shard could not test, no other one has tried.
      notProven: distinct(
        all.flatMap(({ notProven }) => notProven),
        ({ strategy, why }) => `${strategy} ${why}`,
      ),
      interrupted: all.some(({ interrupted }) => interrupted),
    },
  }
}

/** The first of each key, in order. */
function distinct<Item>(items: readonly Item[], keyOf: (item: Item) => string): readonly Item[] {
  const first = new Map<string, Item>()
  for (const item of items) if (!first.has(keyOf(item))) first.set(keyOf(item), item)
  return [...first.values()]
}

/**
 * In the order of the parts: each exactly once. Throws `ResultsFileError` for parts of runs with other
 * numbers of shards, for one that is there twice, and for one that is missing.
 */
export function placed(shards: Runs): readonly NamedResults[] {
  const [first] = shards
  const of = first.results.shard?.of ?? 0
  const stray = shards.find(({ results }) => results.shard?.of !== of)
  if (stray !== undefined)
    throw new ResultsFileError(
      `${first.name} is one of ${of} shards and ${stray.name} one of ${stray.results.shard?.of}: give those of one run`,
    )
  const byIndex = new Map<number, NamedResults>()
  for (const shard of shards) {
    const index = shard.results.shard?.index ?? 0
    const other = byIndex.get(index)
    if (other !== undefined)
      throw new ResultsFileError(
        `${other.name} and ${shard.name} are both shard ${index}/${of}: leave one out`,
      )
    byIndex.set(index, shard)
  }
  const missing = Array.from({ length: of }, (_, at) => at + 1).filter((index) => !byIndex.has(index))
  if (missing.length > 0)
    throw new ResultsFileError(
      `of ${of} shards ${missing.map((index) => `${index}/${of}`).join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing: the run is not whole without`,
    )
  return [...byIndex].toSorted(([one], [other]) => one - other).map(([, shard]) => shard)
}

function refuseBeside({ name, results }: NamedResults, { name: other, results: first }: NamedResults): void {
  const differs = (what: string, theirs: string, ours: string, step: string): never => {
    throw new ResultsFileError(`${other} ${what} ${theirs} and ${name} ${ours}: ${step}`)
  }
  if (results.commit !== first.commit)
    differs('is of', commitOf(first), `of ${commitOf(results)}`, 'run all shards on one commit')
  if (results.seed !== first.seed)
    differs('has seed', String(first.seed), String(results.seed), 'run all shards with one --seed')
  if (planOf(results) !== planOf(first))
    throw new ResultsFileError(
      `${other} and ${name} are of runs with other strategies or settings: give the shards of one run`,
    )
  for (const engine of results.engines) {
    const same = first.engines.find((each) => each.name === engine.name)
    if (same !== undefined && engineOf(same) !== engineOf(engine))
      differs(
        'ran',
        `${same.version}, ${same.durability}`,
        `${engine.version}, ${engine.durability}${same.version === engine.version ? ', with other settings' : ''}`,
        'run all shards with one',
      )
  }
  const hasFigures = results.trials.length > 0 || first.trials.length > 0
  if (hasFigures && machineOf(results) !== machineOf(first))
    differs(
      'ran on',
      machineOf(first),
      `on ${machineOf(results)}`,
      'their figures cannot stand in one chart, so run the shards on machines of one kind',
    )
  if (!results.control.caught)
    throw new ResultsFileError(`the control of ${name} was not caught, so it proves nothing`)
}

function commitOf({ commit }: Results): string {
  return commit === undefined ? 'no commit' : `commit ${commit}`
}

function planOf({ settings, strategies = [] }: Results): string {
  return JSON.stringify([settings, strategies.map(({ name }) => name)])
}

function engineOf({ version, source, durability, settings }: Results['engines'][number]): string {
  return JSON.stringify([version, source, durability, Object.entries(settings).toSorted()])
}

/** What figures depend on, as a reader names it: alike if two runs may stand in one chart. */
export function machineOf({ machine: { cpu, cores, memoryGib, os, node } }: Results): string {
  return `${cpu} with ${cores} cores and ${memoryGib} GiB, ${os}, Node ${node}`
}
