/** Seeded workloads as tests: each plays one, and the checker judges what was recorded. */
import type { StrategyEntry } from '../../strategies/registry.ts'
import { derivedSeed, lasting } from '../compare/plan.ts'
import { CONTROL_WORKLOAD, controlFor } from '../entries/control.ts'
import { runTrial, type TrialSettings } from '../trial/trial.ts'
import { workloadNamed, workloads } from '../workloads/registry.ts'
import { type Capability, usedBy } from './capabilities.ts'
import { ReservationTestError, type TestCase, type TestGroup } from './test-case.ts'

const POOL_SIZE = 16
/** Beyond what a workload takes: making resources, settling, the audit, the checker. */
const AROUND_TRIAL_MS = 120_000

export interface WorkloadTestOptions {
  /** By name; all of them by default. */
  readonly workloads?: readonly string[]
  /** Callers at once. */
  readonly concurrency: number
  /** Of each workload; one that needs longer takes longer. */
  readonly durationMs: number
  readonly seed: number
  readonly lacks: readonly Capability[]
}

/** The first test shows that an unsafe strategy is caught here; without it the others prove nothing. */
export function workloadTests(entry: StrategyEntry, options: WorkloadTestOptions): TestGroup {
  const chosen = (options.workloads ?? workloads.map(({ name }) => name)).map(workloadNamed)
  return {
    title: 'workloads',
    tests: [
      controlTest(entry, options),
      ...chosen.map(({ name, summary }) => trialTest(entry, name, `${name}: ${summary}`, options)),
    ],
  }
}

function controlTest(entry: StrategyEntry, options: WorkloadTestOptions): TestCase {
  const control = controlFor([entry])
  return {
    name: `the control, ${control.name}, is convicted here`,
    timeoutMs: AROUND_TRIAL_MS,
    isConcurrent: false,
    async run({ engines }) {
      const { trial } = await runTrial(control, engines, settingsOf(CONTROL_WORKLOAD, options))
      if (trial.verdict === 'invalid') return 'passed'
      throw new ReservationTestError(
        `The control was not caught (${trial.verdict}), so that the other workloads prove nothing: ${trial.verdictReasons.join('; ')}`,
      )
    },
  }
}

function trialTest(
  entry: StrategyEntry,
  workload: string,
  name: string,
  options: WorkloadTestOptions,
): TestCase {
  const settings = settingsOf(workload, options)
  return {
    name,
    timeoutMs: settings.durationMs + AROUND_TRIAL_MS,
    isConcurrent: false,
    async run({ engines }, { command }) {
      const lacking = usedBy(settings.workload).find((each) => options.lacks.includes(each))
      if (lacking !== undefined) return { skipped: `it declares that it lacks ${lacking}` }
      const { trial } = await runTrial(entry, engines, settings)
      if (trial.asPromised) return 'passed'
      throw new ReservationTestError(
        [
          `${entry.name} under ${workload}: ${trial.verdict}, but its promise is "safe: ${entry.promises.safe}".`,
          ...(trial.conviction === undefined ? [] : ['', trial.conviction, '']),
          ...trial.verdictReasons,
          `The same requests again (their timing depends on the machine): HOLDFAST_SEED=${options.seed} ${command}`,
        ].join('\n'),
      )
    },
  }
}

function settingsOf(name: string, { concurrency, durationMs, seed }: WorkloadTestOptions): TrialSettings {
  return {
    workload: workloadNamed(name),
    durationMs: lasting(name, durationMs).durationMs,
    concurrency,
    warmupMs: 0,
    repeat: 1,
    seed: derivedSeed(seed, name),
    poolSize: POOL_SIZE,
    criticalSectionMs: 0,
  }
}
