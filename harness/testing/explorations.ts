/** Scenarios of the explorer as tests: every interleaving of a few clients, on the real engine. */
import type { StrategyEntry } from '../../strategies/registry.ts'
import { plain } from '../engines/wording.ts'
import { explore } from '../explore/explore.ts'
import { replay } from '../explore/replay.ts'
import { allScenarios, inapplicable, type Scenario, scenarios } from '../explore/scenario.ts'
import { formatSchedule, type Schedule } from '../explore/schedule.ts'
import { Testbed } from '../explore/testbed.ts'
import { transcript, wrongIn } from '../explore/transcript.ts'
import { type Capability, neededBy } from './capabilities.ts'
import { ReservationTestError, type TestCase, type TestGroup } from './test-case.ts'

const EXPLORATION_MS_MAX = 600_000

export interface ExplorationTestOptions {
  /** By name; all that apply by default. */
  readonly scenarios?: readonly string[]
  readonly clients: number
  /** After so many an exploration ends, and its test fails: nothing was proved. */
  readonly schedulesMax: number
  readonly lacks: readonly Capability[]
}

export function explorationTests(entry: StrategyEntry, options: ExplorationTestOptions): TestGroup {
  const chosen = options.scenarios?.map(scenarioNamed) ?? scenarios
  const tests = chosen
    // A strategy without an engine has no steps that could be put in order.
    .filter((scenario) => entry.engines.length > 0 && inapplicable(scenario, entry)?.isOutOfReach !== false)
    .map((scenario) => explorationTest(entry, scenario, options))
  return { title: `every interleaving of ${options.clients} clients`, tests }
}

function scenarioNamed(name: string): Scenario {
  const scenario = allScenarios.find((each) => each.name === name)
  if (scenario !== undefined) return scenario
  const known = allScenarios.map((each) => each.name).join(', ')
  throw new RangeError(`no scenario is called "${name}": there are ${known}`)
}

function explorationTest(
  entry: StrategyEntry,
  scenario: Scenario,
  { clients, schedulesMax, lacks }: ExplorationTestOptions,
): TestCase {
  return {
    name: `${scenario.name}: ${scenario.summary}`,
    timeoutMs: EXPLORATION_MS_MAX,
    isConcurrent: false,
    async run({ engines }, { command }) {
      const why = inapplicable(scenario, entry)?.why
      if (why !== undefined) return { skipped: why }
      const lacking = neededBy(scenario, clients).find((each) => lacks.includes(each))
      if (lacking !== undefined) return { skipped: `it declares that it lacks ${lacking}` }
      const found = await explore(entry, engines, scenario, { clients, schedulesMax })
      if (found.asPromised) return 'passed'
      const { outcome, schedules, violating, schedule, conviction, reasons } = found
      throw new ReservationTestError(
        [
          `${entry.name} in ${scenario.name}: ${outcome}, but its promise is "safe: ${entry.promises.safe}".`,
          `${schedules} schedules were run, and ${violating} of them break a rule.`,
          ...(conviction === undefined ? [] : ['', plain(conviction), '']),
          ...reasons,
          ...(schedule === undefined ? [] : [`Step by step: HOLDFAST_REPLAY='${schedule}' ${command}`]),
        ].join('\n'),
      )
    },
  }
}

/** Plays one schedule, and shows each step: as the message where it breaks a rule, printed otherwise. */
export function replayTest(entry: StrategyEntry, schedule: Schedule): TestGroup {
  const scenario = scenarioNamed(schedule.scenario)
  return {
    title: 'replay',
    tests: [
      {
        name: formatSchedule(schedule),
        timeoutMs: EXPLORATION_MS_MAX,
        isConcurrent: false,
        async run({ engines }) {
          await using testbed = await Testbed.open(entry, engines, schedule.clients)
          const { run, verdict } = await replay(testbed, scenario, schedule.steps)
          const wrong = wrongIn(verdict)
          const steps = transcript(run.events, wrong)
          if (wrong !== undefined) throw new ReservationTestError(`${wrong.message}\n\n${steps}`)
          console.log(`${scenario.summary}: ${verdict.verdict}\n\n${steps}`)
          return 'passed'
        },
      },
    ],
  }
}
