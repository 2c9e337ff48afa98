/**
 * What judges an exercise, the quickest first: the explorer, checks of its own, the suite of the contract,
 * seeded workloads with the checker, faults. The first that convicts ends the grade.
 */
import { derivedSeed, lasting } from '../../harness/compare/plan.ts'
import { runSuites } from '../../harness/conformance/conform.ts'
import { groundFor, runCase } from '../../harness/conformance/run.ts'
import type { EngineKind } from '../../harness/engines/engine.ts'
import type { Engines } from '../../harness/engines/open.ts'
import { CONTROL_WORKLOAD, controlFor } from '../../harness/entries/control.ts'
import { exploreAll } from '../../harness/explore/explore-all.ts'
import { allScenarios, inapplicable, type Scenario } from '../../harness/explore/scenario.ts'
import { faultNamed } from '../../harness/faults/fault-named.ts'
import { planOf } from '../../harness/faults/plan.ts'
import { runFaults } from '../../harness/faults/run.ts'
import { runTrial, type TrialSettings } from '../../harness/trial/trial.ts'
import { workloadNamed } from '../../harness/workloads/registry.ts'
import { PROMISES_DEFAULT, type StrategyEntry } from '../../strategies/registry.ts'
import type { Exercise } from './exercise.ts'

const CLIENTS = 2
const SCHEDULES_MAX = 20_000
const CONCURRENCY = 16
const DURATION_MS = 500
const POOL_SIZE = 16
const SEED = 22
const FAULT_SEEDS = [1]
/** The control oversells within a few rounds; now and then it takes another. */
const CONTROL_ROUNDS = 3
const FREES_LATE_MS_MAX = 1_000

export interface Finding {
  /** What was asked, in a few words. */
  readonly name: string
  readonly kind: 'passed' | 'failed' | 'unknown' | 'not-checked'
  /** What was found; several lines if there is a race to show. */
  readonly says: string
  /** How to see it step by step, if that can be seen. */
  readonly look?: string
}

export interface GradeOn {
  readonly engines: Engines
  readonly kinds: readonly EngineKind[]
  readonly signal: AbortSignal
  /** Commands name the strategy so. */
  readonly file: string
  readonly program: string
}

/**
 * The reader’s strategy with what an exercise asks: it is safe, and what it refuses is really gone. A service
 * cannot declare that it may answer `contended`: the exercise says so for it.
 */
export function asked(
  entry: StrategyEntry,
  { mayBeContended }: Pick<Exercise, 'mayBeContended'> = {},
): StrategyEntry {
  const { promises, hasOneStore } = entry
  const givesUp = hasOneStore === true && mayBeContended === true && promises.contention === 'waits'
  return {
    ...entry,
    promises: {
      ...PROMISES_DEFAULT,
      ...promises,
      ...(givesUp && { contention: 'gives-up' }),
      safe: 'always',
      unsafeUnder: [],
      refusals: 'exact',
      freesLateMs: Math.min(promises.freesLateMs, FREES_LATE_MS_MAX),
    },
  }
}

/**
 * `unseen`: all who could look are content, and they could not see what the exercise asks. `unknown`: nothing
 * speaks against it, and not everything for it.
 */
export type Grade = 'passed' | 'failed' | 'unseen' | 'unknown'

export function gradeOf(
  { isSeenInside }: Pick<Exercise, 'isSeenInside'>,
  { engines }: Pick<StrategyEntry, 'engines'>,
  findings: readonly Finding[],
): Grade {
  if (findings.some(({ kind }) => kind === 'failed')) return 'failed'
  if (findings.some(({ kind }) => kind === 'unknown')) return 'unknown'
  // What could not be checked is no pass: something has to have been.
  if (!findings.some(({ kind }) => kind === 'passed')) return 'unknown'
  return isSeenInside === true && engines.length === 0 ? 'unseen' : 'passed'
}

/** In the order in which they are asked; ends after the first judge with a finding that is no pass. */
export async function* judged(
  exercise: Exercise,
  entry: StrategyEntry,
  on: GradeOn,
): AsyncGenerator<Finding> {
  for (const judge of [explored, checked, conforms, worked]) {
    let isContent = true
    for await (const finding of judge(exercise, entry, on)) {
      yield finding
      isContent &&= finding.kind === 'passed' || finding.kind === 'not-checked'
    }
    if (!isContent) return
  }
}

async function* explored(
  { scenarios }: Exercise,
  entry: StrategyEntry,
  { engines, kinds, signal, file, program }: GradeOn,
): AsyncGenerator<Finding> {
  if (entry.engines.length === 0) {
    yield {
      name: 'the explorer',
      kind: 'not-checked',
      says: 'it has no statements that could be put in order',
    }
    return
  }
  for (const name of scenarios) {
    const scenario = scenarioNamed(name)
    const title = `every interleaving: ${scenario.summary}`
    const why = inapplicable(scenario, entry, kinds)?.why
    if (why !== undefined) {
      yield { name: title, kind: 'not-checked', says: why }
      continue
    }
    const settings = { clients: CLIENTS, schedulesMax: SCHEDULES_MAX, signal, kinds }
    const [found] = await exploreAll([entry], [scenario], engines, settings)
    if (found === undefined) yield { name: title, kind: 'unknown', says: 'it was not explored' }
    else if (found.outcome === 'proved') {
      yield { name: title, kind: 'passed', says: `${found.schedules} schedules, all right` }
    } else if (found.outcome === 'unknown') {
      yield { name: title, kind: 'unknown', says: found.reasons.join('; ') }
    } else {
      const says = `${found.violating} of ${found.schedules} schedules break a rule.\n\n${found.conviction ?? ''}`
      const look = `${program} replay ${found.schedule ?? ''} --strategy ${file}`
      yield { name: title, kind: 'failed', says, ...(found.schedule !== undefined && { look }) }
      return
    }
  }
}

function scenarioNamed(name: string): Scenario {
  const found = allScenarios.find((each) => each.name === name)
  if (found === undefined) throw new RangeError(`no scenario is called "${name}"`)
  return found
}

async function* conforms(
  _: Exercise,
  entry: StrategyEntry,
  { engines, signal, file, program }: GradeOn,
): AsyncGenerator<Finding> {
  const name = 'the suite of the contract'
  const { verdict, cases, notChecked } = await runSuites(entry, { engines, signal })
  const failed = cases.flatMap((each) => (each.kind === 'failed' ? [each] : []))
  const [first] = failed
  if (first !== undefined) {
    const others = failed.length === 1 ? '' : ` (and ${failed.length - 1} more)`
    const says = `“${first.name}”${others}\n${first.property}\n${first.reason}`
    yield { name, kind: 'failed', says, look: `${program} conform --strategy ${file}` }
  } else if (verdict === 'passed') {
    const passed = cases.filter(({ kind }) => kind === 'passed').length
    yield { name, kind: 'passed', says: `${passed} cases` }
  } else yield { name, kind: 'unknown', says: notChecked.join(' ') }
}

async function* checked(
  { checks = [] }: Exercise,
  entry: StrategyEntry,
  { engines }: GradeOn,
): AsyncGenerator<Finding> {
  if (checks.length === 0) return
  if (entry.engines.length === 0) {
    for (const { name } of checks) {
      yield { name, kind: 'not-checked', says: 'its buyers cannot be stopped halfway from here' }
    }
    return
  }
  const shared = await groundFor(entry, engines)
  try {
    for (const each of checks) {
      const outcome = await runCase(each, { entry, engines, shared })
      if (outcome.kind === 'passed') yield { name: each.name, kind: 'passed', says: each.property }
      else if (outcome.kind === 'failed') {
        yield { name: each.name, kind: 'failed', says: `${each.property}\n${outcome.reason}` }
      } else if (outcome.kind === 'not-run') yield { name: each.name, kind: 'unknown', says: outcome.why }
      else yield { name: each.name, kind: 'not-checked', says: outcome.why }
    }
  } finally {
    await shared.dispose()
  }
}

/** Nothing is shown by workloads in which what is unsafe is not caught. */
async function* worked(
  { workloads }: Exercise,
  entry: StrategyEntry,
  { engines, signal, file, program }: GradeOn,
): AsyncGenerator<Finding> {
  if (!(await isControlCaught(entry, engines, signal))) {
    const says = `the control was not caught in ${CONTROL_ROUNDS} rounds, so that workloads prove nothing here`
    yield { name: 'workloads', kind: 'unknown', says }
    return
  }
  for (const workload of workloads) {
    const name = `workload ${workload}`
    const { trial } = await runTrial(entry, engines, settingsOf(workload, signal))
    if (trial.verdict === 'valid') {
      yield { name, kind: 'passed', says: `valid, ${trial.counts.confirmed} sales` }
    } else if (trial.verdict === 'unknown') {
      yield { name, kind: 'unknown', says: trial.verdictReasons.join('; ') }
    } else {
      const look = `${program} compare --strategies none --strategy ${file} --workload ${workload}`
      yield { name, kind: 'failed', says: trial.conviction ?? trial.verdictReasons.join('; '), look }
    }
  }
}

async function isControlCaught(
  entry: StrategyEntry,
  engines: Engines,
  signal: AbortSignal,
): Promise<boolean> {
  for (let round = 1; round <= CONTROL_ROUNDS; round++) {
    const settings = { ...settingsOf(CONTROL_WORKLOAD, signal), repeat: round, seed: SEED + round }
    const { trial } = await runTrial(controlFor([entry]), engines, settings)
    if (trial.verdict === 'invalid') return true
  }
  return false
}

function settingsOf(name: string, signal: AbortSignal): TrialSettings {
  return {
    workload: workloadNamed(name),
    durationMs: lasting(name, DURATION_MS).durationMs,
    concurrency: CONCURRENCY,
    warmupMs: 0,
    repeat: 1,
    seed: derivedSeed(SEED, name),
    poolSize: POOL_SIZE,
    criticalSectionMs: 0,
    signal,
  }
}

export interface FaultsOn extends Omit<GradeOn, 'engines'> {
  readonly env: NodeJS.ProcessEnv
  readonly log: (line: string) => void
}

/** Each on engines of its own, since some of them are killed. */
export async function* survived(
  { faults = [] }: Exercise,
  entry: StrategyEntry,
  { kinds, env, log, signal, file, program }: FaultsOn,
): AsyncGenerator<Finding> {
  for (const name of faults) {
    const fault = faultNamed(name)
    const title = `fault: ${fault.title}`
    const cells = planOf([fault], [entry], FAULT_SEEDS, kinds)
    if (cells.length === 0) {
      yield { name: title, kind: 'not-checked', says: 'it cannot happen to this strategy' }
      continue
    }
    const command = `${program} faults ${name} --strategy ${file}`
    const { faults: found = [], notProven } = await runFaults({
      cells,
      kinds,
      env,
      log,
      signal,
      command,
      before: undefined,
      keepHistory: async () => undefined,
      onCell: async () => undefined,
    })
    const [cell] = found
    if (cell?.outcome === 'safe') yield { name: title, kind: 'passed', says: fault.does }
    else if (cell?.outcome !== undefined) {
      const says = `${fault.does}\n${cell.conviction ?? cell.reasons.join('; ')}`
      yield { name: title, kind: 'failed', says, look: command }
    } else {
      const why = [...(cell?.reasons ?? []), ...notProven.map((each) => each.why)].join('; ')
      yield { name: title, kind: 'unknown', says: why === '' ? 'it was not run to its end' : why }
    }
  }
}
