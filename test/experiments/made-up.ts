/** Data of an experiment as a study would leave them, made up. */

import { ExperimentData } from '../../experiments/data.ts'
import type { Experiment, Scale } from '../../experiments/experiment.ts'
import { experiments, studiedEntry } from '../../experiments/registry.ts'
import { partsOf, studyPlan } from '../../experiments/study.ts'
import { rounds } from '../../harness/compare/plan.ts'
import type { Trial } from '../../harness/results/trial.ts'
import { registry } from '../../strategies/registry.ts'
import { resultsOf, trialOf } from '../report/fixture.ts'

const CALLS = 4_000

/** Every trial of the plan, with plenty of samples, unless changed. */
export function madeUp(
  experiment: Experiment,
  scale: Scale,
  changed: (trial: Trial) => Trial = (trial) => trial,
): ExperimentData {
  const plan = studyPlan(experiment, scale, 1)
  return new ExperimentData(
    partsOf(experiment).map(({ durability, setup }) => ({
      durability,
      setup: setup.name,
      results: resultsOf({
        trials: rounds(plan).flatMap((round) =>
          round.strategies.map(({ name }) => changed(madeUpTrial(name, round))),
        ),
      }),
    })),
  )
}

const studiedEntries = [...registry, ...experiments.flatMap(({ variants = [] }) => variants)]

type Round = ReturnType<typeof rounds>[number]

function madeUpTrial(strategy: string, round: Round): Trial {
  const { workload, concurrency, repeat, poolSize, criticalSectionMs, networkLatencyMs, processes } = round
  const { arrivalsPerSecond } = round
  // Strategies differ by more than their repeats do.
  const rank = studiedEntries.findIndex(({ name }) => name === strategy) + 1
  const goodputPerSecond = 200 * rank * (1 + repeat / 1_000)
  const base = trialOf({ strategy, workload, concurrency, repeat, goodputPerSecond })
  const waits = { count: CALLS, p50: 1, p95: 2, p99: 3, max: 4 }
  const held = Math.round(goodputPerSecond * (round.durationMs / 1_000))
  return {
    ...base,
    elapsedMs: round.durationMs,
    poolSize,
    criticalSectionMs,
    ...(networkLatencyMs !== undefined && {
      network: { latencyMs: networkLatencyMs, measured: { count: 9, medianMs: networkLatencyMs } },
    }),
    ...(processes !== undefined && { processes }),
    ...(arrivalsPerSecond !== undefined && { arrivalsPerSecond, crowd: madeUpCrowd(workload) }),
    promises: studiedEntry(strategy)?.promises ?? base.promises,
    answers: { held, soldOut: CALLS, contended: 10, unknown: 0 },
    counts: { ...base.counts, held, confirmed: held, confirmGone: 3, replayed: 5 },
    timeSpent: { callsSeconds: 1, poolWaitSeconds: 0.1, connectionSeconds: 0.2 * rank },
    latencyMs: {
      hold: waits,
      soldOut: waits,
      contended: waits,
      bystanderHold: waits,
      read: waits,
      freed: waits,
    },
    batches: { count: 100, mean: 5, p95: 8, max: 9 },
    cpu: { clientMs: 500, serversMs: 500 },
    generatorBusy: 0.5,
  }
}

/** Behind a room more is sold. */
function madeUpCrowd(workload: string): NonNullable<Trial['crowd']> {
  const waits = { count: CALLS, p50: 1, p95: 2, p99: 3, max: 4 }
  return {
    units: 1_000,
    buyers: CALLS,
    sold: workload.endsWith('room') ? 1_000 : 500,
    refused: 1_000,
    lastSaleMs: 900,
    overMs: 1_500,
    knownMs: waits,
    servedMs: waits,
    turnedAway: 10,
    inVain: 20,
    pairs: 1_000,
    inversions: 30,
  }
}
