/** Puts a mutant before its judge, and nobody else. */
import { CASE_DEADLINE_MS, groundFor, runCase } from '../../../harness/conformance/run.ts'
import type { Case } from '../../../harness/conformance/subject.ts'
import { suites } from '../../../harness/conformance/suites.ts'
import type { Engines } from '../../../harness/engines/open.ts'
import { explore } from '../../../harness/explore/explore.ts'
import { expectedOf } from '../../../harness/explore/promise.ts'
import { inapplicable, type Scenario, scenarios } from '../../../harness/explore/scenario.ts'
import { runTrial } from '../../../harness/trial/trial.ts'
import { workloadNamed } from '../../../harness/workloads/registry.ts'
import type { StrategyEntry } from '../../../strategies/registry.ts'
import { withMutatedCopy } from './mutated-copy.ts'
import type { Judge, SourceMutant } from './source-mutant.ts'

export type AskedJudge = Exclude<Judge, { by: 'equivalent' }>

/** What a judge said. */
export interface Sentence {
  readonly isConvicted: boolean
  readonly why: string
}

/** Far above where the first violation of any mutant comes. */
const SCHEDULES_MAX = 500

/** What is wrong only in a race may not come up in one try. */
export const TRIES_MAX = 3

/** What has not ended by then will not end, where the original takes a fraction of a second. */
const ENDLESS_MS = 10_000

const SETTINGS = {
  concurrency: 32,
  durationMs: 1_000,
  warmupMs: 0,
  repeat: 1,
  poolSize: 16,
  criticalSectionMs: 1,
}

/** Throws where the judge has nothing to say of this strategy, or would convict the original, too. */
export async function tried(
  mutant: Pick<SourceMutant, 'of'>,
  judge: AskedJudge,
  on: { readonly engines: Engines; readonly seed: number; readonly change?: SourceMutant },
): Promise<Sentence> {
  return await withMutatedCopy(mutant.of, on.change, async (entry) => {
    switch (judge.by) {
      case 'conformance':
        return await byCase(entry, judge, on.engines)
      case 'explorer':
        return await byScenario(entry, judge.scenario, on.engines)
      case 'workload':
        return await byWorkload(entry, judge.workload, on)
    }
  })
}

export function caseThat(begins: string): Case {
  const [only, ...more] = Object.values(suites)
    .flat()
    .filter(({ name }) => name.startsWith(begins))
  if (only === undefined || more.length > 0) throw new Error(`not exactly one case begins with "${begins}"`)
  return only
}

export function scenarioNamed(wanted: string): Scenario {
  const scenario = scenarios.find(({ name }) => name === wanted)
  if (scenario === undefined) throw new Error(`there is no scenario ${wanted}`)
  return scenario
}

async function byCase(
  entry: StrategyEntry,
  { begins, shows }: Extract<Judge, { by: 'conformance' }>,
  engines: Engines,
): Promise<Sentence> {
  // Its ground is its own in any case.
  const { alone: _alone, ...each } = caseThat(begins)
  const shared = await groundFor(entry, engines)
  try {
    const deadlineMs = shows === 'no end' ? ENDLESS_MS : CASE_DEADLINE_MS
    const outcome = await runCase(each, { entry, engines, shared, deadlineMs })
    switch (outcome.kind) {
      case 'passed':
        return { isConvicted: false, why: 'it passed' }
      case 'failed':
        return {
          isConvicted: outcome.isStuck ? shows === 'no end' : !outcome.isThrown || shows === 'error',
          why: outcome.reason,
        }
      default:
        throw new Error(`${entry.name} is not judged by "${begins}": ${outcome.why}`)
    }
  } finally {
    await shared.dispose()
  }
}

async function byScenario(entry: StrategyEntry, name: string, engines: Engines): Promise<Sentence> {
  const scenario = scenarioNamed(name)
  const none = inapplicable(scenario, entry)
  if (none !== undefined) throw new Error(`${entry.name} is not judged by ${name}: ${none.why}`)
  if (expectedOf(entry, scenario) !== 'proved') throw new Error(`${entry.name} is violated in ${name} anyway`)
  const found = new AbortController()
  let why: string | undefined
  try {
    const { outcome, reasons } = await explore(entry, engines, scenario, {
      clients: 2,
      schedulesMax: SCHEDULES_MAX,
      signal: found.signal,
      onJudged({ verdict }) {
        if (verdict.verdict !== 'invalid') return
        why ??= verdict.violations[0]?.message ?? 'a violation'
        // That there are more says nothing new.
        found.abort()
      },
    })
    return { isConvicted: outcome === 'violated', why: why ?? `${outcome}: ${reasons.join('; ')}` }
  } catch (error) {
    if (why === undefined) throw error
    return { isConvicted: true, why }
  }
}

async function byWorkload(
  entry: StrategyEntry,
  name: string,
  { engines, seed }: { readonly engines: Engines; readonly seed: number },
): Promise<Sentence> {
  const workload = workloadNamed(name)
  const { trial } = await runTrial(entry, engines, { ...SETTINGS, workload, seed })
  const [first] = trial.violations
  return {
    isConvicted: trial.verdict === 'invalid',
    why: first?.message ?? `${trial.verdict}: ${trial.verdictReasons.join('; ')}`,
  }
}
