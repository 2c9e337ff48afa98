/** Records strategies in all their scenarios, one after another. */

import type { EngineKind } from '../../harness/engines/engine.ts'
import type { Engines } from '../../harness/engines/open.ts'
import { allScenarios, type Scenario } from '../../harness/explore/scenario.ts'
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { LeftOut } from './data/recording.ts'
import { packed } from './packed.ts'
import { type Recorded, record } from './record.ts'
import { isDeadlocking } from './recorded-entries.ts'
import type { StoredRecording } from './stored.ts'

export interface RecordAllOrder {
  readonly engines: Engines
  readonly kinds?: readonly EngineKind[]
  readonly signal?: AbortSignal
  /** All that are small, if absent. */
  readonly scenarios?: readonly Scenario[]
  readonly onRecorded?: (recorded: Recorded, ms: number) => void
}

/**
 * Those that are explored only where they are named, for one of two reasons, are recorded but for this one.
 */
const LARGE = 'late-payment'

function isLarge({ name }: Scenario): boolean {
  return name === LARGE
}

/** All that are recorded. */
export const recordedScenarios: readonly Scenario[] = allScenarios.filter((scenario) => !isLarge(scenario))

/** Three clients always want the last unit. */
const OF_THREE = 'hold'
/** In other scenarios, three clients have some hundred schedules at most where two have no more than this. */
const SCHEDULES_OF_TWO_MAX = 6

/** One strategy: two clients in each scenario, and three where that stays small. */
export async function recordStrategy(entry: StrategyEntry, order: RecordAllOrder): Promise<StoredRecording> {
  const { engines, kinds, signal, onRecorded } = order
  const all: Recorded[] = []
  const recordWith = async (scenario: Scenario, clients: number): Promise<Recorded> => {
    const startedMs = performance.now()
    const on = { entry, scenario, engines, clients, ...(kinds && { kinds }), ...(signal && { signal }) }
    const recorded = await record(on)
    onRecorded?.(recorded, performance.now() - startedMs)
    all.push(recorded)
    return recorded
  }
  const ofThree: Scenario[] = []
  for (const scenario of plannedFor(entry, order.scenarios ?? recordedScenarios)) {
    if (isSmallOfThree(await recordWith(scenario, 2), scenario)) ofThree.push(scenario)
  }
  for (const scenario of ofThree) await recordWith(scenario, 3)
  return {
    format: 1,
    strategy: entry.name,
    recordedAt: new Date().toISOString(),
    engines: entry.engines.map((name) => engines[name]?.version ?? name),
    trees: all.flatMap((each) => (each.kind === 'tree' ? [packed(each.tree)] : [])),
    leftOut: [
      ...all.flatMap((each) => (each.kind === 'left-out' ? [each.leftOut] : [])),
      ...largeOnes(entry, order.scenarios ?? recordedScenarios),
    ],
  }
}

function plannedFor(entry: StrategyEntry, chosen: readonly Scenario[]): readonly Scenario[] {
  return isDeadlocking(entry) ? chosen.filter(({ name }) => name === 'two-seats') : chosen
}

/** Whether it is tried with three clients, after this came of two. */
function isSmallOfThree(ofTwo: Recorded, { name }: Scenario): boolean {
  if (ofTwo.kind === 'left-out') return false
  const { pruning, schedules } = ofTwo.tree
  return name === OF_THREE || (pruning === 'nothing' && schedules <= SCHEDULES_OF_TWO_MAX)
}

function largeOnes({ name }: StrategyEntry, chosen: readonly Scenario[]): readonly LeftOut[] {
  const large = allScenarios.filter((scenario) => isLarge(scenario) && !chosen.includes(scenario))
  return large.map((scenario) => ({
    strategy: name,
    scenario: scenario.name,
    clients: 2,
    why: 'it has thousands of schedules',
  }))
}

/** One line. */
export function toldOf(recorded: Recorded): string {
  if (recorded.kind === 'left-out') {
    const { strategy, scenario, clients, why } = recorded.leftOut
    return `${strategy} · ${scenario} · ${clients} clients · not recorded: ${why}`
  }
  const { strategy, scenario, clients, schedules, positions, pruning } = recorded.tree
  const left = pruning === 'nothing' ? '' : `, without equivalents by ${pruning}`
  return `${strategy} · ${scenario} · ${clients} clients · ${schedules} schedules, ${positions} positions${left}`
}

/** As if it had been recorded, with nothing in it: a page that should have it says so. */
export function notRecorded({ name }: StrategyEntry): StoredRecording {
  const leftOut = allScenarios.map((scenario) => ({
    strategy: name,
    scenario: scenario.name,
    clients: 2,
    why: 'the strategy has not been recorded for this page',
  }))
  return { format: 1, strategy: name, recordedAt: '', engines: [], trees: [], leftOut }
}
