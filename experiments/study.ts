/** Runs one experiment on open engines: the control first, then each of its trials that was not kept. */

import { compare } from '../harness/compare/compare.ts'
import { machineFacts } from '../harness/compare/machine.ts'
import type { CompareEvent } from '../harness/compare/parts.ts'
import { type ComparisonPlan, plannedMs } from '../harness/compare/plan.ts'
import type { Durability } from '../harness/engines/engine.ts'
import { engineResults, type OpenedEngines } from '../harness/engines/open.ts'
import { CONTROL_WORKLOAD, controlEntry } from '../harness/entries/control.ts'
import { whyUnfit } from '../harness/ground/fit.ts'
import { formatSpan } from '../harness/report/format.ts'
import type { Results } from '../harness/results/results.ts'
import { runTrial } from '../harness/trial/trial.ts'
import { within } from '../harness/within.ts'
import { workloadNamed } from '../harness/workloads/registry.ts'
import type { Workload } from '../harness/workloads/workload.ts'
import { registry, type StrategyEntry } from '../strategies/registry.ts'
import type { EngineSetup, Experiment, Scale } from './experiment.ts'
import { KeptTrials } from './kept-trials.ts'

/** As the command line's. */
const POOL_SIZE = 16
/** Longer than that of a tour: connections are opened, statements prepared, code compiled. */
const WARMUP_MS = 200
/** Beyond its duration; the longest queue of an experiment is served within a quarter of this. */
const TRIAL_MS_MORE = 60_000
/** For a trial that was told to end. */
const ENDING_MS_MAX = 20_000

function durabilitiesOf({ durabilities = ['durable'] }: Experiment): readonly Durability[] {
  return durabilities
}

/** The engines of the environment, as they are. */
const AS_THEY_ARE: EngineSetup = { name: '', env: {} }

/** One plan to be run: an experiment under one durability, on engines of one shape. */
export interface StudyPart {
  readonly experiment: Experiment
  readonly durability: Durability
  readonly setup: EngineSetup
}

/** In the order in which they are published. */
export function partsOf(experiment: Experiment): readonly StudyPart[] {
  const { setups = [AS_THEY_ARE] } = experiment
  return durabilitiesOf(experiment).flatMap((durability) =>
    setups.map((setup) => ({ experiment, durability, setup })),
  )
}

/** The trials of an experiment, in the order in which they run. Throws if it names an unknown strategy. */
export function studyPlan(experiment: Experiment, scale: Scale, seed: number): ComparisonPlan {
  const sections = experiment.sections(scale)
  return {
    sections,
    strategies: strategiesNamed(
      [...new Set(sections.flatMap(({ strategies = [] }) => strategies))],
      experiment.variants,
    ),
    seed,
    warmupMs: WARMUP_MS,
    poolSize: POOL_SIZE,
    criticalSectionMs: 0,
  }
}

/** Estimated, over all of its parts. */
export function experimentMs(experiment: Experiment, scale: Scale): number {
  return plannedMs(studyPlan(experiment, scale, 0)) * partsOf(experiment).length
}

function strategiesNamed(
  names: readonly string[],
  variants: readonly StrategyEntry[] = [],
): readonly StrategyEntry[] {
  return names.map((name) => {
    const entry = [...registry, ...variants].find((each) => each.name === name)
    if (entry === undefined) throw new RangeError(`no strategy is called "${name}"`)
    return entry
  })
}

export interface StudyParts {
  readonly opened: OpenedEngines
  readonly seed: number
  readonly scale: Scale
  /** Where its trials are kept until it is complete. */
  readonly keepIn: string
  readonly commit: string | undefined
  readonly command: string
  readonly signal: AbortSignal
  onEvent(event: CompareEvent): void
}

/** Its results are marked as interrupted if the signal ended it; its trials are kept in any case. */
export async function runExperiment(experiment: Experiment, parts: StudyParts): Promise<Results> {
  const { opened, seed, commit, signal } = parts
  const { engines, missing } = opened
  const facts = engineResults(engines)
  const kept = await KeptTrials.open(parts.keepIn, {
    seed,
    commit,
    machine: machineFacts(),
    engines: facts.map(({ name, version, durability }) => ({ name, version, durability })),
  })
  return await compare(studyPlan(experiment, parts.scale, seed), {
    async runTrial(entry, order) {
      const isControl = entry.name === controlEntry().name
      const earlier = isControl ? undefined : kept.get(entry.name, order)
      if (earlier !== undefined) return { trial: earlier, history: [], isKept: true }
      const limitMs = order.durationMs + TRIAL_MS_MORE
      using limit = limitOf(limitMs)
      // One that does not even end when it is told to must not stop a study that nobody watches.
      const result = await within(
        limitMs + ENDING_MS_MAX,
        runTrial(entry, engines, {
          ...order,
          workload: workloadOf(experiment, order),
          signal: AbortSignal.any([order.signal, limit.signal]),
        }),
      )
      if (!isControl && !signal.aborted) await kept.keep(entry.name, order, result.trial)
      return result
    },
    engines: facts,
    missing,
    unfit: (entry) => whyUnfit(entry, engines),
    control: { entry: controlEntry(), workload: CONTROL_WORKLOAD },
    keepHistory: async () => undefined,
    onEvent: (event) => parts.onEvent(event),
    signal,
    command: parts.command,
    commit,
  })
}

/** Aborted after this time, with a reason in words. */
function limitOf(ms: number): { readonly signal: AbortSignal } & Disposable {
  const controller = new AbortController()
  const timer = setTimeout(
    () => controller.abort(new Error(`the trial was not over after ${formatSpan(ms)}`)),
    ms,
  )
  return { signal: controller.signal, [Symbol.dispose]: () => clearTimeout(timer) }
}

/** One of the experiment's own, or of the registry. */
function workloadOf(
  { workloads = [] }: Experiment,
  { workload: name }: { readonly workload: string },
): Workload {
  return workloads.find((each) => each.name === name) ?? workloadNamed(name)
}
