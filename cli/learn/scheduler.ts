/**
 * `holdfast scheduler`: records every interleaving, and writes the page on which the reader is the scheduler.
 */
import path from 'node:path'
import { Command } from 'commander'
import { strategyNamed } from '../../harness/entries/strategy-named.ts'
import { whyNotTestable } from '../../harness/ground/fit.ts'
import type { NotProven } from '../../harness/results/strategies.ts'
import { saveWhole } from '../../harness/save.ts'
import { pageOf } from '../../learn/scheduler/page.ts'
import type { Recorded } from '../../learn/scheduler/record.ts'
import { recordedScenarios, recordStrategy, toldOf } from '../../learn/scheduler/record-all.ts'
import { recordedEntries } from '../../learn/scheduler/recorded-entries.ts'
import type { StoredRecording } from '../../learn/scheduler/stored.ts'
import type { StrategyEntry } from '../../strategies/registry.ts'
import { parseList } from '../arguments.ts'
import { type Context, engineNames } from '../context.ts'
import { listenForEnding } from '../ending.ts'
import { forExploring, openFor } from '../engines.ts'
import { EXIT, EXIT_BY_SIGNAL } from '../exit-codes.ts'
import { scenarioNamed } from '../explore/order.ts'
import { printNotProven } from '../not-proven.ts'
import { refuseUnwritable } from '../options.ts'
import { SUMMARIES } from '../summaries.ts'

const PAGE = 'scheduler.html'

interface SchedulerOptions {
  readonly out: string
  readonly scenarios?: string
}

export function schedulerCommand(context: Context): Command {
  return new Command('scheduler')
    .description(SUMMARIES.scheduler.about)
    .argument('[strategies...]', 'by name, or in files of your own (default: all, some ten minutes)')
    .option('--scenario, --scenarios <names>', 'by name, comma-separated (default: all)')
    .option('--out <file>', 'the page to write', PAGE)
    .action((names: readonly string[], options: SchedulerOptions) => run(names, options, context))
}

async function run(
  names: readonly string[],
  { out: file, scenarios: listed }: SchedulerOptions,
  context: Context,
): Promise<void> {
  const { out, err } = context.output
  const chosen = listed === undefined ? recordedScenarios : parseList(listed, '--scenario').map(scenarioNamed)
  const known = engineNames(context)
  const entries =
    names.length === 0
      ? recordedEntries
      : await Promise.all([...new Set(names)].map((name) => recordedNamed(name, known)))
  await refuseUnwritable(path.dirname(file))
  using ending = listenForEnding((signal) => err.write(`\n${signal}: stopping\n`))
  await using opened = await openFor(entries, forExploring(context), context, ending.signal)
  const notProven: NotProven[] = []
  const recordings: StoredRecording[] = []
  try {
    for (const entry of entries) {
      const why = whyNotTestable(entry, opened)
      if (why !== undefined) {
        notProven.push(why)
        continue
      }
      const order = {
        engines: opened.engines,
        kinds: context.engines,
        scenarios: chosen,
        signal: AbortSignal.any([ending.signal, opened.lost]),
        onRecorded: (recorded: Recorded) => err.write(`${toldOf(recorded)}\n`),
      }
      recordings.push(await recordStrategy(entry, order))
    }
  } catch (error) {
    const cause = ending.cause()
    if (cause === undefined) throw error
    context.finish(EXIT_BY_SIGNAL[cause])
    return
  }
  printNotProven(err, notProven)
  if (recordings.every(({ trees }) => trees.length === 0)) {
    err.write('nothing was recorded, so no page was written\n')
    context.finish(EXIT.notProven)
    return
  }
  await saveWhole(file, pageOf(recordings))
  out.write(`Written: ${file}\n`)
  context.finish(notProven.length > 0 ? EXIT.notProven : EXIT.asPromised)
}

function recordedNamed(name: string, known: Parameters<typeof strategyNamed>[1]): Promise<StrategyEntry> {
  const entry = recordedEntries.find((each) => each.name === name)
  return entry === undefined ? strategyNamed(name, known) : Promise.resolve(entry)
}
