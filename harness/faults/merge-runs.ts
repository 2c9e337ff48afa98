/**
 * Puts the results of several runs of faults together, as of shards. What cannot stand in one table is
 * refused, in one sentence: another commit, another version of an engine, a prediction that is another one by
 * now, a cell that two of them have, or a shard that is missing.
 */
import { firstOffence } from '../report/answer.ts'
import { rounded } from '../report/readme-section.ts'
import type { FaultCell, FaultPrediction } from '../results/faults.ts'
import type { NamedResults } from '../results/merge.ts'
import { placed } from '../results/merge-shards.ts'
import type { Results } from '../results/results.ts'
import { ResultsFileError } from '../results/results-file-error.ts'

/** What this checkout predicts; undefined for a fault or a strategy that it does not have. */
export type PredictionOf = (fault: string, strategy: string) => FaultPrediction | undefined

export interface TableOrder {
  readonly faults: readonly string[]
  readonly strategies: readonly string[]
  /** Whether only some shards of a run may be there: their cells take the place of others. */
  readonly isPart?: boolean
}

/** In the order of the table. Throws `ResultsFileError`. */
export function mergedFaultRuns(
  runs: readonly [NamedResults, ...NamedResults[]],
  predictionOf: PredictionOf,
  order: TableOrder,
): Results {
  const [first] = runs
  for (const run of runs) {
    refuseAlone(run, predictionOf)
    refuseBeside(run, first)
  }
  if (runs.length > 1 && first.results.commit?.endsWith('-dirty'))
    throw new ResultsFileError(
      `the shards are of ${commitOf(first.results)}, a checkout with changes that may not have been the same: commit them first`,
    )
  refuseTwice(runs)
  const [shard, ...shards] = runs.filter(({ results }) => results.shard !== undefined)
  if (shard !== undefined && order.isPart !== true) placed([shard, ...shards])
  const place = ({ fault, strategy, seed }: FaultCell): number =>
    (order.faults.indexOf(fault) * order.strategies.length + order.strategies.indexOf(strategy)) * 1_000 +
    seed
  const faults = runs
    .flatMap(({ results }) => results.faults ?? [])
    .toSorted((one, other) => place(one) - place(other))
  const all = runs.map(({ results }) => results)
  const tried = new Set(faults.map(({ strategy }) => strategy))
  const machines = [...new Set(all.map(({ machine }) => machine.cpu))]
  const { shard: _, ...common } = first.results
  return {
    ...common,
    startedAt: all.map(({ startedAt }) => startedAt).toSorted()[0] ?? first.results.startedAt,
    finishedAt:
      all
        .map(({ finishedAt }) => finishedAt)
        .toSorted()
        .at(-1) ?? first.results.finishedAt,
    command: first.results.command.replace(/ --(?:shard|out)[ =](?:'[^']*'|\S+)/g, ''),
    machine: { ...first.results.machine, cpu: machines.join('; ') },
    engines: [...new Map(all.flatMap(({ engines }) => engines.map((each) => [keyOf(each), each]))).values()],
    faults,
    // What one run lacked and another one had is proven.
    notProven: [
      ...new Map(
        all.flatMap(({ notProven }) => notProven.map((each) => [each.strategy + each.why, each])),
      ).values(),
    ].filter(({ strategy, code }) => code === undefined || !tried.has(strategy)),
    interrupted: all.some(({ interrupted }) => interrupted),
  }
}

type EngineFacts = Results['engines'][number]

function keyOf({ name, durability }: EngineFacts): string {
  return `${name} ${durability}`
}

function refuseAlone({ name, results }: NamedResults, predictionOf: PredictionOf): void {
  if (results.faults === undefined || results.faults.length === 0)
    throw new ResultsFileError(`${name} has no cells of faults`)
  if (!results.control.caught)
    throw new ResultsFileError(`the control of ${name} was not caught, so it proves nothing`)
  for (const { fault, strategy, predicted } of results.faults) {
    const now = predictionOf(fault, strategy)
    if (now === undefined)
      throw new ResultsFileError(
        `${name} has a cell of ${fault} on ${strategy}, which this checkout does not try`,
      )
    if (!isSame(predicted, now))
      throw new ResultsFileError(
        `${name} predicts ${told(predicted)} for ${fault} on ${strategy}, and this checkout ${told(now)}: run that cell again`,
      )
  }
}

function isSame(one: FaultPrediction, other: FaultPrediction): boolean {
  return one.outcome === other.outcome && one.service === other.service && one.recovers === other.recovers
}

function told({ outcome, service, recovers }: FaultPrediction): string {
  return [outcome, service, recovers ? undefined : 'no recovery'].filter(Boolean).join(', ')
}

function refuseBeside({ name, results }: NamedResults, { name: other, results: first }: NamedResults): void {
  if (results.commit !== first.commit)
    throw new ResultsFileError(
      `${other} is of ${commitOf(first)} and ${name} of ${commitOf(results)}: run all shards on one commit`,
    )
  for (const engine of results.engines) {
    const same = first.engines.find((each) => each.name === engine.name)
    if (same !== undefined && same.version !== engine.version)
      throw new ResultsFileError(
        `${other} ran ${same.version} and ${name} ${engine.version}: run all shards with one`,
      )
  }
}

function commitOf({ commit }: Results): string {
  return commit === undefined ? 'no commit' : `commit ${commit}`
}

/** Which of two would count is a choice that nobody should make after having seen both. */
function refuseTwice(runs: readonly NamedResults[]): void {
  const seen = new Map<string, string>()
  for (const { name, results } of runs) {
    for (const { fault, strategy, seed } of results.faults ?? []) {
      const key = `${fault} on ${strategy} with seed ${seed}`
      const other = seen.get(key)
      if (other !== undefined)
        throw new ResultsFileError(`${other} and ${name} both have ${key}: leave one out`)
      seen.set(key, name)
    }
  }
}

const REASONS_MAX = 3

/** Small enough for a repository: the first conviction of each cell of the table. */
export function publishable(results: Results): Results {
  const shown = new Set<string>()
  const slim = ({ conviction, race, ...cell }: FaultCell): FaultCell => {
    const key = `${cell.fault} ${cell.strategy}`
    const isFirst = conviction !== undefined && !shown.has(key)
    if (isFirst) shown.add(key)
    return {
      ...cell,
      leftBehind: cell.leftBehind.slice(0, REASONS_MAX),
      reasons: cell.reasons.slice(0, REASONS_MAX),
      ...(isFirst && { conviction: firstOffence(conviction) }),
      ...(isFirst && race !== undefined && { race }),
    }
  }
  return rounded({ ...results, faults: results.faults?.map(slim) ?? [] })
}
