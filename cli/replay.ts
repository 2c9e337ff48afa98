/** `holdfast replay`: plays one schedule step by step, on screen and as a diagram. */

import { Command } from 'commander'
import { withoutEngine } from '../harness/engines/missing.ts'
import { openEngines } from '../harness/engines/open.ts'
import { loadOwnStrategy } from '../harness/entries/own-strategy.ts'
import { strategyNamed } from '../harness/entries/strategy-named.ts'
import { UsageError } from '../harness/entries/usage-error.ts'
import { diagram } from '../harness/explore/diagram.ts'
import type { Replayed } from '../harness/explore/replay.ts'
import { ImpossibleStepError, replay } from '../harness/explore/replay.ts'
import type { Scenario } from '../harness/explore/scenario.ts'
import { inapplicable } from '../harness/explore/scenario.ts'
import type { Schedule } from '../harness/explore/schedule.ts'
import { parseSchedule, ScheduleFormatError } from '../harness/explore/schedule.ts'
import { Testbed } from '../harness/explore/testbed.ts'
import { transcript, wrongIn } from '../harness/explore/transcript.ts'
import { saveWhole } from '../harness/save.ts'
import type { StrategyEntry } from '../strategies/registry.ts'
import { type Context, engineNames } from './context.ts'
import { EXIT } from './exit-codes.ts'
import { explorerEngines } from './explore/engines.ts'
import { scenarioNamed } from './explore/order.ts'
import { tellNotProven } from './not-proven.ts'
import { VERDICT_EXITS, VERDICT_TONES } from './verdicts.ts'

interface ReplayOptions {
  readonly strategy?: string
  readonly svg?: string
}

export function replayCommand(context: Context): Command {
  return new Command('replay')
    .description('replays a schedule that explore printed; exit code 0 valid, 3 invalid, 4 unknown')
    .argument('<schedule>', 'for example v2/postgres-naive/hold/2/1.2.2.2.1.1')
    .option('--strategy <file>', 'the file of the strategy, if it is your own')
    .option('--svg <file>', 'also writes a sequence diagram')
    .action((text: string, options: ReplayOptions) => run(text, options, context))
}

async function run(text: string, options: ReplayOptions, context: Context): Promise<void> {
  const { out, err } = context.output
  const schedule = scheduleOf(text)
  const scenario = scenarioNamed(schedule.scenario)
  const entry = await strategyFor(schedule, options, context)
  const why = inapplicable(scenario, entry, context.engines)?.why
  if (why !== undefined) throw new UsageError(`${scenario.name} does not apply to ${entry.name}: ${why}`)

  await using opened = await openEngines([...entry.engines], {
    ...explorerEngines(context.engines),
    env: context.env,
    log: (line) => err.write(`${line}\n`),
  })
  const [missing] = opened.missing
  if (missing !== undefined) {
    tellNotProven(err, [withoutEngine(entry.name, missing)])
    context.finish(EXIT.notProven)
    return
  }
  await using testbed = await Testbed.open(entry, opened.engines, schedule.clients)
  const played = await playedOn(testbed, scenario, schedule)
  const { run: over, verdict, added } = played
  const wrong = wrongIn(verdict)
  out.write(`${entry.name} · ${scenario.name} · ${schedule.clients} clients: ${scenario.summary}\n\n`)
  out.write(transcript(over.events, wrong))
  if (added > 0) out.write(`\n${added} more steps than the schedule has, until everybody was through.\n`)
  out.write(`\n${out.paint(VERDICT_TONES[verdict.verdict], verdict.verdict.toUpperCase())}`)
  out.write(
    wrong === undefined ? `${verdict.reasons.map((each) => ` ${each}`).join('')}\n` : `: ${wrong.message}\n`,
  )
  if (options.svg !== undefined) {
    await saveWhole(options.svg, diagram({ schedule, scenario, events: over.events, wrong }))
    out.write(`Written: ${options.svg}\n`)
  }
  context.finish(VERDICT_EXITS[verdict.verdict])
}

function scheduleOf(text: string): Schedule {
  try {
    return parseSchedule(text)
  } catch (error) {
    if (error instanceof ScheduleFormatError) throw new UsageError(error.message, { cause: error })
    throw error
  }
}

async function strategyFor(
  schedule: Schedule,
  { strategy }: ReplayOptions,
  context: Context,
): Promise<StrategyEntry> {
  if (strategy === undefined) return strategyNamed(schedule.strategy, engineNames(context))
  const own = await loadOwnStrategy(strategy, engineNames(context))
  if (own.name !== schedule.strategy) {
    throw new UsageError(`the schedule is for ${schedule.strategy}, but ${strategy} defines ${own.name}`)
  }
  return own
}

async function playedOn(testbed: Testbed, scenario: Scenario, schedule: Schedule): Promise<Replayed> {
  try {
    return await replay(testbed, scenario, schedule.steps)
  } catch (error) {
    if (error instanceof ImpossibleStepError) throw new UsageError(error.message, { cause: error })
    throw error
  }
}
