/** `holdfast replay`: runs one schedule step by step, and prints it as text and as a diagram. */
import { Command } from 'commander'
import { withoutEngine } from '../harness/engines/missing.ts'
import { loadOwnStrategy } from '../harness/entries/own-strategy.ts'
import { strategyNamed } from '../harness/entries/strategy-named.ts'
import { UsageError } from '../harness/entries/usage-error.ts'
import { diagram } from '../harness/explore/diagram/diagram.ts'
import { ImpossibleStepError, replay } from '../harness/explore/replay.ts'
import { inapplicable } from '../harness/explore/scenario.ts'
import type { Schedule } from '../harness/explore/schedule.ts'
import { parseSchedule, ScheduleFormatError } from '../harness/explore/schedule.ts'
import { Testbed } from '../harness/explore/testbed.ts'
import { transcript, wrongIn } from '../harness/explore/transcript.ts'
import { saveWhole } from '../harness/save.ts'
import type { StrategyEntry } from '../strategies/registry.ts'
import { type Context, engineNames } from './context.ts'
import { forExploring, openFor } from './engines.ts'
import { EXIT } from './exit-codes.ts'
import { scenarioNamed } from './explore/order.ts'
import { printNotProven } from './not-proven.ts'
import { refuseUnwritableFile } from './options.ts'
import { SUMMARIES } from './summaries.ts'
import { rethrowAsUsage } from './usage.ts'
import { VERDICT_EXITS, VERDICT_TONES } from './verdicts.ts'

interface ReplayOptions {
  readonly strategy?: string
  readonly svg?: string
}

export function replayCommand(context: Context): Command {
  return new Command('replay')
    .description(SUMMARIES.replay.about)
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

  if (options.svg !== undefined) await refuseUnwritableFile(options.svg, '--svg')

  await using opened = await openFor([entry], forExploring(context), context)
  const [missing] = opened.missing
  if (missing !== undefined) {
    printNotProven(err, [withoutEngine(entry.name, missing)])
    context.finish(EXIT.notProven)
    return
  }
  await using testbed = await Testbed.open(entry, opened.engines, schedule.clients)
  const replayed = replay(testbed, scenario, schedule.steps, { isWatched: options.svg !== undefined })
  const { run: over, verdict, added } = await replayed.catch(rethrowAsUsage(ImpossibleStepError))
  const wrong = wrongIn(verdict)
  out.write(`${entry.name} · ${scenario.name} · ${schedule.clients} clients: ${scenario.summary}\n\n`)
  out.write(transcript(over.events, wrong))
  if (added > 0) out.write(`\n${added} more steps than the schedule has, until all clients had finished.\n`)
  out.write(`\n${out.paint(VERDICT_TONES[verdict.verdict], verdict.verdict.toUpperCase())}`)
  out.write(
    wrong === undefined ? `${verdict.reasons.map((each) => ` ${each}`).join('')}\n` : `: ${wrong.message}\n`,
  )
  if (options.svg !== undefined) {
    const { events, looks } = over
    await saveWhole(options.svg, diagram({ schedule, scenario, events, wrong, looks }))
    out.write(`Written: ${options.svg}\n`)
  }
  context.finish(VERDICT_EXITS[verdict.verdict])
}

function scheduleOf(text: string): Schedule {
  try {
    return parseSchedule(text)
  } catch (error) {
    return rethrowAsUsage(ScheduleFormatError)(error)
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
