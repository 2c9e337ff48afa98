/** `holdfast compare`: runs the same workloads against each strategy, and reports. */
import { Command, Option } from 'commander'
import { ENGINE_SOURCES, formatDuration } from '../arguments.ts'
import { addCiOptions } from '../ci/report-to-ci.ts'
import type { Context } from '../context.ts'
import { EXIT_CODES_HELP } from '../exit-codes.ts'
import {
  ADAPTER_OPTION,
  CRITICAL_SECTION_OPTION,
  collected,
  DURABILITY_OPTION,
  NETWORK_LATENCY_OPTION,
  POOL_DEFAULT,
} from '../options.ts'
import { REPORT_FOLDER } from '../report.ts'
import { serverOptions } from '../servers.ts'
import { SUMMARIES } from '../summaries.ts'
import {
  type CompareOptions,
  DURATION_MS_DEFAULT,
  EXAMPLES,
  NONE,
  OUT_DEFAULT,
  WARMUP_MS_DEFAULT,
} from './options.ts'
import { run } from './run.ts'

export function compareCommand(context: Context): Command {
  const command = new Command('compare')
    .description(SUMMARIES.compare.about)
    .option(
      '--strategies <names>',
      `strategies by name, comma-separated; "${NONE}" for only your own (default: all)`,
    )
    .option(
      '--strategy <file or URL>',
      'a strategy in a file of your own, or a service; can be repeated',
      collected,
      [],
    )
    .option(...ADAPTER_OPTION)
    .option('--workload, --workloads <names>', 'workloads by name, comma-separated (default: all)')
    .option('--concurrency <numbers>', 'concurrent callers, for example 1,8,32,128')
    .option(
      '--duration <time>',
      `length of each trial, for example 500ms, 5s or 2m (default: ${formatDuration(DURATION_MS_DEFAULT)}; shorter in the tour)`,
    )
    .option(
      '--warmup <time>',
      `warm-up before each trial, not measured (default: ${formatDuration(WARMUP_MS_DEFAULT)})`,
    )
    .option('--rate <number>', 'buyers per second, who begin at intended times; latency counts from then')
    .option('--repeats <number>', 'how often each trial is repeated')
    .option('--seed <number>', 'makes the same requests as an earlier run (default: random)')
    .option('--pool <number>', `connections per strategy (default: ${POOL_DEFAULT})`)
    .option(...CRITICAL_SECTION_OPTION)
    .option(...NETWORK_LATENCY_OPTION)
    .option(...DURABILITY_OPTION)
    .option('--fault <name>', 'a fault that strikes once in each trial: "holdfast faults --help" lists them')
    .option('--processes <number>', 'operating-system processes that share the callers (default: 1)')
    .option('--shard <part>', 'only a part of the rounds, as 1/8')
    .option('--engines <where>', `${ENGINE_SOURCES.join(' or ')} (default: ${ENGINE_SOURCES[0]})`)
    .option('--json', 'prints only the results, as JSON, to stdout')
    .option('--out <folder>', 'folder for results, charts and histories', OUT_DEFAULT)
    .option(
      '--report <folder>',
      `folder for the report page (default: ${REPORT_FOLDER}, or inside --out if that is given)`,
    )
    .option('--live [port]', 'serves a page on this machine that shows the run live, and then the report')
    .option('--keep-histories', 'keeps every history, not only those of convictions')
    .addOption(new Option('--quick', 'is refused, with what makes a run short').hideHelp())
    .addHelpText('after', EXAMPLES + EXIT_CODES_HELP)
    .action(async (options: CompareOptions, command: Command) => {
      await run(options, command, context)
    })
  for (const option of serverOptions(context.engines)) command.addOption(option)
  return addCiOptions(command)
}
