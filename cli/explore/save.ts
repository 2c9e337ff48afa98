/** Explorations as a results file, so that those of several machines can be put together. */
import path from 'node:path'
import { machineFacts } from '../../harness/compare/machine.ts'
import type { Explored } from '../../harness/explore/explore.ts'
import type { Scenario } from '../../harness/explore/scenario.ts'
import { RESULTS_FORMAT, RESULTS_VERSION } from '../../harness/results/constants.ts'
import type { Control } from '../../harness/results/control.ts'
import type { Exploration } from '../../harness/results/explorations.ts'
import type { Results } from '../../harness/results/results.ts'
import type { Shard } from '../../harness/results/shard.ts'
import type { NotProven } from '../../harness/results/strategies.ts'
import { resultsText } from '../../harness/results/write.ts'
import { makeFolder, saveWhole } from '../../harness/save.ts'
import type { StrategyEntry } from '../../strategies/registry.ts'

export interface ExploreSaving {
  readonly folder: string
  readonly startedAt: string
  readonly command: string
  readonly commit: string | undefined
  readonly shard: Shard | undefined
  readonly engines: Results['engines']
  /** Of all parts of the run together. */
  readonly whole: { readonly entries: readonly StrategyEntry[]; readonly scenarios: readonly Scenario[] }
  readonly clients: number
  readonly control: StrategyEntry
  readonly explorations: readonly Explored[]
  readonly notProven: readonly NotProven[]
}

/** Returns the file. */
export async function saveExplorations(saving: ExploreSaving): Promise<string> {
  const { folder, shard } = saving
  await makeFolder(folder)
  const part = shard === undefined ? '' : `-${shard.index}-of-${shard.of}`
  const file = path.join(folder, `explorations${part}.json`)
  await saveWhole(file, resultsText(resultsOf(saving), 1))
  return file
}

function resultsOf(saving: ExploreSaving): Results {
  const { startedAt, command, commit, shard, engines, whole, clients, explorations, notProven } = saving
  return {
    format: RESULTS_FORMAT,
    version: RESULTS_VERSION,
    startedAt,
    finishedAt: new Date().toISOString(),
    command,
    // An exploration draws nothing.
    seed: 0,
    ...(shard !== undefined && { shard }),
    machine: machineFacts(),
    ...(commit !== undefined && { commit }),
    engines,
    settings: {
      durationMs: 0,
      warmupMs: 0,
      repeats: 0,
      concurrency: [clients],
      workloads: whole.scenarios.map(({ name }) => name),
      poolSize: 0,
      criticalSectionMs: 0,
    },
    strategies: whole.entries.map(({ name, summary, engines: needed }) => ({
      name,
      summary,
      engines: needed,
    })),
    control: controlOf(saving),
    trials: [],
    explorations: explorations.map(slim),
    notProven,
    interrupted: false,
  }
}

/** The same facts as of the explorations of a tour. */
export function slim({
  strategy,
  scenario,
  clients,
  outcome,
  schedules,
  violating,
  schedule,
  diagramSvg,
}: Explored): Exploration {
  return {
    strategy,
    scenario,
    clients,
    outcome,
    schedules,
    violating,
    ...(schedule !== undefined && { schedule }),
    ...(diagramSvg !== undefined && { diagramSvg }),
  }
}

/** Whether the explorer, here and now, finds the race that is certainly there. */
function controlOf({ control, explorations }: ExploreSaving): Control {
  const found = explorations.find(
    ({ strategy, outcome }) => strategy === control.name && outcome === 'violated',
  )
  return {
    caught: found !== undefined,
    strategy: control.name,
    workload: found?.scenario ?? CONTROL_SCENARIO,
    rounds: found === undefined ? 0 : 1,
    oversoldUnits: found === undefined ? 0 : 1,
    overReservedUnits: found === undefined ? 0 : 1,
    conviction: found?.conviction ?? `${control.name} was not found to oversell`,
  }
}

/** In which the control is explored in every part of a run. */
export const CONTROL_SCENARIO = 'hold'
